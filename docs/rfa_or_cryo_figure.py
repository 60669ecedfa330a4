"""Draws `docs/rfa_or_cryo.png`, one vertebra frozen and burnt: `python docs/rfa_or_cryo_figure.py` (minutes)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from planner.check.verdict import check_plan
from planner.measure.registry import StepContext, measure_step
from planner.measure.result import Result
from planner.plan.case import load_plan
from planner.show.compose import scene_of
from planner.show.png import render_png
from planner.show.reduce import thinned
from planner.simulate.run import run_simulation

HERE = Path(__file__).resolve().parent
PLANS = HERE.parent / "examples" / "rfa_or_cryo"
STILL, WIDE = (1200, 900), 700


def main() -> None:
    """Render both plans and set them beside each other."""
    stills = []
    for name in ("cryo", "rfa"):
        case = load_plan(PLANS / f"{name}.yaml")
        simulation = run_simulation(case, intervals=False)
        found = tuple(measure_step(StepContext(case, step, simulation)) for step in case.steps)
        result = Result(case, simulation, found, simulated=True)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "still.png"
            render_png(thinned(scene_of(case, result, check_plan(case, result))), path, STILL)
            with Image.open(path) as opened:
                stills.append(
                    opened.convert("RGB").resize((WIDE, WIDE * STILL[1] // STILL[0]), Image.Resampling.LANCZOS)
                )
    joined = Image.new("RGB", (2 * WIDE, stills[0].height), "white")
    for n, still in enumerate(stills):
        joined.paste(still, (n * WIDE, 0))
    joined.save(HERE / "rfa_or_cryo.png", optimize=True)


if __name__ == "__main__":
    main()
