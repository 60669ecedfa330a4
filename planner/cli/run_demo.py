"""`planner demo`: the whole main job on a patient that does not exist."""

from __future__ import annotations

from pathlib import Path

from planner.cli.console import say, working
from planner.core.errors import InputError
from planner.core.files import folder_problem, write_atomically

PLAN, COLD_PLAN = (Path(__file__).with_name(name) for name in ("demo.yaml", "demo_cold.yaml"))


def run_demo(out: Path, *, cold: bool = False, as_json: bool) -> None:
    """Write the demo's plan into `out`, check it, and write the four files beside it.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    from planner.check.verdict import check_plan  # noqa: PLC0415
    from planner.cli.run_check import tell, write_all  # noqa: PLC0415
    from planner.measure.result import simulate_plan  # noqa: PLC0415
    from planner.plan.case import load_plan  # noqa: PLC0415

    if problem := folder_problem(out):
        raise InputError([problem])
    plan = COLD_PLAN if cold else PLAN
    with working("building a lytic vertebra and its neighbours"):
        case = load_plan(plan)
    with working("simulating, measuring and judging"):
        verdict = check_plan(case, simulate_plan(case))
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "plan.yaml", plan.read_text(encoding="utf-8"))
    write_all(verdict, out)
    tell(verdict, as_json=as_json)
    if not as_json:
        again = f"planner check {out / 'plan.yaml'} --out {out}"
        say(f"\nOpen {out / 'report.html'} in a browser. Change {out / 'plan.yaml'} and run: {again}")
