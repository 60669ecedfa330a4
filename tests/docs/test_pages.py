"""The generated pages are what the program is, and the plans they show are plans."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from planner.cli.app import run
from planner.core.sourced import references
from planner.core.units import UnitModel
from planner.core.validation import known_keys, validated
from planner.core.yamlio import parse_mapping
from planner.geometry.surface import SURFACE_ERROR_VOXELS
from planner.plan.models import Plan, UnknownStep
from planner.protocol.benchmarks import benchmarks
from planner.protocol.load import book_names, load_protocol
from planner.protocol.scores.load import score_names

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import build  # noqa: E402
from builder.plan_examples import EXAMPLES  # noqa: E402
from builder.plan_file_page import SECTIONS, examples, keys_of  # noqa: E402
from builder.plan_meanings import MEANINGS  # noqa: E402


@pytest.mark.parametrize("name", build.PAGES)
def test_committed_page_is_what_would_be_written_now(name):
    assert (DOCS / name).read_text(encoding="utf-8") == build.PAGES[name](), "run `python docs/build.py`"


def models_of_a_plan():
    """Every model that a plan file reaches, found on the types and not on the list of the page."""
    found, queue = set(), [Plan]
    while queue:
        annotation = queue.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in found:
            found.add(annotation)
            queue += [field.annotation for field in annotation.model_fields.values()]
            queue += [part for field in annotation.model_fields.values() for part in field.metadata]
        queue += getattr(annotation, "__args__", ())
    return found


def test_every_model_has_its_section():
    written_as_text = {"Phase"}  # `freeze 10 min`
    reached = {model.__name__ for model in models_of_a_plan()} - {UnknownStep.__name__} - written_as_text
    assert reached == {model.__name__ for _, model in SECTIONS}


def test_every_key_is_told_once_and_shown_in_an_example():
    keys = {key for _, model in SECTIONS for key in keys_of(model)}
    assert keys == set(MEANINGS)
    assert keys == set(examples())


def test_page_names_every_key_that_is_known():
    text = (DOCS / "plan_file.md").read_text(encoding="utf-8")
    for key in set(known_keys(Plan)) - {"duration_s"}:
        assert f"`{key}`" in text, key
    doors = {door for _, model in SECTIONS if issubclass(model, UnitModel) for door in model._doors()}
    assert {"setpoint", "pressure", "volume", "duration"} <= doors
    assert all(f"`{door}` or `" in text for door in doors)


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_valid(text):
    assert isinstance(validated(Plan, parse_mapping(text)), Plan)


@pytest.mark.parametrize("name", book_names())
def test_page_of_a_book_has_every_rule_with_its_limit_flag_and_sources(name):
    text = (DOCS / "rules" / f"{name}.md").read_text(encoding="utf-8")
    for rule in load_protocol(name).rules:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| [`{rule.id}`]")]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 8, row
        assert cells[6:] == [rule.source.grade, rule.source.flag]
        whole = text.split(f"\n## {rule.id}\n")[1].split("\n## ")[0]
        for ref in rule.cites:
            assert references()[ref].citation in whole
        assert (rule.chosen or "") in whole


def test_every_book_and_score_has_a_page_and_a_line_in_the_index():
    for folder, names in (("rules", book_names()), ("scores", score_names())):
        index = (DOCS / f"{folder}.md").read_text(encoding="utf-8")
        assert {path.stem for path in (DOCS / folder).glob("*.md")} == set(names)
        assert all(f"({folder}/{name}.md)" in index for name in names)


@pytest.mark.parametrize("name", score_names())
def test_the_command_of_a_score_page_runs(name, tmp_path, capsys):
    text = (DOCS / "scores" / f"{name}.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"```sh\nplanner (.+)\n", text)
    if "FILE" in command:
        pytest.skip("takes a file of the user's own")
    with pytest.raises(SystemExit) as stopped:
        run(command.split())
    assert stopped.value.code == 0, capsys.readouterr().err


def test_benchmarks_of_the_source_texts_tell_their_problem():
    text = (DOCS / "rules.md").read_text(encoding="utf-8")
    assert len(benchmarks()) >= 12
    for one in benchmarks():
        assert one.problem.en in text
        assert one.source.grade == "source_text"


PAGES = [*DOCS.rglob("*.md"), ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_named_files_are_there(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(r"`((?:planner|protocols|tests|docs|benchmarks)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path


def test_architecture_names_every_layer_in_the_order_of_the_contract():
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("layers = [")[1].split("]")[0]
    layers = [name.strip("() ") for name in re.findall(r'"([^"]+)"', contract)]
    built = [name for name in reversed(layers) if (ROOT / "planner" / name).is_dir()]
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, flags=re.M)[: len(built)] == built


def test_accuracy_page_states_the_bound_of_the_program():
    assert f"± {SURFACE_ERROR_VOXELS:g} voxel" in (DOCS / "accuracy.md").read_text(encoding="utf-8")
