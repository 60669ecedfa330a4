"""The grey picture of a patient: the CT, or where there is none CT numbers made of what is known, and said so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric import tissues
from planner.anatomy.structures import Anatomy
from planner.core.names import LEVELS
from planner.geometry.frames import spacing_mm
from planner.geometry.voxelise import Block, inside
from planner.plan.case import Case

Array = NDArray[np.float64]
Origin = Literal["ct", "made", "labels"]

AROUND_MM: Final = 14.0
"""What a made picture shows around vertebrae and needles."""
FRONT_MM: Final = 18.0
"""… and before the bodies, where the great vessels run."""
WAY_MM: Final = 70.0
"""How far from the bones a needle's way in is still shown: to the skin of most, and no picture of air."""
FINEST_MM: Final = 0.7
MADE_VOXELS: Final = 3.0e6
"""More voxels cost seconds and show nothing that surfaces of 0.5 mm know."""
BLUR: Final = 1.5
"""Width at half height of the made picture's blur, voxels."""
SHELL_MM: Final = 1.2
"""Cortex of a bone of which only the label is known; regions of a vertebra have 0.4–2 mm."""
LOWEST_HU: Final = -1024.0
"""Padding of scanners lies below and means air."""
_BONE: Final = re.compile(r"vertebra_[CTLS]\d+|rib_.*|sacrum|hip_.*|sternum")

SAID: Final[dict[Origin, str]] = {
    "ct": "CT",
    "made": "no CT: CT numbers of the drawn patient",
    "labels": "no CT: CT numbers assumed by label",
}


@dataclass(frozen=True, eq=False)
class Grey:
    """CT numbers in place.

    Attributes
    ----------
    hu : (i, j, k) float32 or int16.
    affine_lps : (4, 4) voxel index to LPS mm.
    origin : where the numbers come from.
    outside_hu : what lies beyond the image: air where its border is air, else soft tissue.
    """

    hu: NDArray[np.generic]
    affine_lps: Array
    origin: Origin
    outside_hu: float

    @property
    def said(self) -> str:
        """What a reader must know of it, in a few words."""
        return SAID[self.origin]


def grey_of(case: Case) -> Grey:
    """Return the CT of a case, or what stands for it; made once."""
    return case.anatomy.once("grey", lambda: _made(case))


def _made(case: Case) -> Grey:
    ct = case.anatomy.ct
    if ct is not None:
        border = np.concatenate([ct.array[[0, -1]].ravel(), ct.array[:, [0, -1]].ravel()])
        outside = tissues.hu("air") if float(np.median(border)) < tissues.hu("lung") else tissues.hu("soft_tissue")
        return Grey(ct.array, ct.affine_lps, "ct", outside)
    affine, shape = _lattice(case)
    if case.plan.anatomy.parametric is not None:
        return Grey(_drawn(case, affine, shape), affine, "made", tissues.hu("soft_tissue"))
    return Grey(_labelled(case, affine, shape), affine, "labels", tissues.hu("soft_tissue"))


def shown_levels(case: Case) -> list[str]:
    """Names of the labelled vertebrae within two levels of a target, from the head down."""
    at = {LEVELS.index(step.level) for step in case.steps}
    near = [LEVELS[i] for i in range(len(LEVELS)) if any(abs(i - n) <= 2 for n in at)]
    return [name for level in near if (name := f"vertebra_{level}") in case.anatomy.names]


def _lattice(case: Case) -> tuple[Array, tuple[int, int, int]]:
    """Voxels about the vertebrae beside the targets and the needles."""
    bones = [s.mesh.bounds for name in shown_levels(case) if (s := case.anatomy.get(name))]
    ends = [np.stack([tool.entry, tool.tip]) for step in case.steps for tool in step.instruments]
    corners = np.concatenate(bones)
    reach = np.stack([corners.min(axis=0) - WAY_MM, corners.max(axis=0) + WAY_MM])
    points = np.concatenate([corners, *(np.clip(pair, *reach) for pair in ends)])
    low, high = points.min(axis=0) - AROUND_MM, points.max(axis=0) + AROUND_MM
    low[1] -= FRONT_MM
    step = max(FINEST_MM, float(np.prod(high - low) / MADE_VOXELS) ** (1.0 / 3.0))
    counts = np.ceil((high - low) / step).astype(int)
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = low
    return affine, (int(counts[0]), int(counts[1]), int(counts[2]))


def _drawn(case: Case, affine: Array, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    from planner.anatomy.parametric import build_parametric  # noqa: PLC0415
    from planner.anatomy.parametric.ct import Scan, ct_image  # noqa: PLC0415
    from planner.anatomy.parametric.lattice import Lattice  # noqa: PLC0415
    from planner.anatomy.parametric.subject import subject_of  # noqa: PLC0415

    spec = case.plan.anatomy.parametric
    assert spec is not None  # noqa: S101 - asked before
    subject = subject_of(build_parametric(spec, at="$.anatomy.parametric", store=True))
    # No noise: the picture is to show the patient, and what looks at it adds its own. Blurred a little beyond a voxel
    # in all directions, so that thin cortex leaves no rings of voxels in a projection.
    step = float(spacing_mm(affine)[0])
    scan = Scan(noise_hu=0.0, blur_mm=BLUR * step, slice_mm=BLUR * 1.47 * step, seed=spec.seed)
    hu = ct_image(subject, Lattice(affine, shape), scan).astype(np.float32)
    for name in case.anatomy.names:
        if name not in subject.names and name in {step.target.lesion for step in case.steps}:
            _paint(hu, _block(case.anatomy, name, affine, shape), _lesion_hu(case, name))
    return hu


def _labelled(case: Case, affine: Array, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Soft tissue, then organs, then bone with a shell, then lesions."""
    hu = np.full(shape, tissues.hu("soft_tissue"), dtype=np.float32)
    lesions = {step.target.lesion for step in case.steps}
    bones, seen = [], set(shown_levels(case))
    for name in case.anatomy.names:
        if _BONE.fullmatch(name):
            if name in seen or not name.startswith("vertebra_"):
                bones.append(name)
        elif name not in lesions and not name.endswith("_body"):
            tissue = next(kind for pattern, kind in tissues.TISSUES if re.fullmatch(pattern, name))
            if tissue not in {"soft_tissue", "titanium"}:
                _paint(hu, _block(case.anatomy, name, affine, shape), tissues.hu(tissue))
    bone = next((step.target.bone for step in case.steps if step.target.bone), None) or "normal"
    within = tissues.hu_of_density(tissues.density_mg_cm3(bone))
    for name in bones:
        block = _block(case.anatomy, name, affine, shape)
        if block is not None and block.values.any():
            _paint(hu, block, _shelled(block.values, spacing_mm(affine), within))
    for name in filter(None, lesions):
        _paint(hu, _block(case.anatomy, name, affine, shape), _lesion_hu(case, name))
    return hu


def _block(anatomy: Anatomy, name: str, affine: Array, shape: tuple[int, int, int]) -> Block | None:
    """Voxels of a structure; of a large one only its part in the picture is meshed."""
    corner = affine[:3, :3] @ np.array(shape) + affine[:3, 3]
    found = anatomy.near(name, affine[:3, 3], corner) if name in anatomy.croppers else anatomy.get(name)
    return None if found is None else inside(found.mesh, affine, shape)


def _shelled(mask: NDArray[np.bool_], spacing: Array, within: float) -> NDArray[np.float32]:
    """CT numbers of a bone: cortex at its surface, and what is within."""
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415

    depth = distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    share = np.clip((depth - SHELL_MM) / spacing.max() + 0.5, 0.0, 1.0)
    cortex = tissues.hu("cortex")
    return np.asarray(cortex + share * (within - cortex), dtype=np.float32)


def _lesion_hu(case: Case, name: str) -> float:
    kind = next((s.target.lesion_type for s in case.steps if s.target.lesion == name), None)
    return tissues.hu({"blastic": "blastic", "mixed": "nidus"}.get(kind or "", "lytic"))


def _paint(hu: NDArray[np.float32], block: Block | None, value: float | NDArray[np.float32]) -> None:
    if block is not None and block.values.any():
        part = hu[block.window]
        part[block.values] = value if np.isscalar(value) else np.asarray(value)[block.values]
