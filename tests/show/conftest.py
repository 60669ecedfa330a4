"""Chromium and OpenGL for the tests, or a clear reason why not."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def lacking(reason: str, variable: str) -> None:
    """Skip, or fail where the environment says that this machine must have it."""
    if os.environ.get(variable) == "1":
        pytest.fail(f"{reason} ({variable}=1 asks for it)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def gl() -> None:
    """This machine renders."""
    from planner.show import probe_rendering  # noqa: PLC0415

    if (problem := probe_rendering()) is not None:
        lacking(problem, "PLANNER_REQUIRE_GL")


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all tests."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        lacking("playwright is not installed", "PLANNER_REQUIRE_BROWSER")
    if not Path(CHROMIUM).is_file():
        lacking(f"{CHROMIUM} is not installed", "PLANNER_REQUIRE_BROWSER")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def sample():
    """The module with the made-up case; by its path, since tests are no package."""
    name = "planner_show_sample"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / "sample.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def scene(sample):
    """The made-up case."""
    return sample.sample_scene()
