"""A vertebral body as an elastic solid on coarse cells: its stiffness along the spine, and how its endplates give.

Bone is isotropic with its modulus along the spine. Between rigid plates the body is as stiff as in a testing machine
with cast ends; under the pressure of a nucleus its endplate bulges inwards against its own rim.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.simulate.cement.cells import Cells
from planner.simulate.spongiosa import modulus_mpa

Array = NDArray[np.float64]
COARSE_MM = 2.2
"""Width of a solid cell, about; two thirds of it change ratios of stiffness and of bulge by a tenth."""
POISSON = 0.3
NUCLEUS_SHARE = 0.43
"""Of the area of a disc (remembered; 0.3 to 0.5 are read)."""
LEAST_MPA = 1.0
"""Of a cell without bone, so that nothing hangs loose."""
END_SHARE = 0.25
"""Columns of cells that end within so much of the height of an end belong to its endplate."""
TOLERANCE, MOST_ROUNDS = 1e-5, 4000


@dataclass(frozen=True)
class Solid:
    """What a body gives.

    Attributes
    ----------
    stiffness_n_mm : between rigid plates. bulge_mm3_mpa : volume by which the upper and the lower endplate bulge
        inwards under the pressure of a nucleus, beyond their rims.
    """

    stiffness_n_mm: float
    bulge_mm3_mpa: tuple[float, float]


def moduli(cells: Cells, part: Array, cement_mpa: float, damage: float = 1.0) -> Array:
    """Return the modulus of every cell (n,): bone with its share of shell, and cement in its pores.

    Parameters
    ----------
    part : (n,) how full of cement each cell is. damage : factor of the modulus of bone without cement; a fracture.
    """
    c, h = calibration("bone_mechanics"), cells.width_mm
    outer = (cells.near[:, :4] < 0).sum(axis=1)
    own = modulus_mpa(cells.density_mg_cm3) + c["shell_modulus_mpa"] * c["shell_mm"] / h * outer
    return np.asarray(own * (damage + (1.0 - damage) * part) + part * cells.pore_share * cement_mpa)


def solid(cells: Cells, modulus: Array, *, bulge: bool = True) -> Solid:
    """Load a body between plates, and each endplate by a nucleus."""
    made = _Body(cells, modulus)
    return Solid(made.stiffness(), (made.bulge(upper=True), made.bulge(upper=False)) if bulge else (0.0, 0.0))


def coarse(cells: Cells, modulus: Array) -> tuple[Array, NDArray[np.bool_], float]:
    """Return mean moduli of coarse cells (nx, ny, nz), which of them are half body or more, and their width."""
    group = max(1, round(COARSE_MM / cells.width_mm))
    there, weighed = np.zeros(cells.mask.shape), np.zeros(cells.mask.shape)
    there[cells.mask] = cells.in_body
    weighed[cells.mask] = np.where(cells.in_body, modulus, 0.0)
    size: tuple[int, ...] = cells.mask.shape
    pad = [(0, -n % group) for n in size]
    shape: list[int] = []
    for n, (_, more) in zip(size, pad, strict=True):
        shape += [(n + more) // group, group]
    share, total = (np.pad(a, pad).reshape(shape).sum(axis=(1, 3, 5)) for a in (there, weighed))
    kept = _largest(share >= 0.5 * group**3)
    return np.where(kept, np.maximum(total / np.maximum(share, 1.0), LEAST_MPA), 0.0), kept, group * cells.width_mm


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import label  # noqa: PLC0415

    found, count = label(mask)
    return mask if count < 2 else np.asarray(found == 1 + np.bincount(found[found > 0])[1:].argmax())


class _Body:
    """Nodes, stiffness matrix and ends of a body; mm, N, MPa."""

    def __init__(self, cells: Cells, modulus: Array) -> None:
        from skfem import Basis, BilinearForm, ElementHex0, ElementHex1, ElementVector, MeshHex  # noqa: PLC0415 - slow
        from skfem.helpers import ddot, sym_grad, trace  # noqa: PLC0415

        e, kept, self.width = coarse(cells, modulus)
        mesh = MeshHex.init_tensor(*(self.width * np.arange(n + 1.0) for n in kept.shape))
        index = tuple(np.floor(mesh.p[:, mesh.t].mean(axis=1) / self.width).astype(int))
        mesh = mesh.restrict(np.flatnonzero(kept[index]))
        index = tuple(np.floor(mesh.p[:, mesh.t].mean(axis=1) / self.width).astype(int))
        basis = Basis(mesh, ElementVector(ElementHex1()), intorder=2)
        each = basis.with_element(ElementHex0()).interpolate(e[index])

        @BilinearForm  # type: ignore[untyped-decorator]
        def stiffness(u: object, v: object, w: object) -> object:
            young = w["e"]  # type: ignore[index]
            mu, lam = 0.5 * young / (1.0 + POISSON), young * POISSON / ((1.0 + POISSON) * (1.0 - 2.0 * POISSON))
            a, b = sym_grad(u), sym_grad(v)
            return lam * trace(a) * trace(b) + 2.0 * mu * ddot(a, b)

        self.matrix = stiffness.assemble(basis, e=each).tocsr()
        self.nodal, self.points = basis.nodal_dofs, mesh.p
        column = np.round(mesh.p[:2].T / self.width).astype(int)
        order = np.lexsort((mesh.p[2], column[:, 1], column[:, 0]))
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(column[order], axis=0) != 0).any(axis=1)
        last = np.append(first[1:], True)
        z, reach = mesh.p[2], END_SHARE * float(np.ptp(mesh.p[2]))
        lowest, highest = order[first], order[last]  # of each column; those on the waist are no endplate
        self.ends = {
            False: lowest[z[lowest] <= z.min() + reach], True: highest[z[highest] >= z.max() - reach]
        }  # fmt: skip

    def solved(self, held: NDArray[np.int64], values: Array, force: Array) -> Array:
        """Displacements with some of them held."""
        from scipy.sparse import diags  # noqa: PLC0415
        from scipy.sparse.linalg import cg  # noqa: PLC0415

        x = np.zeros(self.matrix.shape[0])
        x[held] = values
        free = np.setdiff1d(np.arange(len(x)), held)
        inner, load = self.matrix[free][:, free], (force - self.matrix @ x)[free]
        found, failed = cg(inner, load, rtol=TOLERANCE, maxiter=MOST_ROUNDS, M=diags(1.0 / inner.diagonal()))
        if failed:
            raise ArithmeticError("the elastic body could not be solved")
        x[free] = found
        return x

    def stiffness(self) -> float:
        """Force over shortening, both ends in rigid plates."""
        low, high = self.nodal[:, self.ends[False]], self.nodal[:, self.ends[True]]
        held = np.concatenate([low.ravel(), high.ravel()])
        held, once = np.unique(held, return_index=True)
        values = np.concatenate([np.zeros(low.size), np.zeros(2 * high.shape[1]), np.full(high.shape[1], -1.0)])[once]
        x = self.solved(held, values, np.zeros(self.matrix.shape[0]))
        return float(-(self.matrix @ x)[np.unique(high[2])].sum())

    def bulge(self, *, upper: bool) -> float:
        """Volume that an endplate gives inwards, beyond its rim, by the pressure of a nucleus on it."""
        end, other = self.ends[upper], self.ends[not upper]
        at = self.points[:2, end]
        middle, half = 0.5 * (at.max(axis=1) + at.min(axis=1)), 0.5 * np.ptp(at, axis=1)
        reach = (((at - middle[:, None]) / half[:, None]) ** 2).sum(axis=0)
        inner = reach <= NUCLEUS_SHARE
        force, area = np.zeros(self.matrix.shape[0]), self.width**2
        force[self.nodal[2, end[inner]]] = -area if upper else area
        held = self.nodal[:, other].ravel()
        x = self.solved(np.unique(held), np.zeros(len(np.unique(held))), force)
        inwards = -x[self.nodal[2, end]] if upper else x[self.nodal[2, end]]
        return float(max((inwards[inner] - inwards[~inner].mean()).sum() * area, 0.0))
