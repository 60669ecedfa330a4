"""Draws `docs/thermal_bench.png`, simulated against measured: `python docs/thermal_figure.py`."""

from __future__ import annotations

from pathlib import Path

from planner.validate.thermal.blind import PREDICTIONS
from planner.validate.thermal.published import MEASURED, value_of

HERE = Path(__file__).resolve().parent
LIFTED = {"monopolar": 14, "2 cm tip ex vivo, long": 5, "2 cm tip in vivo, long": 5}
"""Labels above their point, in points: below it they lie on a neighbour's."""


def main() -> None:
    """Draw the zones with the spread that was measured."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

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
        lift = 5 if "width" in what else -10
        axes.annotate(what, place, xytext=(6, lift), textcoords="offset points", fontsize=6, color="0.3")
    for mark, where in (("o", "ex vivo"), ("s", "in vivo"), ("^", "A")):
        chosen = [m for m in zones if where in m.bench]
        axes.errorbar(
            [m.mean for m in chosen], [value_of(m) for m in chosen], xerr=[m.sd for m in chosen], fmt=mark,
            capsize=3, markersize=7, label={"A": "by current, ex vivo"}.get(where, where),
        )  # fmt: skip
        for m in chosen:
            what = m.name.removesuffix(", mm").replace(", ball of the volume", "").replace(" axis", "")
            lift = next((up for start, up in LIFTED.items() if what.startswith(start)), -11)
            place = (m.mean, value_of(m))
            axes.annotate(f"{what} (n {m.n})", place, xytext=(5, lift), textcoords="offset points", fontsize=7)
    axes.set(xlabel="measured, mm (mean ± standard deviation)", ylabel="simulated, mm", xlim=(0, 48), ylim=(0, 48))
    axes.set_title("Zones: diameter of ball or axis", fontsize=11)
    axes.set_aspect("equal")
    axes.legend(loc="upper left", frameon=False)
    figure.savefig(HERE / "thermal_bench.png", dpi=110)


if __name__ == "__main__":
    main()
