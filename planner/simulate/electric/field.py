"""The public kernel: conductivity and needles in, potential, current and heat out."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from planner.core.errors import InputError, Problem
from planner.simulate.electric.boundary import Boundary
from planner.simulate.electric.electrodes import Electrode
from planner.simulate.electric.inputs import MEMORY_LIMIT_MB, checked
from planner.simulate.electric.solver import ElectricField, FieldSolver
from planner.simulate.electric.warm import warm_up


def electric_field(
    sigma: ArrayLike,
    electrodes: Sequence[Electrode],
    spacing_mm: float | Sequence[float] | Sequence[ArrayLike],
    *,
    shape: tuple[int, int, int] | None = None,
    boundary: Boundary = "insulated",
    power_w: float | None = None,
    start: ElectricField | None = None,
    memory_limit_mb: float = MEMORY_LIMIT_MB,
) -> ElectricField:
    """Solve ∇·(σ∇V) = 0 around needles that need not follow the grid.

    Quasi-static: at 500 kHz tissue conducts far better than it displaces current. Alternating potentials and currents
    are root mean squares, so heat is heat. Contacts may be thinner than two cells; measured against fine axisymmetric
    solutions the resistance is within 3 % (typically 0.5 %) at cells up to the needle's diameter, wherever it lies.

    Parameters
    ----------
    sigma : conductivity in S/m, (nx, ny, nz), at least 0 (gas); or one number together with `shape`. Cells inside a
        needle carry the tissue around it.
    electrodes : in grid coordinates: mm along the axes from the outer corner of cell (0, 0, 0).
    spacing_mm : edge of a cell, one for each axis, or for each axis the widths of its cells.
    boundary : at the outer faces. "insulated": no current. "infinity": tissue goes on for ever and the return
        electrode is far away at 0 V, as for a monopolar needle with a pad. "ground": the faces are the return, at 0 V.
    power_w : scale the field to this power of the generator; without it the stated potentials hold.
    start : an earlier field of the same needles, which shortens the work when `sigma` has changed little.
    memory_limit_mb : a call that needs more is refused.

    Raises
    ------
    InputError
        With every problem found: shapes, NaN, negative or nowhere positive conductivity, contacts outside the grid,
        cells wider than a needle, fewer than two potentials, contacts that touch, too much memory.

    >>> from planner.simulate.electric.electrodes import Electrode
    >>> ball = Electrode.sphere((12.0, 12.0, 12.0), 4.0, potential_v=10.0)
    >>> field = electric_field(0.1, [ball], 1.0, shape=(24, 24, 24), boundary="infinity")
    >>> round(field.resistance_ohm / (1 / (4 * 3.14159 * 0.1 * 0.002)), 1)
    1.0
    """
    conductivity, widths = checked(
        sigma, electrodes, spacing_mm, shape, boundary=boundary, power_w=power_w, start=start, limit_mb=memory_limit_mb
    )
    warm_up()
    field = FieldSolver(widths, electrodes, boundary).solved(conductivity, start)
    if power_w is None:
        return field
    if field.power_w <= 0.0:
        got = "contacts between which no current flows"
        raise InputError([Problem("$.power_w", got, "tissue that conducts from contact to contact", "check `sigma`")])
    return field.scaled_to(power_w)
