"""Named positions of the C-arm, from the treated vertebra's own axes and from the needles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.build import vertebra_rings
from planner.plan.case import Case, Instrument
from planner.show.fluoro.beam import figures
from planner.show.fluoro.carm import HEAD, CArm, Machine

Array = NDArray[np.float64]
OBLIQUE_DEG = 35.0
"""Turn from AP at which a lumbar vertebra shows its Scotty dog; between the 20–30° of a pedicle and 45° of facets."""
SIDEWAYS = 0.5**0.5
"""Component of the beam from side to side beyond which a view counts as lateral (45°)."""
BODY_SHARE = 0.55
"""Share of the way from canal to body that the isocentre lies at: both are then in the middle of a lateral view."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture to take.

    Attributes
    ----------
    name : of the file.
    view : what is seen, as printed in the picture; `{tag}` stands for the needle's.
    carm : where the C-arm stands.
    aimed : points (n, 3), LPS mm, that the picture marks with a cross.
    caveats : what a reader should know of the position.
    """

    name: str
    view: str
    carm: CArm
    aimed: Array
    caveats: tuple[str, ...] = ()
    level: str = ""
    tag: str = ""
    filled: bool = False

    def words(self, t: Callable[[str], str] = lambda words: words) -> tuple[str, ...]:
        """What is seen, of which vertebra, and whether it is filled; `t` puts English words into another language."""
        return (
            t(self.view).format(tag=self.tag),
            *([self.level] if self.level else []),
            *([t("filled")] if self.filled else []),
        )

    @property
    def label(self) -> str:
        """As printed in the picture."""
        return ", ".join(self.words())

    @property
    def lateral(self) -> bool:
        """Whether the beam crosses the patient from side to side."""
        return abs(float(self.carm.toward[0])) > SIDEWAYS


@dataclass(frozen=True, eq=False)
class Own:
    """Axes of a vertebra, its middle, and what is to be known of them."""

    centre: Array
    left: Array
    back: Array
    head: Array
    caveat: str | None = None


def own_axes(case: Case, level: str) -> Own:
    """Return a vertebra's own axes; the patient's where its canal cannot be found."""
    whole, rings = case.anatomy.get(f"vertebra_{level}"), vertebra_rings(case.anatomy, level)
    assert whole is not None  # noqa: S101 - a case has its target
    centre = np.asarray(whole.mesh.bounds.mean(axis=0))
    body = case.anatomy.get(f"vertebra_{level}_body")
    if rings is None:
        told = f"the canal of {level} was not found: true views are along the patient's axes, not the vertebra's"
        return Own(centre, np.eye(3)[0], np.eye(3)[1], np.eye(3)[2], told)
    if body is not None:
        canal, middle = rings.frame.origin, body.mesh.bounds.mean(axis=0)
        centre = canal + BODY_SHARE * (middle - canal)
    left, back, head = rings.frame.axes.T
    return Own(np.asarray(centre), left, back, head)


def named_shots(case: Case, machine: Machine) -> list[Shot]:
    """Return AP, lateral, an oblique for each needle's side, and a bull's-eye for each needle, level by level."""
    levels = list(dict.fromkeys(step.level for step in case.steps))
    return [shot for level in levels for shot in _of_level(case, machine, level, f"_{level}" if levels[1:] else "")]


def _of_level(case: Case, machine: Machine, level: str, tag: str) -> Iterator[Shot]:
    own, tools = own_axes(case, level), _tools(case, level)
    ahead = own.back if machine.position == "prone" else -own.back
    ways = {f"ap{tag}": ("AP", ahead), f"lateral{tag}": ("Lateral", own.left)}
    turn = np.radians(OBLIQUE_DEG)
    for side in dict.fromkeys(bool((tool.entry - own.centre) @ own.left >= 0.0) for _, tool in tools) or {True: None}:
        word, aside = ("left", own.left) if side else ("right", -own.left)
        ways[f"oblique_{word}{tag}"] = (f"Oblique {word}", np.cos(turn) * ahead + np.sin(turn) * aside)
    for name, (label, toward) in ways.items():
        carm = CArm.looking(machine, own.centre, toward, own.head)
        told = _told(carm, (own.caveat,) if own.caveat else ())
        yield Shot(name, label, carm, np.empty((0, 3)), told, level)
    yield from _bulls_eyes(tools, machine, level)


def angled_shot(case: Case, machine: Machine, lao_deg: float, cranial_deg: float) -> Shot:
    """Return a shot of the first target at stated angles."""
    own = own_axes(case, case.steps[0].level)
    carm = CArm.angled(machine, own.centre, lao_deg, cranial_deg)
    return Shot("angled", "Stated angles", carm, np.empty((0, 3)), _told(carm, ()), case.steps[0].level)


def _tools(case: Case, level: str) -> list[tuple[str, Instrument]]:
    """Tag and instrument of each way in; two steps through the same way have one."""
    found: list[tuple[str, Instrument]] = []
    for step in case.steps:
        for index, tool in enumerate(step.instruments if step.level == level else ()):
            if not any(np.allclose(tool.tip, t.tip) and np.allclose(tool.entry, t.entry) for _, t in found):
                tag = f"{step.index + 1}" + (f".{index + 1}" if len(step.instruments) > 1 else "")
                found.append((tag, tool))
    return found


def _bulls_eyes(tools: list[tuple[str, Instrument]], machine: Machine, level: str) -> Iterator[Shot]:
    """The detector on the needle's own line: hub, shaft and tip fall on one point."""
    for tag, tool in tools:
        carm = CArm.looking(machine, tool.tip, -tool.direction, HEAD)
        told = _told(carm, ())
        yield Shot(f"bulls_eye_{tag}", "Bull's-eye, down needle {tag}", carm, np.stack([tool.tip]), told, level, tag)


def _told(carm: CArm, others: tuple[str, ...]) -> tuple[str, ...]:
    limit = figures()["tilt_limit_deg"]
    if abs(carm.cranial_deg) <= limit:
        return others
    way = "cranial" if carm.cranial_deg > 0.0 else "caudal"
    return (*others, f"{abs(carm.cranial_deg):.0f}° {way} is more than most C-arms reach ({limit:g}°, assumed)")
