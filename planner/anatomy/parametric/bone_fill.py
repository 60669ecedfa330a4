"""Bone in a made CT: a cortex of its own thickness round cancellous bone of the asked density."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric import tissues
from planner.anatomy.parametric.canvas import Canvas, Field
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.lesion_fill import add_rim
from planner.anatomy.parametric.noise import grain
from planner.anatomy.parametric.shell import core
from planner.anatomy.parametric.subject import Subject
from planner.geometry.mesh import Mesh
from planner.geometry.voxelise import Block, occupancy

_BONE: Final = re.compile(r"vertebra_[CTL]\d+|rib_.*|sacrum")


def is_bone(name: str) -> bool:
    """Return whether a structure is a whole bone, with a cortex of its own."""
    return _BONE.fullmatch(name) is not None


class BonePainter:
    """Draws bones; the texture is one for all, so that it does not change with what else is there."""

    def __init__(self, subject: Subject, lattice: Lattice, lines: int, seed: int | None) -> None:
        self.subject, self.lattice, self.lines = subject, lattice, lines
        self.texture: Field | None = None
        if seed is not None:
            figures, rng = tissues.figures(), np.random.default_rng([seed, 3])
            self.texture = grain(lattice.shape, lattice.spacing_mm, figures["cancellous_texture_mm"], rng)
            self.texture *= np.float32(figures["cancellous_texture_hu"])

    def paint(self, canvas: Canvas, name: str, block: Block, inserted: Field) -> None:
        """Fill one bone, but for what is inserted in it."""
        body, mesh = f"{name}_body", self.subject.mesh(name)
        marrow = np.full(block.values.shape, self.subject.cancellous_hu, dtype=np.float32)
        if body in self.subject.names:
            marrow = self._by_part(body, block)
        thickness = cortex_of(self.subject, name, mesh)
        held = occupancy(core(mesh, thickness), self.lattice.affine_lps, self.lattice.shape, lines=self.lines)
        inner = _on(block, held)
        window = block.window
        if self.texture is not None:
            marrow += self.texture[window]
        for lesion, (level, _) in self.subject.rims.items():
            if name == f"vertebra_{level}":
                add_rim(marrow, self.subject, lesion, self.lattice, window)
        share = np.maximum(block.values - inserted[window], 0.0)
        share = np.minimum(share, canvas.room[window])
        soft = np.minimum(np.maximum(inner - inserted[window], 0.0), share)
        canvas.hu[window] += soft * marrow + (share - soft) * np.float32(tissues.hu("cortex"))
        canvas.room[window] -= share

    def _by_part(self, body: str, block: Block) -> Field:
        """Cancellous CT number a voxel: the body's, and denser in the arch."""
        held = occupancy(self.subject.mesh(body), self.lattice.affine_lps, self.lattice.shape, lines=self.lines)
        share = _on(block, held)
        arch = tissues.figures()["arch_density_factor"]
        return np.asarray(self.subject.cancellous_hu * (share + arch * (1.0 - share)), dtype=np.float32)


def cortex_of(subject: Subject, name: str, mesh: Mesh) -> NDArray[np.float64] | float:
    """Return the thickness of a bone's cortex, mm: one a vertex where it differs from place to place."""
    found = subject.cortex(name, mesh.vertices)
    if found is None:
        return tissues.figures()["cortex_mm"] * tissues.cortex_factor(subject.bone)
    return found * tissues.cortex_factor(subject.bone)


def _on(block: Block, other: Block) -> Field:
    """Values of `other` on the window of `block`, zero where it has none."""
    out = np.zeros_like(block.values)
    here, there = [], []
    for a, b in zip(block.window, other.window, strict=True):
        low, high = max(a.start, b.start), max(a.start, b.start, min(a.stop, b.stop))
        here.append(slice(low - a.start, high - a.start))
        there.append(slice(low - b.start, high - b.start))
    out[tuple(here)] = other.values[tuple(there)]
    return out
