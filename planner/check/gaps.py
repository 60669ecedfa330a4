"""Which rules a patient's missing structures leave without an answer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from planner.anatomy.structures import Anatomy
from planner.core.names import LEVELS
from planner.measure.needs import unmet
from planner.protocol.models import Protocol


@dataclass(frozen=True)
class Gap:
    """One thing that is not there.

    Attributes
    ----------
    any_of : structures of which one would do.
    why : what has to be so of it, beyond being there.
    levels : where it is missing; empty where it does not belong to a level.
    rules : ids of the rules that cannot be judged.
    """

    any_of: tuple[str, ...]
    why: str
    levels: tuple[str, ...]
    rules: tuple[str, ...]


def gaps(anatomy: Anatomy, protocol: Protocol, *, levels: tuple[str, ...] = (), lesion: str | None = None) -> list[Gap]:
    """Return every gap with the rules it disables.

    Parameters
    ----------
    levels : to be treated; by default every vertebra the patient has.
    lesion : to be treated; by default any structure that is called a lesion.
    """
    asked = levels or levels_of(anatomy) or ("L3",)
    named = lesion or next((name for name in anatomy.names if "lesion" in name.lower()), "lesion")
    found: dict[tuple[tuple[str, ...], str], tuple[dict[str, None], dict[str, None]]] = {}
    for rule in protocol.rules:
        if (wanted := rule.applies_when.labelled) is not None and wanted not in (*anatomy.names, *anatomy.modellers):
            continue  # such a rule is about those alone who have it
        for name, level in product((rule.quantity, *rule.applies_when.given), asked):
            for need in unmet(name, anatomy, level, named):
                why = "segmented, not modelled" if need.segmented else "whole" if need.whole else ""
                where, rules = found.setdefault((need.any_of, why), ({}, {}))
                rules[rule.id] = None
                if need.regions or any("{level}" in name for name in need.any_of):
                    where[level] = None
    return [
        Gap(tuple(name.replace("{lesion}", named) for name in any_of), why, tuple(where), tuple(rules))
        for (any_of, why), (where, rules) in found.items()
    ]


def levels_of(anatomy: Anatomy) -> tuple[str, ...]:
    """Return the vertebrae a patient has, from head to sacrum."""
    return tuple(level for level in LEVELS if f"vertebra_{level}" in anatomy.names)
