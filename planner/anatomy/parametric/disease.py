"""Where disease enters a spine: dimensions of collapsed bodies, structures of its own, bone added and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.parametric.collapse import collapsed, retropulsed
from planner.anatomy.parametric.defects import carving, check_defects
from planner.anatomy.parametric.disease_spec import ParametricLesion
from planner.anatomy.parametric.disease_truth import fracture_truth, implant_truth, lesion_truth
from planner.anatomy.parametric.displace import Displacement
from planner.anatomy.parametric.epidural import Dural, Mass
from planner.anatomy.parametric.give_way import given_way as _given_way
from planner.anatomy.parametric.grid import FAR_MM, Grid
from planner.anatomy.parametric.implants import cement_mesh, screw_mesh
from planner.anatomy.parametric.layout import WORLD
from planner.anatomy.parametric.lesion import Lesion, build_lesion
from planner.anatomy.parametric.morphometry import Morphometry
from planner.anatomy.parametric.spec import ParametricSpec
from planner.anatomy.parametric.tubes import Vector
from planner.core.errors import InputError, Problems
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

BLEND_MM = 0.8
"""Width over which a fragment melts into the body it broke from."""


def collapsed_rows(spec: ParametricSpec, rows: Mapping[str, Morphometry]) -> dict[str, Morphometry]:
    """Return the dimensions with every fracture of the spec."""
    broken = {level: collapsed(rows[level], fracture) for level, fracture in spec.fractures.items()}
    return {**rows, **broken}


def lesions(spine: ParametricSpine) -> dict[str, tuple[ParametricLesion, str]]:
    """Return each lesion's mesh name with what was asked and its level."""
    return {name: (lesion, lesion.level or spine.spec.level) for name, lesion, _ in asked_lesions(spine.spec)}


def asked_lesions(spec: ParametricSpec) -> list[tuple[str, ParametricLesion, str]]:
    """Return name, lesion and key of every lesion; they are called `lesion`, `lesion_2` and so on."""
    several = [(spec.lesion, "lesion")] if spec.lesion is not None else []
    several += [(lesion, f"lesions[{n}]") for n, lesion in enumerate(spec.lesions)]
    return [("lesion" if n == 0 else f"lesion_{n + 1}", lesion, key) for n, (lesion, key) in enumerate(several)]


def lesion_of(spine: ParametricSpine, name: str, at: str = "$") -> Lesion:
    """Return a finished lesion by its mesh's name.

    Raises
    ------
    InputError
        When it does not fit.
    """
    found = next((lesion, key) for known, lesion, key in asked_lesions(spine.spec) if known == name)

    def make() -> Lesion:
        lesion, key = found
        level = lesion.level or spine.spec.level
        dural = _dural(spine, level) if lesion.epidural != "0" else None
        return build_lesion(lesion, spine.column, level, spine.spec.resolution_mm, dural=dural, path=f"{at}.{key}")

    made = spine.once(f"lesion {name}", make)
    assert isinstance(made, Lesion)  # noqa: S101
    return made


def check(spine: ParametricSpine, at: str, problems: Problems) -> None:
    """Note what does not fit this spine."""
    spec = spine.spec
    wanted = [(f"lesions[{n}].level", lesion.level) for n, lesion in enumerate(spec.lesions) if lesion.level]
    if spec.lesion is not None and spec.lesion.level:
        wanted.append(("lesion.level", spec.lesion.level))
    wanted += [(f"{key}.{level}", level) for key in ("defects", "cement", "screws") for level in getattr(spec, key)]
    wanted += [(f"fractures.{level}", level) for level, f in spec.fractures.items() if f.retropulsion_mm]
    absent = [(path, level) for path, level in wanted if level not in spine.built]
    for path, level in absent:
        built = f"{spine.built[0]} to {spine.built[-1]}" if len(spine.built) > 1 else spine.built[0]
        problems.add(
            f"{at}.{path}", f"{level}, while `{at}.levels` builds {built}", f"a level that is built ({built})",
            "write `levels: column`, choose another `level`, or drop this",
        )  # fmt: skip
    if absent:
        return
    check_defects(spec.defects, spine.column, at, problems)
    for name, _, _ in asked_lesions(spec):
        try:
            lesion_of(spine, name, at)
        except InputError as error:
            problems.extend(error.problems)
    for level in spec.cement:
        try:
            spine.mesh(f"cement_{level}")
        except InputError as error:
            problems.extend(error.problems)


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of lesions, cement and screws."""
    spec, column = spine.spec, spine.column
    made: dict[str, Maker] = {name: partial(_lesion_mesh, spine, name) for name, _, _ in asked_lesions(spec)}
    for level, cement in spec.cement.items():
        path = f"$.cement.{level}"
        made[f"cement_{level}"] = partial(cement_mesh, cement, column, level, spec.resolution_mm, path)
    for level, screws in spec.screws.items():
        for screw in screws:
            for side in screw.sides:
                made[f"screw_{level}_{side}"] = partial(screw_mesh, screw, column, level, side)
    return made


def truth(spine: ParametricSpine) -> dict[str, float]:
    """Return what was asked, measured on the finished structures."""
    found: dict[str, float] = {}
    for name, (_, level) in lesions(spine).items():
        found |= lesion_truth(spine, name, level, lesion_of(spine, name))
    return found | implant_truth(spine) | fracture_truth(spine)


def edited(spine: ParametricSpine, level: str, grid: Grid) -> Grid:
    """Return a vertebra's (or its body's) grid with fragments of bone added and holes cut."""
    fragment = _fragment(spine, level)
    holes = spine.spec.defects.get(level, ())
    if fragment is None and not holes:
        return grid
    grid = grid.whole()
    if fragment is not None:
        grid = _widened(grid, fragment)
        grid.add(fragment.field, fragment.low, fragment.high, BLEND_MM)
    for hole in holes:
        cut = carving(hole, spine.column, level)
        if cut is not None:
            grid.carve(cut.field, cut.low, cut.high, 0.3)
    return grid


def _widened(grid: Grid, fragment: Mass) -> Grid:
    """Return the grid with room for a fragment: a body's own grid ends at its rear wall."""
    low, high = grid.box
    before, after = (
        np.maximum(np.ceil(beyond / grid.step_mm).astype(int) + 3, 0)
        for beyond in (low - fragment.low, fragment.high - high)
    )
    values = np.pad(grid.values, np.stack([before, after], axis=1), constant_values=FAR_MM)
    return Grid(values, grid.origin - before * grid.step_mm, grid.step_mm, mirrored=False)


def given_way(spine: ParametricSpine, name: str, rings: Vector) -> Vector:
    """Return the rings of a tube in the canal, pushed aside by what stands there."""
    pushes = _displacements(spine, only_bone=name == "spinal_canal")
    if not pushes:
        return rings
    from planner.anatomy.parametric.neural import neural_field, sac_field  # noqa: PLC0415  it knows this module

    return _given_way(name, rings, pushes, sac_field(spine.column), neural_field(spine.column))


def _displacements(spine: ParametricSpine, *, only_bone: bool) -> list[Displacement]:
    masses: list[tuple[str, Mass]] = []
    for level in spine.spec.fractures:
        fragment = _fragment(spine, level)
        if fragment is not None:
            masses.append((level, fragment))
    if not only_bone:
        for name, (lesion, level) in lesions(spine).items():
            mass = lesion_of(spine, name).mass if lesion.epidural != "0" else None
            if mass is not None:
                masses.append((level, mass))

    def make() -> list[Displacement]:
        return [Displacement.of(mass, _dural(spine, level), spine.column.poses[level]) for level, mass in masses]

    found = spine.once(f"displacements {only_bone}", make)
    assert isinstance(found, list)  # noqa: S101
    return found


def _fragment(spine: ParametricSpine, level: str) -> Mass | None:
    fracture = spine.spec.fractures.get(level)
    return None if fracture is None else retropulsed(fracture, spine.column, level)


def _dural(spine: ParametricSpine, level: str) -> Dural:
    """Return sac and neural tissue in a vertebra's own frame."""
    from planner.anatomy.parametric.neural import neural_field, sac_field  # noqa: PLC0415  it knows this module

    pose = spine.column.poses[level]
    sac, neural = sac_field(spine.column), neural_field(spine.column)
    return Dural(lambda at: sac(pose.grid_to(WORLD, at)), lambda at: neural(pose.grid_to(WORLD, at)))


def _lesion_mesh(spine: ParametricSpine, name: str) -> Mesh:
    return lesion_of(spine, name).mesh
