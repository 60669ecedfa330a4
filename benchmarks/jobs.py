"""What is timed. Each job prepares its data, then hands back what is timed and its baseline."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.timing import Job, Run

Prepared = tuple[str, Run, Run]


def _python(*arguments: str) -> Run:
    """Return a run of a whole Python process; a verdict other than compliant is no failure here."""

    def run() -> None:
        done = subprocess.run(
            [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode not in {0, 1, 2}:
            raise RuntimeError(done.stderr.decode())

    return run


def _import(folder: Path, tiny: bool) -> Prepared:
    return "import planner", _python("-c", "import planner"), _python("-c", "pass")


def _help(folder: Path, tiny: bool) -> Prepared:
    return "planner --help", _python("-m", "planner", "--help"), _python("-c", "pass")


def _demo(folder: Path, tiny: bool) -> Prepared:
    from planner.cli.run_demo import PLAN

    if tiny:  # the demo has one size; here it is only asked whether it answers
        return "planner demo --help", _python("-m", "planner", "demo", "--help"), _python("-c", "pass")
    demo = _python("-m", "planner", "demo", "--out", str(folder / "demo"))
    return "planner demo", demo, _python("-m", "planner", "check", str(PLAN))


def _check_result(folder: Path, tiny: bool) -> Prepared:
    import nibabel
    import numpy as np

    from benchmarks.patient import any_patient

    patient = any_patient(folder, tiny=tiny)

    def read() -> None:
        for image in patient.images:
            np.asanyarray(nibabel.load(image).dataobj)

    return f"check to result.json, {patient.title}", lambda: _checked(patient.plan, folder), read


def _check_files(folder: Path, tiny: bool) -> Prepared:
    from benchmarks.patient import any_patient
    from planner.report.write import write_files

    patient = any_patient(folder, tiny=tiny)

    def all_files() -> None:
        write_files(_checked(patient.plan, folder), folder / "out")

    return f"check to four files, {patient.title}", all_files, lambda: _checked(patient.plan, folder)


def _checked(plan: Path, folder: Path):
    from planner.check.verdict import check_plan
    from planner.measure.result import simulate_plan
    from planner.plan.case import load_plan
    from planner.report.write import write_result

    case = load_plan(plan)
    verdict = check_plan(case, simulate_plan(case, simulate=False))
    write_result(verdict, folder / "result.json")
    return verdict


def _rules(folder: Path, tiny: bool) -> Prepared:
    from benchmarks.patient import any_patient
    from planner.check.verdict import check_plan
    from planner.measure.result import simulate_plan
    from planner.plan.case import load_plan
    from planner.protocol.load import load_protocol

    patient, book = any_patient(folder, tiny=tiny), load_protocol()
    case = load_plan(patient.plan)
    result = simulate_plan(case, simulate=False)
    title = f"{len(book.rules)} rules on a case of {len(case.steps)} steps"
    return title, lambda: check_plan(case, result, book), lambda: simulate_plan(case, simulate=False)


def _surface(folder: Path, tiny: bool) -> Prepared:
    import numpy as np
    from skimage.measure import marching_cubes

    from planner.geometry.bodies import Ellipsoid
    from planner.geometry.surface import surface_of_mask

    n = 24 if tiny else 126
    index = np.moveaxis(np.indices((n, n, n)), 0, -1).reshape(-1, 3) - 0.5 * n
    turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
    mask = (Ellipsoid(np.zeros(3), turn, n * np.array([0.4, 0.34, 0.28])).distance(index) < 0).reshape(n, n, n)
    raw = mask.astype(np.float32)
    title = f"surface of a label, {n**3 / 1e6:.2g} Mvoxel"
    return title, lambda: surface_of_mask(mask, np.eye(4)), lambda: marching_cubes(raw, 0.5)


def _needles(folder: Path, tiny: bool) -> Prepared:
    import numpy as np
    from scipy.spatial.distance import cdist

    from planner.geometry.clearance import capsule_clearance

    mesh, count = _bone(tiny), 3 if tiny else 100
    rng = np.random.default_rng(1)
    ends = rng.normal(size=(count, 2, 3)) * 30.0

    def exact() -> None:
        for start, end in ends:
            capsule_clearance(start, end, 1.2, mesh)

    def sampled() -> None:
        for start, end in ends:
            t = np.linspace(0.0, 1.0, 1 + int(np.linalg.norm(end - start) / 0.5))[:, None]
            cdist(start + t * (end - start), mesh.vertices).min()

    return f"{count} needles to {len(mesh.faces)} faces", exact, sampled


def _zones(folder: Path, tiny: bool) -> Prepared:
    import numpy as np

    from planner.geometry.bodies import Spheroid
    from planner.geometry.clearance import body_clearance

    mesh, count = _bone(tiny), 3 if tiny else 100
    rng = np.random.default_rng(2)
    axes = rng.normal(size=(count, 3))
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    bodies = [Spheroid(c, a, 13.0, 8.0) for c, a in zip(rng.normal(size=(count, 3)) * 30.0, axes, strict=True)]

    def exact() -> None:
        for body in bodies:
            body_clearance(body, mesh)

    def corners() -> None:
        for body in bodies:
            body.distance(mesh.vertices).min()

    return f"{count} zones to {len(mesh.faces)} faces", exact, corners


def _bone(tiny: bool):
    from planner.anatomy.parametric import ParametricSpec, build_parametric

    spec = ParametricSpec(level="L3", neighbours=False, resolution_mm=1.5 if tiny else 0.8)
    return build_parametric(spec).meshes["vertebra_L3"]


def _coverage(folder: Path, tiny: bool) -> Prepared:
    import numpy as np

    from planner.geometry.bodies import Ellipsoid, Spheroid
    from planner.geometry.measures import intersection_volume_mm3

    lesion = Ellipsoid(np.array([3.0, 2.0, 0.0]), np.eye(3), np.array([9.0, 7.0, 8.0]))
    zone = Spheroid(np.zeros(3), np.array([0.0, 0.6, 0.8]), 13.0, 8.0)
    fine = 2 if tiny else 4
    shape, covering = lesion.surface(fine), zone.surface(fine)
    step = 1.0 if tiny else 0.25
    low, high = lesion.bounds

    def sampled() -> None:
        points = np.stack(np.meshgrid(*[np.arange(a, b, step) for a, b in zip(low, high, strict=True)]), -1).reshape(
            -1, 3
        )
        within = points[lesion.distance(points) < 0.0]
        (zone.distance(within) < 0.0).mean()

    title = f"coverage, {len(shape.faces)} and {len(covering.faces)} faces"
    return title, lambda: intersection_volume_mm3(shape, covering), sampled


_BARE = "python -c pass"
JOBS = {
    job.name: job
    for job in (
        Job("import", _BARE, _import, whole_process=True),
        Job("help", _BARE, _help, goal_s=0.4, whole_process=True),
        Job("check-result", "reading the label maps", _check_result, goal_s=3.0),
        Job("check-files", "check to result.json", _check_files, goal_s=8.0, repeat=3),
        Job("demo", "planner check, no files", _demo, goal_s=60.0, repeat=2, whole_process=True, warm_up=False),
        Job("surface", "marching cubes (scikit-image)", _surface),
        Job("needle-clearance", "axis every 0.5 mm × corners", _needles),
        Job("zone-clearance", "nearest corner only", _zones),
        Job("coverage", "counting points every 0.25 mm", _coverage),
        Job("rules", "measuring the same case", _rules),
    )
}
