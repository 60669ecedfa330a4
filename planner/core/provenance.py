"""The stamp by which a result reproduces: versions, hashes, seed, settings; one time stamp beside them."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from planner.core.model import Model

_NUMERIC = ("numpy", "scipy", "scikit-image", "libigl", "manifold3d", "nibabel")
"""Libraries whose version can change a digit of a result."""


@cache
def package_version() -> str:
    """Return the version of this package."""
    try:
        return version("vertebral-planner")
    except PackageNotFoundError:  # a bare source tree on the path
        return "0+unknown"


@cache
def _versions() -> dict[str, str]:
    """Versions of everything that can change a digit; read once, the files behind them are parsed as mail."""
    known = {"planner": package_version(), "python": platform.python_version()}
    return known | {name: version(name) for name in _NUMERIC}


class Provenance(Model):
    """What made a result; `created` is the only part that differs between two equal runs."""

    versions: dict[str, str]
    protocol: dict[str, str]
    inputs: tuple[dict[str, str], ...]
    settings: dict[str, Any]
    seed: int
    created: str


def stamp(
    protocol: dict[str, str], inputs: tuple[dict[str, str], ...], settings: dict[str, Any], seed: int
) -> Provenance:
    """Stamp a result made now from these inputs (role and SHA-256 each, never a file's name: it may be a patient's)."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return Provenance(
        versions=dict(_versions()), protocol=protocol, inputs=inputs, settings=settings, seed=seed, created=created
    )
