"""Cement pushed through porous bone: Darcy flow of two fluids with a sharp front, on cells of one width.

Thin cement does not push marrow away evenly: it fingers, and takes but a share μ/(μ + μ_f) of the pores that it
reaches, so that the same volume goes farther. As it thickens it fills in behind its front.

Cement and marrow each follow u = −(k/μ) ∇p; the front moves with the cement. A cell that is partly full resists as
both in series, which is exact where the front is flat. Pressure and front take turns; in between, cement is swept from
cell to cell in the order of falling pressure, so that none is lost or made, however long the step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

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
    asked_kpa : (k,) at the syringe for the planned rate, however strong the hand.
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
    asked_kpa: Array
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
    warm_up()
    return _Run(medium, injection).through(frames, progress)


@cache
def warm_up() -> None:
    """Compile the kernels on two cells, so that whoever waits is told why, once."""
    from planner.simulate.compiled import announced  # noqa: PLC0415

    near = np.full((2, 6), -1, np.int32)
    near[0, 1], near[1, 0] = 1, 0
    medium = Medium(1.0, near, np.ones(2), np.ones((2, 3)), np.array([0.0, 1.0]), 1.0)
    with announced("the flow of cement"):
        _Run(medium, Injection(np.array([0]), 0.1, 1.0, lambda _: 1.0)).through(0, None)


class _Run:
    """An injection on its way; SI units."""

    def __init__(self, medium: Medium, injection: Injection) -> None:
        n = len(medium.room_ml)
        self.medium, self.injection, self.width = medium, injection, medium.width_mm * MM
        self.pores, self.held, self.arriving, self.x = medium.room_ml * 1e-6, np.zeros(n), np.zeros(n), np.zeros(n)
        self.link, self.gate, self.group = np.zeros((n, 3)), np.zeros(n), np.zeros(n, np.int64)
        o = medium.openings
        self.out, self.group[o.cell] = np.zeros(len(o.kind)), o.of
        self.faces = np.maximum(np.bincount(o.of, minlength=len(o.kind)), 1)
        source = np.bincount(injection.cells, minlength=n).astype(np.float64)
        self.source = source / source.sum()
        self.drain = medium.permeability_m2.mean(axis=1) * medium.drain * 2.0 * self.width
        self.time, self.done = injection.start_s, 0.0
        self.room = self.pores
        self.stopped: str | None = None
        self.rows: list[tuple[float, ...]] = []

    def marks(self) -> Array:
        """Volumes at which the pressure is solved anew: a round front then grows by less than a cell."""
        plan, cell = self.injection.volume_ml * 1e-6, self.width**3
        share = max(float(np.mean(self.pores)) / cell, 1e-3)
        final = (3.0 * plan / (4.0 * np.pi * share)) ** (1.0 / 3.0)
        steps = max(LEAST_STEPS, int(np.ceil(final / (STEP_CELLS * self.width))))
        return np.asarray(plan * (np.arange(1, steps + 1) / steps) ** 3)

    def through(self, frames: int, progress: Callable[[float], None] | None) -> Filled:
        """Go to the end, or to where the cement is too stiff."""
        marks = self.marks()
        keep = {len(marks) * (f + 1) // frames - 1 for f in range(frames)}
        kept = []
        for number, mark in enumerate(marks):
            if not self.step(float(mark)):
                break
            if number in keep or (self.stopped and frames):
                kept.append((self.time, (self.held * 1e6).astype(np.float32)))
            if progress is not None:
                progress((number + 1) / len(marks))
            if self.stopped:
                break
        if self.rows:
            self.rows.append((self.time, self.done, *self.rows[-1][2:]))
        time, done, bone, syringe, viscosity, asked = np.array(self.rows).reshape(-1, 6).T
        return Filled(
            self.held * 1e6, self.room * 1e6, self.out * 1e6, time, done * 1e6, bone, syringe, viscosity, asked,
            tuple(kept), self.stopped,
        )  # fmt: skip

    def step(self, mark: float) -> bool:
        """Push on to a volume; False where no pressure can be found."""
        from planner.simulate.cement.kernels import flow as kernels  # noqa: PLC0415 - numba

        medium, injection = self.medium, self.injection
        mu = injection.viscosity(self.time)
        self.room = self.pores * (mu / (mu + medium.finger_pa_s))
        part = np.minimum(self.held / np.maximum(self.room, 1e-30), 1.0)
        viscosity = part * mu + (1.0 - part) * medium.marrow_pa_s
        self.open_gates(viscosity)
        sink = self.drain * (1.0 - part) / viscosity + self.gate
        kernels.links(medium.near, medium.permeability_m2, viscosity, self.width, self.link)
        rounds = kernels.solve(medium.near, self.link, sink, self.source, self.x, TOLERANCE, MOST_ROUNDS)
        at_tip = float((self.source * self.x).sum())  # for one m³/s
        if rounds < 0 or not (np.isfinite(self.x).all() and at_tip > 0.0):
            self.stopped = "the pressure could not be computed: nothing leads out of where the tip lies"
            return False
        whole = at_tip + injection.tube_per_pa_s * mu
        rate = min(injection.rate_ml_s * 1e-6, injection.limit_kpa * 1e3 / whole)
        amount = mark - self.done
        if self.time + amount / rate > injection.end_s:
            amount = max(injection.end_s - self.time, 0.0) * rate
            self.stopped = "the cement becomes too stiff to push before all of it is in"
        bone, syringe, asked = (1e-3 * x for x in (at_tip * rate, whole * rate, whole * injection.rate_ml_s * 1e-6))
        self.rows.append((self.time, self.done, bone, syringe, mu, asked))
        self.arriving += self.source * amount
        kernels.sweep(
            np.argsort(-self.x), medium.near, self.link, self.gate, self.group, self.x, self.room, self.arriving,
            self.held, self.out,
        )  # fmt: skip
        self.done, self.time = self.done + amount, self.time + amount / rate
        return True

    def open_gates(self, viscosity: Array) -> None:
        """Set what the openings conduct, each with the plug of cement in it."""
        o = self.medium.openings
        if not len(o.kind):
            return
        plug = (o.length_mm + np.minimum(self.out * 1e9 / o.area_mm2, PLUG_MM)) * MM
        each = o.permeability_m2 * o.area_mm2 * 1e-6 / plug / self.faces
        self.gate[o.cell] = each[o.of] / viscosity[o.cell]
