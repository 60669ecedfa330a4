"""A parametric patient as label maps: one that parts space, and beside it the structures that others lie in, whole.

The parting map gives each voxel to the foremost structure in `FOREMOST` that holds its centre. What is left of a canal
round its sac is epidural space, of a sac round the cord its fluid. Further maps hold canal, sac, skin and bodies
whole, and vertebrae with something in them: readers that take the first of a name find these first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.images.common import Layers
from planner.anatomy.labels import BODY_MAP, TABLES
from planner.anatomy.parametric.lattice import Lattice
from planner.core.names import LEVELS
from planner.geometry.mesh import Mesh
from planner.geometry.voxelise import Block, inside

FOREMOST: Final = (
    r"screw_.*", r"cement_.*", r"spinal_cord", r"cauda_equina", r"nerve_root_.*", r"lesion.*nidus", r"lesion.*",
    r"thecal_sac", r"spinal_canal", r"vertebra_.*", r"disc_.*", r"sacrum", r"rib_.*", r"costal_cartilage.*",
    r"aorta", r".*(artery|vein|vena_cava|vessel).*", r"oesophagus", r"kidney_.*", r"lung_.*", r"muscle_.*",
    r"(?!fat_|skin).*", r"fat_.*", r"skin",
)  # fmt: skip
"""Patterns of names, foremost first: of two that hold a voxel's centre the earlier one gets it."""

WITHIN_BONE: Final = re.compile(r"(screw|cement|lesion).*")
REMAINDER: Final = {"spinal_canal": "epidural_space", "thecal_sac": "cerebrospinal_fluid", "skin": "soft_tissue"}
"""What the parting map calls what is left of a structure when those inside it are taken out."""

_BODY = re.compile(r"vertebra_(\w+)_body")
_TOTAL: Final = {name: number for number, name in TABLES["totalsegmentator"].items()}
_OWN: Final = {
    "spinal_canal": 121, "thecal_sac": 122, "cauda_equina": 123, "skin": 124, "fat_subcutaneous": 125,
    "lung_left": 126, "lung_right": 127, "epidural_space": 128, "cerebrospinal_fluid": 129, "soft_tissue": 130,
    BODY_MAP: 131, "muscle_psoas_left": _TOTAL["iliopsoas_left"], "muscle_psoas_right": _TOTAL["iliopsoas_right"],
    "muscle_erector_spinae_left": 132, "muscle_erector_spinae_right": 133, "muscle_multifidus_left": 134,
    "muscle_multifidus_right": 135, "lesion": 200,
}  # fmt: skip
_FREE: Final = 1000


def priority(name: str) -> int:
    """Return the place of a structure in `FOREMOST`; the lower, the more it is in front."""
    return next(place for place, pattern in enumerate(FOREMOST) if re.fullmatch(pattern, name))


def label_numbers(names: Sequence[str]) -> dict[str, int]:
    """Return a number for each name: TotalSegmentator's where it has one, else one of ours that is always the same.

    Names that nobody knows are numbered from 1000 on, in alphabetic order.
    """
    found = {name: number for name in names if (number := _known_number(name)) is not None}
    others = sorted(set(names) - set(found))
    return {name: found[name] for name in names if name in found} | {n: _FREE + i for i, n in enumerate(others)}


def _known_number(name: str) -> int | None:
    if (number := _OWN.get(name, _TOTAL.get(name))) is not None:
        return number
    if match := re.fullmatch(r"lesion_(\d+)", name):
        return 199 + int(match[1]) if 2 <= int(match[1]) <= 50 else None
    if match := re.fullmatch(r"rib_T(\d+)_(left|right)", name):
        return _TOTAL.get(f"rib_{match[2]}_{match[1]}")
    if not (match := re.fullmatch(r"(disc|nerve_root|cement|screw)_([CTL]\d+)(?:_(left|right|[CTLS]\d+))?", name)):
        return None
    if match[2] not in LEVELS:
        return None
    start = {"disc": 300, "nerve_root": 340, "cement": 400, "screw": 440}[match[1]]
    sides = 1 if match[1] in {"disc", "cement"} else 2
    return start + sides * LEVELS.index(match[2]) + (match[3] == "right")


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Labels of one patient on one grid.

    Attributes
    ----------
    lattice : the voxels.
    labels : uint16, the parting map; 0 where nothing is.
    names : number → name in it.
    whole : further maps of the structures that others lie in, with their names; empty where there are none.
    """

    lattice: Lattice
    labels: NDArray[np.uint16]
    names: dict[int, str]
    whole: tuple[tuple[NDArray[Any], dict[int, str]], ...]


def label_map(
    meshes: Callable[[str], Mesh],
    names: Sequence[str],
    lattice: Lattice,
    *,
    told: Callable[[str], None] = lambda _: None,
) -> LabelMap:
    """Fill every structure and part space between them.

    Parameters
    ----------
    meshes : name → closed surface, LPS mm; asked once for each name.
    names : of the structures to fill.
    lattice : the voxels.
    told : is called with each name before it is filled.
    """
    labels = np.zeros(lattice.shape, dtype=np.uint16)
    parts = [name for name in names if not _BODY.fullmatch(name)]
    called = {name: REMAINDER.get(name, name) for name in parts}
    numbers = label_numbers([*called.values(), *parts, BODY_MAP])
    layers = Layers(lattice.shape, max(numbers.values(), default=1))
    filled_bone = _holders(names)
    for name in sorted(names, key=lambda one: (-priority(one), one)):  # the foremost last, over the others
        told(name)
        block = inside(meshes(name), lattice.affine_lps, lattice.shape)
        if name in called:
            labels[block.window][block.values] = numbers[called[name]]
        if name in REMAINDER or name in filled_bone or name not in called:
            kept = name if name in called else BODY_MAP
            layers.add(numbers[kept], kept, _full(block, lattice.shape))
    present = np.flatnonzero(np.bincount(labels.reshape(-1)))
    table = {int(numbers[name]): name for name in called.values()}
    kept_names = {int(n): table[int(n)] for n in present if n}
    whole = tuple(zip(layers.arrays, layers.names, strict=True))
    return LabelMap(lattice, labels, kept_names, whole)


def _holders(names: Sequence[str]) -> set[str]:
    """Vertebrae, where something lies in one of them: it is not known in which, and to keep all whole costs little."""
    if not any(WITHIN_BONE.fullmatch(name) for name in names):
        return set()
    return {name for name in names if name.startswith("vertebra_") and not _BODY.fullmatch(name)}


def _full(block: Block, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=bool)
    mask[block.window] = block.values
    return mask
