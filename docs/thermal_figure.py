"""Draws `docs/thermal_bench.png` and `docs/thermal_gel.png`, simulated against measured.

Run `python docs/thermal_figure.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from planner.validate.thermal import cold_animal, cold_gel
from planner.validate.thermal.blind import PREDICTIONS
from planner.validate.thermal.gel import run
from planner.validate.thermal.published import MEASURED, value_of

HERE = Path(__file__).resolve().parent
ASIDE = {
    "2 cm tip in vivo, long": (-4, 5, "right"), "17G in vivo": (-20, -3, "right"), "15G in vivo": (20, -3, "left"),
    "bipolar": (-32, -3, "right"), "2 cm tip ex vivo, long": (-4, 6, "right"), "monopolar": (-4, 19, "right"),
    "17G ex vivo": (12, -9, "left"), "15G ex vivo": (-4, 9, "right"), "cooled, living muscle": (0, 6, "right"),
}  # fmt: skip
"""Labels that would lie on a neighbour's: points to the side and up from their own, and which end is there."""
BELOW = (5, -11, "left")


INKS = ("#1f4e79", "#b3541e", "#4b7f52")


def main() -> None:
    """Draw both."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    _heat(plt)
    _cold(plt)


def _heat(plt: Any) -> None:
    """Zones with the spread that was measured."""
    zones = [m for m in MEASURED if m.is_width]
    figure, axes = plt.subplots(figsize=(6.4, 6.0), layout="constrained")
    axes.plot((0, 48), (0, 48), color="0.6", linewidth=1)
    axes.fill_between((0, 48), (-2, 46), (2, 50), color="0.92", label="± 2 mm")
    blind = [p for p in PREDICTIONS if p.is_mm]
    axes.errorbar(
        [p.expected for p in blind], [p.got() for p in blind], xerr=[p.tolerance for p in blind], fmt="D",
        color="k", mfc="w", capsize=3, markersize=6, label="blind",
    )  # fmt: skip
    for one in blind:
        place = (one.expected, one.got())
        what = one.name.removesuffix(", mm").replace(" for 2 min", "").replace(" for 6 min", "")
        right, up, end = _aside(what, (6, 5, "left") if "width" in what else BELOW)
        axes.annotate(what, place, (right, up), textcoords="offset points", ha=end, fontsize=6, color="0.3")
    for mark, where in (("o", "ex vivo"), ("s", "in vivo"), ("^", "A")):
        chosen = [m for m in zones if where in m.bench]
        axes.errorbar(
            [m.mean for m in chosen], [value_of(m) for m in chosen], xerr=[m.sd for m in chosen], fmt=mark,
            capsize=3, markersize=7, label={"A": "by current, ex vivo"}.get(where, where),
        )  # fmt: skip
        for m in chosen:
            what = m.name.removesuffix(", mm").replace(", ball of the volume", "").replace(" axis", "")
            right, up, end = _aside(what, BELOW)
            place = (m.mean, value_of(m))
            axes.annotate(f"{what} (n {m.n})", place, (right, up), textcoords="offset points", ha=end, fontsize=6)
    axes.set(xlabel="measured, mm (mean ± standard deviation)", ylabel="simulated, mm", xlim=(0, 48), ylim=(0, 48))
    axes.set_title("Zones: diameter of ball or axis", fontsize=11)
    axes.set_aspect("equal")
    axes.legend(loc="upper left", frameon=False)
    figure.savefig(HERE / "thermal_bench.png", dpi=110)


def _aside(what: str, otherwise: tuple[int, int, str]) -> tuple[int, int, str]:
    return next((place for start, place in ASIDE.items() if what.startswith(start)), otherwise)


def _cold(plt: Any) -> None:
    """Ice in gel and in pigs, and the makers' figures as they are remembered."""
    plt.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 9})
    figure, ((a, b), (c, d)) = plt.subplots(2, 2, figsize=(9.0, 7.2), layout="constrained")
    _agar(a)
    _radii(b)
    _pigs(c)
    _sheets(d)
    figure.savefig(HERE / "thermal_gel.png", dpi=110, metadata={"Software": None})


def _agar(axes: Any) -> None:
    counts = [one.count for one in cold_gel.AGAR]
    found = [run(cold_gel.agar(n)) for n in counts]
    for ink, told, read, label in (
        (INKS[0], [o.ice_mm for o in cold_gel.AGAR], cold_gel.ice_mm, "ice (from diameter and share)"),
        (INKS[1], [o.lethal_mm for o in cold_gel.AGAR], cold_gel.lethal_mm, "below −30 °C"),
    ):
        axes.plot(counts, [read(one) for one in found], color=ink, label=f"{label}, simulated")
        bars = [cold_gel.SHARE * t for t in told]
        axes.errorbar(counts, told, yerr=bars, color=ink, fmt="o", capsize=3, label="measured, ± 15 %")
    fitted = cold_gel.FITTED
    axes.plot(fitted.count, fitted.lethal_mm, "o", ms=13, mfc="none", color="0.3", label="the fitted figure")
    axes.set(title="2.4-mm probes 20 mm apart, agar at 39 °C, 15 min", xlabel="probes", ylabel="mm across")
    axes.set(xticks=counts, ylim=(0, 85))
    axes.legend(frameon=False, fontsize=7, loc="upper left")


def _radii(axes: Any) -> None:
    rows = cold_gel.radii()
    axes.plot((0, 36), (0, 36), color="0.6", lw=1)
    axes.fill_between((0, 36), (-1, 35), (1, 37), color="0.92", label="± 1 mm")
    for ink, needles, label in ((INKS[0], False, "agar"), (INKS[2], True, "17G needles, means of 12")):
        chosen = [row for row in rows if row[0].startswith("17G") == needles]
        axes.plot([r[1] for r in chosen], [r[2] for r in chosen], "o", color=ink, label=label)
    size = np.abs([got - told for _, told, got in rows])
    said = f"Predicted radii, n = {len(rows)}: median size of the error {np.median(size):.1f} mm"
    axes.set(title=said, xlabel="measured, mm", ylabel="simulated, mm", xlim=(0, 36), ylim=(0, 36))
    axes.set_aspect("equal")
    axes.legend(frameon=False, fontsize=7, loc="upper left")


def _pigs(axes: Any) -> None:
    for n, one in enumerate(cold_animal.LESIONS):
        found = run(one.rig)
        read = (found.diameter_mm, found.length_mm)
        for m, ((mean, sd), got) in enumerate(zip((one.across, one.long), read, strict=True)):
            at = n + 0.36 * m - 0.18
            edges = [got(value) for value in (0.0, cold_animal.DEAD_C)]
            axes.errorbar(at - 0.05, mean, yerr=sd, fmt="o", color=INKS[m], capsize=3)
            axes.plot((at + 0.05, at + 0.05), edges, color=INKS[m], lw=5, alpha=0.35, solid_capstyle="butt")
            axes.plot(at + 0.05, edges[1], "_", color=INKS[m], ms=12, mew=2)
    names = [f"{one.organ}\n{one.minutes:g} min, n = {one.n}" for one in cold_animal.LESIONS]
    axes.set(title="Living pigs: dots ± SD measured; bars 0 to −20 °C simulated", ylabel="mm", ylim=(0, 60))
    axes.set_xticks(range(len(names)), names)
    for ink, word in zip(INKS, ("across", "along"), strict=False):
        axes.plot([], [], "o", color=ink, label=word)
    axes.legend(frameon=False, fontsize=7, loc="upper right")


def _sheets(axes: Any) -> None:
    axes.plot((0, 70), (0, 70), color="0.6", lw=1)
    axes.fill_between((0, 70), (0, 59.5), (0, 80.5), color="0.92", label="± 15 %")
    for ink, name in zip(INKS, cold_gel.SHEETS, strict=True):
        rows = cold_gel.sheet_rows(name)
        for mark, axis in (("o", "short"), ("^", "long")):
            chosen = [row for row in rows if axis in row[0]]
            axes.plot(
                [r[1] for r in chosen], [r[2] for r in chosen], mark, color=ink,
                label=f"{name.removesuffix('_15')}, {'across' if axis == 'short' else 'along'}",
            )  # fmt: skip
    axes.set(title="Makers' isotherms (from memory; no validation)", xlim=(0, 70), ylim=(0, 70))
    axes.set(xlabel="sheet, mm", ylabel="simulated, mm")
    axes.set_aspect("equal")
    axes.legend(frameon=False, fontsize=7, loc="upper left")


if __name__ == "__main__":
    main()
