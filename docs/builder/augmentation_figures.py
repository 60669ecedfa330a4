"""Draws the figures of docs/augmentation.md: `python docs/builder/augmentation_figures.py` (needs [bench])."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from planner.plan.devices import material_names, material_sheet
from planner.simulate.cement.simulated import simulate_cement
from planner.validate.augmentation.balloon import in_even_bone
from planner.validate.augmentation.published import PSI_KPA, cemented, in_bath, vertebroplasty

OUT = Path(__file__).resolve().parents[1] / "figures"
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#56606b"


def _saved(figure: plt.Figure, name: str) -> None:
    OUT.mkdir(exist_ok=True)
    figure.tight_layout()
    figure.savefig(OUT / f"{name}.png", dpi=110)
    plt.close(figure)


def balloon() -> None:
    """Pressure by volume in three densities, and what was measured."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    for density, colour in ((35.0, GREEN), (52.0, BLUE), (100.0, ORANGE)):
        run = in_even_bone(density, 4.2)
        axes.plot(run.volume_ml, run.pressure_kpa / PSI_KPA, color=colour, label=f"{density:g} mg/cm³, predicted")
    axes.axhspan(175 - 37, 175 + 37, color=GREY, alpha=0.2, label="measured 175 ± 37 psi (18 cadaver bodies)")
    axes.axhline(400, color="#b3261e", lw=1, ls="--", label="rated 400 psi")
    axes.set(xlabel="balloon volume, mL", ylabel="pressure the bone asks for, psi", xlim=(0, 4.4), ylim=(0, 520))
    axes.legend(fontsize=8, loc="upper left")
    _saved(figure, "balloon_pressure")


def viscosity() -> None:
    """The curves of the material sheets."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    for name in material_names():
        sheet = material_sheet(name)
        if sheet is None or sheet.viscosity is None:
            continue
        minutes, pa_s = np.array(sheet.viscosity.points).T
        axes.semilogy(minutes, pa_s, marker="o", ms=3, label=name)
    axes.axhspan(1, 100, color=GREY, alpha=0.15)
    axes.set(xlabel="minutes after mixing", ylabel="viscosity, Pa·s", ylim=(5, 1e4), xlim=(0, 30))
    axes.legend(fontsize=8)
    _saved(figure, "viscosity")


def leaks() -> None:
    """Share of samples that leak by volume and material."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    volumes = (2.0, 3.5, 5.0, 6.5, 8.0)
    for name, colour in (("pmma_low_viscosity", ORANGE), ("pmma_generic", BLUE), ("pmma_high_viscosity", GREEN)):
        found = [cemented(v, name, None, 100, 2.0).leaks for v in volumes]
        shares = np.array([[f.probability, *f.interval] for f in found if f is not None])
        axes.plot(volumes, shares[:, 0], marker="o", color=colour, label=name)
        axes.fill_between(volumes, shares[:, 1], shares[:, 2], color=colour, alpha=0.15)
    axes.axhspan(0.33, 0.40, color=GREY, alpha=0.25, label="33–40 % of levels on radiographs (fitted to)")
    axes.set(xlabel="cement in an osteoporotic L1, mL", ylabel="share of samples that leak", ylim=(0, 1))
    axes.legend(fontsize=8, loc="upper left")
    _saved(figure, "leaks")


def heat() -> None:
    """Hottest cement over time in a bath, by material."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    for name, colour in (("pmma_generic", ORANGE), ("sr_ha_acrylic", BLUE), ("calcium_phosphate_generic", GREEN)):
        case = vertebroplasty(6.0, name)
        cement = simulate_cement(case, case.steps[0], width_mm=1.5)
        if not isinstance(cement, str):
            setting = in_bath(case, cement)
            axes.plot(setting.time_s / 60.0, setting.core_c, color=colour, label=name)
    axes.axhspan(49, 112, color=GREY, alpha=0.15, label="peaks measured in the core, 49–112 °C (acrylic)")
    axes.set(xlabel="minutes after mixing", ylabel="hottest cement, °C", xlim=(0, 40), ylim=(35, 120))
    axes.legend(fontsize=8)
    _saved(figure, "setting")


if __name__ == "__main__":
    balloon()
    viscosity()
    leaks()
    heat()
