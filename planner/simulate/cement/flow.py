"""Cement pushed through porous bone: Darcy flow of two fluids with a sharp front, on cells of one width.

Cement thinner than about 100 Pa·s does not push marrow away evenly: it fingers, and takes but a share μ/(μ + μ_f) of the
pores that it reaches, so that the same volume goes farther. As it thickens it fills in behind its front.

Cement and marrow each follow u = −(k/μ) ∇p; the front moves with the cement. A cell that is partly full resists as
both in series, which is exact where the front is flat. Pressure and front take turns; in between, cement is swept from
cell to cell in the order of falling pressure, so that none is lost or made, however long the step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MM = 1e-3
TOLERANCE = 1e-4
"""Residual of the pressure over the injected flow; the volume is kept whatever it is."""
MOST_ROUNDS = 4000
STEP_CELLS = 0.75
"""By how many cells a round front may grow between two pressures."""
LEAST_STEPS = 12
PLUG_MM = 3.0
"""The longest plug of cement that an opening's resistance is counted for; beyond it cement spreads freely (assumed)."""


@dataclass(frozen=True, eq=False)
class Openings:
    """Where cement can leave.

    Attributes
    ----------
    kind : name of each opening's type. area_mm2, permeability_m2, length_mm : of each, before cement is in it.
    cell, of : cells that open, and into which of the openings; their area is shared evenly.
    """

    kind: tuple[str, ...] = ()
    area_mm2: Array = field(default_factory=lambda: np.empty(0))
    permeability_m2: Array = field(default_factory=lambda: np.empty(0))
    length_mm: Array = field(default_factory=lambda: np.empty(0))
    cell: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    of: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True, eq=False)
class Medium:
    """Cells that cement can fill.

    Attributes
    ----------
    width_mm : of each cell.
    near : (n, 6) neighbours below and above along x, y and z, −1 where there is none.
    room_ml : (n,) pore volume. permeability_m2 : (n, 3) along each axis.
    drain : (n,) faces through which marrow, but not cement, leaves freely.
    marrow_pa_s : viscosity of what is displaced.
    finger_pa_s : viscosity at which cement takes half the pores; (n,) or a number, 0 where it takes all.
    openings : where cement leaves too.
    """

    width_mm: float
    near: NDArray[np.int32]
    room_ml: Array
    permeability_m2: Array
    drain: Array
    marrow_pa_s: float
    finger_pa_s: Array | float = 0.0
    openings: Openings = field(default_factory=Openings)


@dataclass(frozen=True, eq=False)
class Injection:
    """How cement is pushed in.

    Attributes
    ----------
    cells : where it comes out, in equal shares. volume_ml, rate_ml_s : of all.
    viscosity : Pa·s by the time since mixing, s. start_s : of the injection, after mixing. end_s : cement is too stiff.
    limit_kpa : most pressure at the syringe. tube_per_pa_s : pressure over flow and viscosity of the tube, 1/m³.
    """

    cells: NDArray[np.int64]
    volume_ml: float
    rate_ml_s: float
    viscosity: Callable[[float], float]
    start_s: float = 0.0
    end_s: float = np.inf
    limit_kpa: float = np.inf
    tube_per_pa_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Filled:
    """What an injection leaves.

    Attributes
    ----------
    held_ml, room_ml : (n,) cement in each cell, and how much it could take. leaked_ml : through each opening.
    time_s, volume_ml, pressure_kpa, syringe_kpa, viscosity_pa_s : (k,) curves: since mixing, pushed in, in the bone at
        the tip, at the syringe, of the cement.
    frames : (time_s, held_ml) on the way.
    stopped : why less than planned went in; None where all did.
    """

    held_ml: Array
    room_ml: Array
    leaked_ml: Array
    time_s: Array
    volume_ml: Array
    pressure_kpa: Array
    syringe_kpa: Array
    viscosity_pa_s: Array
    frames: tuple[tuple[float, NDArray[np.float32]], ...]
    stopped: str | None

    @property
    def delivered_ml(self) -> float:
        """Cement that left the syringe."""
        return float(self.volume_ml[-1]) if len(self.volume_ml) else 0.0


def inject(
    medium: Medium, injection: Injection, *, frames: int = 0, progress: Callable[[float], None] | None = None
) -> Filled:
    """Push cement in and follow its front.

    Parameters
    ----------
    frames : how many pictures to keep on the way.
    progress : told the share done after each step; what it raises stops the run.
    """
    from planner.simulate.cement.kernels import flow as kernels  # noqa: PLC0415 - numba
    from planner.simulate.compiled import announced  # noqa: PLC0415

    n, h = len(medium.room_ml), medium.width_mm * MM
    pores, held, arriving, out = medium.room_ml * 1e-6, np.zeros(n), np.zeros(n), np.zeros(len(medium.openings.kind))
    link, x, o = np.zeros((n, 3)), np.zeros(n), medium.openings
    gate, group = np.zeros(n), np.zeros(n, np.int64)
    group[o.cell] = o.of
    faces = np.maximum(np.bincount(o.of, minlength=len(o.kind)), 1)
    source = np.bincount(injection.cells, minlength=n).astype(np.float64)
    source /= source.sum()
    plan = injection.volume_ml * 1e-6
    room, share = pores, float(np.mean(pores)) / h**3
    final = (3.0 * plan / (4.0 * np.pi * max(share, 1e-3))) ** (1.0 / 3.0)
    steps = max(LEAST_STEPS, int(np.ceil(final / (STEP_CELLS * h))))
    marks = plan * (np.arange(1, steps + 1) / steps) ** 3
    keep = {steps * (f + 1) // frames - 1 for f in range(frames)}
    time, done, stopped = injection.start_s, 0.0, None
    rows, kept = [], []
    drain_k = medium.permeability_m2.mean(axis=1) * medium.drain * 2.0 * h
    for number, mark in enumerate(marks):
        mu = injection.viscosity(time)
        room = pores * (mu / (mu + medium.finger_pa_s))
        part = np.minimum(held / np.maximum(room, 1e-30), 1.0)
        viscosity = part * mu + (1.0 - part) * medium.marrow_pa_s
        sink = drain_k * (1.0 - part) / viscosity
        if len(o.kind):
            plug = np.minimum(o.length_mm + out * 1e9 / o.area_mm2, o.length_mm + PLUG_MM) * MM
            each = o.permeability_m2 * o.area_mm2 * 1e-6 / plug / faces
            gate[:] = 0.0
            gate[o.cell] = each[o.of] / viscosity[o.cell]
            sink = sink + gate
        with announced("the flow of cement"):
            kernels.links(medium.near, medium.permeability_m2, viscosity, h, link)
            rounds = kernels.solve(medium.near, link, sink, source, x, TOLERANCE, MOST_ROUNDS)
        if rounds < 0 or not np.isfinite(x).all():
            stopped = "the pressure could not be computed: nothing leads out of where the tip lies"
            break
        at_tip = float((source * x).sum())  # for one m³/s
        tube = injection.tube_per_pa_s * mu
        rate = min(injection.rate_ml_s * 1e-6, injection.limit_kpa * 1e3 / (at_tip + tube))
        step = mark - done
        if time + step / rate > injection.end_s:
            step = max(injection.end_s - time, 0.0) * rate
            stopped = "the cement becomes too stiff to push before all of it is in"
        rows.append((time, done, at_tip * rate * 1e-3, (at_tip + tube) * rate * 1e-3, mu))
        arriving += source * step
        kernels.sweep(np.argsort(-x), medium.near, link, gate, group, x, room, arriving, held, out)
        done, time = done + step, time + step / rate
        if number in keep:
            kept.append((time, (held * 1e6).astype(np.float32)))
        if progress is not None:
            progress((number + 1) / steps)
        if stopped:
            break
    if rows:
        rows.append((time, done, *rows[-1][2:]))
    curves = np.array(rows).reshape(-1, 5).T
    return Filled(
        held * 1e6, room * 1e6, out * 1e6, curves[0], curves[1] * 1e6, curves[2], curves[3], curves[4], tuple(kept), stopped
    )  # fmt: skip
