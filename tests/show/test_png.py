"""The still picture: every structure leaves pixels, and where it cannot be made the way out is told."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

import planner.show.png as png_module
from planner.show import RenderError, probe_rendering, render_png, start_png
from planner.show.style import OPAQUE_FROM, style_of

SIZE = (400, 300)
DIE = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]


def _pixels(path):
    from skimage.io import imread  # noqa: PLC0415

    return imread(path)[..., :3].astype(int)


@pytest.mark.gl
@pytest.mark.slow
def test_each_translucent_structure_is_seen(scene, gl, tmp_path):
    """Multisampling with depth peeling would drop them all without a word."""
    render_png(scene, tmp_path / "all.png", SIZE)
    whole = _pixels(tmp_path / "all.png")
    glassy = [item for item in scene.items if style_of(item.role).opacity < OPAQUE_FROM]
    jobs = {}
    for i, item in enumerate(glassy):  # two at a time: the machine has two cores
        rest = dataclasses.replace(scene, items=tuple(other for other in scene.items if other is not item))
        jobs[item.name] = start_png(rest, tmp_path / f"{i}.png", SIZE)
        if i % 2:
            for job in list(jobs.values())[-2:]:
                job.finish()
    for job in list(jobs.values())[len(jobs) // 2 * 2 :]:
        job.finish()

    assert whole.shape == (300, 400, 3)
    # The legend is left out of the comparison: it changes with the list of structures.
    seen = {}
    for i, item in enumerate(glassy):
        changed = np.abs(_pixels(tmp_path / f"{i}.png") - whole).max(axis=2)[30:, :290] > 3
        seen[item.name] = int(changed.sum())
    assert min(seen.values()) > 40, seen
    assert not list(tmp_path.glob(".*"))


@pytest.mark.gl
def test_probe_says_that_it_works(gl):
    assert probe_rendering() is None


@pytest.mark.gl
def test_same_scene_same_picture(scene, gl, tmp_path):
    render_png(scene, tmp_path / "a.png", (160, 120))
    render_png(scene, tmp_path / "b.png", (160, 120))

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_killed_worker_becomes_an_error_with_the_way_out(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: DIE)
    monkeypatch.setattr(png_module, "missing_libraries", lambda: ("libEGL.so.1",))
    with pytest.raises(RenderError, match="SIGSEGV") as caught:
        render_png(scene, tmp_path / "scene.png", SIZE)

    assert caught.value.missing == ("libEGL.so.1",)
    assert caught.value.mend == "apt-get install -y --no-install-recommends libegl1 libgl1-mesa-dri"
    assert "libEGL.so.1" in str(caught.value)
    assert caught.value.mend in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_probe_tells_the_way_out(monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: DIE)

    assert "apt-get install -y --no-install-recommends libegl1 libgl1-mesa-dri" in probe_rendering()


@pytest.mark.parametrize(
    ("code", "told"),
    [("raise SystemExit(7)", "code 7"), ("pass", "no complete picture"), ("import time; time.sleep(60)", "within 1 s")],
)
def test_every_bad_end_leaves_no_file(scene, tmp_path, monkeypatch, code, told):
    monkeypatch.setattr(png_module, "_worker_command", lambda: [sys.executable, "-c", code])
    monkeypatch.setattr(png_module, "TIMEOUT_S", 1.0)
    with pytest.raises(RenderError, match=told):
        render_png(scene, tmp_path / "scene.png", SIZE)

    assert list(tmp_path.iterdir()) == []


def test_an_older_picture_survives_a_failure(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: DIE)
    (tmp_path / "scene.png").write_bytes(b"before")
    with pytest.raises(RenderError):
        render_png(scene, tmp_path / "scene.png", SIZE)

    assert (tmp_path / "scene.png").read_bytes() == b"before"


def test_cancel_ends_the_worker(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(png_module, "_worker_command", lambda: [sys.executable, "-c", "import time; time.sleep(60)"])
    with start_png(scene, tmp_path / "scene.png", SIZE) as job:
        process = job._process

    assert process.poll() is not None
    assert list(tmp_path.iterdir()) == []
