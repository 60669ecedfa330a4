"""Whether the input can bear the answer: voxel size, cut or scattered labels, sides, order of levels, frames."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.structures import Structure
from planner.core.names import LEVELS
from planner.geometry.frames import spacing_mm
from planner.geometry.mesh import Mesh
from planner.measure.models import Measured, NotApplicable, Outcome
from planner.measure.registry import StepContext, quantity

EXPECTED_GAP_MM = {"C": 17.0, "T": 25.0, "L": 35.0}
"""Centre to centre of neighbouring vertebrae (facts of morphometry: body and disc, T6 21 mm, T12 28 mm, L3 33 mm)."""
GAP_SHARE = (0.5, 1.7)
"""Smallest and largest gap between successive levels, over the expected one: half or nearly two levels."""
SUPERNUMERARY = ("vertebra_T13", "vertebra_L6")
"""Vertebrae that few patients have (VerSe numbers them): from which end a level was counted decides its name."""
SLAB_MM = 4.0
"""Height of the slices in which the cord is held against its canal."""
SHELLS = (0.35, 0.61, 0.79, 0.94)
"""Where a cross-section is sampled, as a share of the way from its middle to its rim: rings of equal area."""
ENOUGH = 1000
"""Points that tell a share to a hundredth or two."""
LEVEL_MARGIN_MM = 5.0
"""Beyond the vertebra's height: where the aorta is looked at."""


@quantity("voxel_size_mm")
def voxel_size(context: StepContext) -> Outcome:
    """Largest edge of a voxel of the labels the target vertebra was made from."""
    target = _target(context)
    if target is None or target.affine_lps is None:
        return NotApplicable("the target vertebra was not made from voxels")
    return Measured(float(spacing_mm(target.affine_lps).max()))


@quantity("cut_structures")
def cut_structures(context: StepContext) -> Outcome:
    """How many of vertebra, body and lesion of the step the image's border cuts."""
    found = _named(context, (f"vertebra_{context.step.level}", f"vertebra_{context.step.level}_body", _lesion(context)))
    if not found:
        return NotApplicable("the target is not labelled")
    cut = [s.name.replace("_", " ") for s in found if s.cut]
    return Measured(float(len(cut)), note=f"cut: {', '.join(cut)}" if cut else None)


@quantity("cord_outside_canal_fraction")
def cord_outside_canal(context: StepContext) -> Outcome:
    """Share of the cord, or below its end of the sac, outside the canal by more than the canal's own error."""
    anatomy, target = context.case.anatomy, _target(context)
    held = [name for name in ("spinal_cord", "thecal_sac") if name in anatomy.names]
    if not held or target is None:
        return NotApplicable("no cord is labelled")
    canal = anatomy.get("spinal_canal")
    if canal is None:
        return NotApplicable("no canal is labelled, nor could one be modelled")
    low, high = (float(v) for v in target.mesh.bounds[:, 2])
    for name in held:
        cord = anatomy.get(name)
        off = _outside(cord, canal, low, high) if cord is not None else []
        if off:
            notes = ["the thecal sac: the cord ends above"] if name == "thecal_sac" else []
            notes += ["against a canal modelled from the vertebrae"] if canal.origin == "modelled" else []
            share = float(np.concatenate(off).mean())
            return Measured(share, note="; ".join(notes) or None, modelled=canal.origin == "modelled")
    return NotApplicable("the cord does not reach the target")


def _outside(cord: Structure, canal: Structure, low: float, high: float) -> list[NDArray[np.bool_]]:
    """Return, slab by slab, which places in and on a cord lie outside the canal."""
    from scipy.spatial import ConvexHull  # noqa: PLC0415

    low, high = max(low, canal.reach_mm[0] + 1.0), min(high, canal.reach_mm[1] - 1.0)
    slack, off = canal.uncertainty_mm(np.array([1.0, 0.0, 0.0])), []
    for bottom in np.arange(low, high, SLAB_MM):
        # The hull of a slab: where cord and canal share one label map, the canal's label is a ring round the cord.
        wall = _slab(canal, bottom - 1.0, bottom + SLAB_MM + 1.0)
        cut = _slab(cord, bottom, bottom + SLAB_MM)
        if len(wall) >= 10 and len(cut) >= 3:
            sides = ConvexHull(wall).equations
            places = np.concatenate([cut.mean(axis=0) + share * (cut - cut.mean(axis=0)) for share in SHELLS])
            off.append((places @ sides[:, :2].T + sides[:, 2]).max(axis=1) > slack)
    return off


def _slab(structure: Structure, low: float, high: float) -> NDArray[np.float64]:
    """Return left and back coordinate of the surface points between two heights."""
    points = structure.mesh.vertices
    return points[(points[:, 2] >= low) & (points[:, 2] < high), :2]


@quantity("crumb_fraction")
def crumbs(context: StepContext) -> Outcome:
    """Share of the target vertebra's label that hangs together with no part of its largest piece."""
    target = _target(context)
    if target is None or target.affine_lps is None:
        return NotApplicable("the target vertebra was not made from voxels")
    volumes = np.abs(_piece_volumes(target.mesh))
    return Measured(float(1.0 - volumes.max() / volumes.sum()), note=f"{len(volumes)} pieces of surface")


@quantity("lesion_outside_vertebra_fraction")
def lesion_outside(context: StepContext) -> Outcome:
    """Share of the lesion's surface outside the convex hull of its vertebra, in which the label may leave a cavity."""
    from scipy.spatial import ConvexHull  # noqa: PLC0415

    target = _target(context)
    found = _named(context, (_lesion(context),))
    if target is None or not found:
        return NotApplicable("the step names no lesion")
    sides = ConvexHull(target.mesh.vertices).equations
    points = found[0].mesh.vertices[:: max(1, len(found[0].mesh.vertices) // ENOUGH)]
    outside = (points @ sides[:, :3].T + sides[:, 3]).max(axis=1) > 0.0
    return Measured(float(outside.mean()))


@quantity("level_order_faults")
def level_order(context: StepContext) -> Outcome:
    """How many pairs of successive whole vertebrae lie in the wrong order, or too near or far for their names.

    A thirteenth thoracic or sixth lumbar vertebra counts as well: such a spine is counted in two ways.
    """
    anatomy = context.case.anatomy
    named = [(at, s) for at, level in enumerate(LEVELS) if (s := _labelled(context, f"vertebra_{level}"))]
    whole = [(at, s.mesh.bounds.mean(axis=0)) for at, s in named if not s.cut]
    faults = [f"{name.removeprefix('vertebra_')} is labelled" for name in SUPERNUMERARY if name in anatomy.names]
    if len(whole) < 2 and not faults:
        return NotApplicable("fewer than two whole vertebrae are labelled")
    for (above, upper), (below, lower) in pairwise(whole):
        expected = sum(EXPECTED_GAP_MM[LEVELS[k][0]] for k in range(above, below))
        gap = float(np.linalg.norm(upper - lower))
        ordered = upper[2] > lower[2]
        if not ordered or not GAP_SHARE[0] <= gap / expected <= GAP_SHARE[1]:
            faults.append(f"{LEVELS[above]}–{LEVELS[below]} {gap:.0f} mm{'' if ordered else ' upwards'}")
    note = f"irregular: {', '.join(faults)}" if faults else None
    return Measured(float(len(faults)), note=note)


@quantity("aorta_side_mm")
def aorta_side(context: StepContext) -> Outcome:
    """How far the aorta lies to the patient's left of the vena cava or, without one, of the vertebra's middle."""
    target = _target(context)
    if target is None or context.step.level[0] == "C":
        return NotApplicable("no vertebra with an aorta before it")
    low, high = target.mesh.bounds[:, 2] + [-LEVEL_MARGIN_MM, LEVEL_MARGIN_MM]
    aorta, cava = (_middle_x(_labelled(context, name), low, high) for name in ("aorta", "inferior_vena_cava"))
    if aorta is None:
        return NotApplicable("no aorta is labelled at this height")
    if cava is not None:
        return Measured(aorta - cava, note="aorta against vena cava")
    return Measured(aorta - float(target.mesh.bounds[:, 0].mean()), note="aorta against the vertebra's middle")


@quantity("frames_of_reference")
def frames_of_reference(context: StepContext) -> Outcome:
    """How many frames of reference the images state."""
    anatomy = context.case.anatomy
    images = [*anatomy.images, *([anatomy.ct] if anatomy.ct is not None else [])]
    stated = {i.identity.frame_of_reference for i in images if i.identity and i.identity.frame_of_reference}
    return Measured(float(len(stated))) if stated else NotApplicable("no image states a frame of reference")


def _labelled(context: StepContext, name: str) -> Structure | None:
    anatomy = context.case.anatomy
    return anatomy.get(name) if name in anatomy.names else None


def _target(context: StepContext) -> Structure | None:
    return _labelled(context, f"vertebra_{context.step.level}")


def _lesion(context: StepContext) -> str:
    return context.step.target.lesion or ""


def _named(context: StepContext, names: tuple[str, ...]) -> list[Structure]:
    return [s for name in names if name and (s := _labelled(context, name)) is not None]


def _middle_x(structure: Structure | None, low: float, high: float) -> float | None:
    if structure is None:
        return None
    points = structure.mesh.vertices
    near = points[(points[:, 2] > low) & (points[:, 2] < high)]
    return float(near[:, 0].min() + near[:, 0].max()) / 2.0 if len(near) >= 6 else None


def _piece_volumes(mesh: Mesh) -> NDArray[np.float64]:
    """Volume (mm³) of each piece of a surface; cavities count with the piece they lie in as a negative one."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    a, b, c = mesh.faces.T
    n = len(mesh.vertices)
    links = coo_array((np.ones(2 * len(a), dtype=bool), (np.r_[a, b], np.r_[b, c])), shape=(n, n))
    _, piece = connected_components(links, directed=False)
    p, q, r = np.moveaxis(mesh.triangles - mesh.vertices.mean(axis=0), 1, 0)
    volumes = np.bincount(piece[a], weights=np.einsum("ij,ij->i", p, np.cross(q, r)) / 6.0)
    solid = volumes[volumes > 0.0]
    return np.asarray(solid if len(solid) else np.abs(volumes))
