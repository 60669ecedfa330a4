"""Files are whole or not there; hashes are of content; a stamp names what made a result."""

from __future__ import annotations

import json
import platform
import re
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.core.files import content_hash, folder_problem, sha256_of, stable_json, write_atomically
from planner.core.provenance import stamp
from planner.core.resources import data_folder


def names(folder):
    return [file.name for file in folder.iterdir()]


def test_written_file_is_whole(tmp_path):
    write_atomically(tmp_path / "a.txt", "grün")
    write_atomically(tmp_path / "a.txt", b"\x00\x01")
    assert (tmp_path / "a.txt").read_bytes() == b"\x00\x01"
    assert names(tmp_path) == ["a.txt"]


def test_written_file_has_the_users_permissions(tmp_path):
    (tmp_path / "plain").write_text("")
    write_atomically(tmp_path / "atomic", "")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("broken", ["replace", "chmod"])
def test_failure_leaves_the_old_file_and_nothing_else(broken, tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_text("old")

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(Path, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(file, "new")
    assert file.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_missing_folder_is_an_error_and_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothere"):
        write_atomically(tmp_path / "nothere" / "a.txt", "x")
    assert names(tmp_path) == []


def test_folder_problem_makes_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    assert folder_problem(tmp_path / "new" / "deep") is None
    assert "is a file" in folder_problem(tmp_path / "file").way_out
    assert "is a file" in folder_problem(tmp_path / "file" / "below").way_out
    assert names(tmp_path) == ["file"]


def test_sha256_of_a_known_text(tmp_path):
    (tmp_path / "abc").write_text("abc")  # FIPS 180-2, appendix B.1
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


trees = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


def reordered(value):
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return [reordered(v) for v in value] if isinstance(value, list) else value


@given(trees)
def test_hash_does_not_depend_on_the_order_of_keys(tree):
    assert content_hash(tree) == content_hash(reordered(tree))


@given(trees, trees)
def test_other_content_has_another_hash(first, second):
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (content_hash(first) == content_hash(second)) == same


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_nan_leaves_as_json(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        stable_json({"a": value})
    with pytest.raises(ValueError, match="not JSON compliant"):
        content_hash({"a": value})


@given(trees)
def test_json_reads_back_and_keeps_its_order(tree):
    assert json.loads(stable_json(tree)) == tree
    assert stable_json(json.loads(stable_json(tree))) == stable_json(tree)


def test_stamp_names_versions_and_time():
    made = stamp({"name": "p", "sha256": "0"}, ({"role": "plan", "sha256": "1"},), {"simulate": True}, 7)
    assert made.versions["python"] == platform.python_version()
    assert made.versions["numpy"] == version("numpy")
    assert made.versions["planner"] == version("vertebral-planner")
    assert made.seed == 7
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", made.created)
    assert datetime.fromisoformat(made.created).tzinfo is not None


def test_two_stamps_differ_in_time_alone():
    first, second = (stamp({}, (), {}, 0).model_dump() for _ in range(2))
    first.pop("created")
    second.pop("created")
    assert first == second


def test_packaged_data_is_found():
    assert (data_folder("protocols") / "references.yaml").is_file()
    with pytest.raises(FileNotFoundError, match="reinstall"):
        data_folder("nothing_of_the_kind")
