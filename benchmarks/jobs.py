"""The table of what is timed."""

from __future__ import annotations

from benchmarks.job import Job

_BARE = "python -c pass"
_READING = "reading CT and labels"
_AMG = "CG with pyamg (Jacobi without it)"
JOBS = {
    job.name: job
    for job in (
        Job("import", _BARE, "processes:import_planner", whole_process=True),
        Job("help", _BARE, "processes:show_help", goal_s=0.4, whole_process=True),
        Job("check-result", "reading the label maps", "cases:check_result", goal_s=3.0),
        Job("check-files", "check to result.json", "cases:check_files", goal_s=8.0, repeat=3),
        Job(
            "demo",
            "planner check, no files",
            "processes:demo",
            goal_s=60.0,
            repeat=2,
            whole_process=True,
            warm_up=False,
        ),
        Job("simulate", "planner check --no-simulate", "processes:simulate", goal_s=5.0, repeat=3, whole_process=True),
        Job(
            "compile",
            "reading it from the cache",
            "processes:compile_heat",
            goal_s=20.0,
            repeat=1,
            whole_process=True,
            warm_up=False,
        ),
        Job(
            "compile-freeze",
            "reading it from the cache",
            "processes:compile_cold",
            goal_s=20.0,
            repeat=1,
            whole_process=True,
            warm_up=False,
        ),
        Job(
            "scan", "reading CT and labels", "processes:scan", goal_s=25.0, repeat=2, whole_process=True, warm_up=False
        ),
        Job(
            "scan-again", "reading CT and labels", "processes:scan_again", goal_s=2.0, whole_process=True, warm_up=False
        ),
        Job("meshing", "scikit-image per label, whole image", "kernels:meshing", repeat=1, warm_up=False),
        Job("meshing-boxes", "scikit-image per label, boxed, 1 gaussian", "kernels:meshing_in_boxes", repeat=3),
        Job("surface", "marching cubes (scikit-image)", "kernels:surface"),
        Job("needle-clearance", "axis every 0.5 mm × corners", "kernels:needles"),
        Job("zone-clearance", "nearest corner only", "kernels:zones"),
        Job("coverage", "counting points every 0.25 mm", "kernels:coverage"),
        Job("parametric-vertebra", "its body alone", "parametric:vertebra", goal_s=1.5, repeat=3),
        Job(
            "parametric-column",
            "its vertebrae, one after the other",
            "parametric:column",
            goal_s=20.0,
            repeat=2,
            warm_up=False,
        ),
        Job("parametric-labels", "winding number, L3 alone", "parametric:labels", goal_s=3.0),
        Job("parametric-ct", "the label map on the same grid", "parametric:ct", repeat=3),
        Job("field", _AMG, "electric:uniform", goal_s=1.5, goal_ratio=1 / 5, repeat=3),
        Job("field-large", _AMG, "electric:large", repeat=1),
        Job("field-titanium", _AMG, "electric:titanium", repeat=3),
        Job("field-graded", _AMG, "electric:graded"),
        Job("field-again", "the same without a start", "electric:warm"),
        Job("heat", "the same on 64³ cells", "heat:reference", goal_s=2.0, goal_ratio=8**1.1),
        Job("heat-large", "the same on 128³ cells", "heat:large", goal_s=6.0, goal_ratio=3.375**1.1, repeat=3),
        Job("heat-titanium", "the same without the screw", "heat:titanium", goal_ratio=1.5, repeat=3),
        Job("heat-graded", "the same on 128³ equal cells", "heat:graded", goal_s=0.25, repeat=3),
        Job("heat-burn", "the same on 128³ equal cells", "heat:burn", goal_s=0.5, repeat=3),
        Job("heat-scipy", "SciPy, backward Euler, Jacobi-CG", "heat:beside_scipy", goal_ratio=1 / 50, repeat=1),
        Job("heat-fipy", "FiPy, backward Euler, its fastest solver", "heat:beside_fipy", goal_ratio=1 / 200, repeat=1),
        Job("freeze", "the same on 64³ cells", "cold:once", goal_s=3.0, goal_ratio=3.375**1.25, repeat=3),
        Job("freeze-double", "the same on 64³ cells", "cold:twice", goal_s=10.0, goal_ratio=3.375**1.25, repeat=2),
        Job("freeze-graded", "the same on 96³ equal cells", "cold:graded", goal_s=3.0, repeat=2),
        Job("indicate", "reading the patient files", "advice:indications", goal_s=20.0, repeat=2, warm_up=False),
        Job("cement", "the same on cells twice as wide", "cement:injection", goal_s=10.0, goal_ratio=8**1.6, repeat=3),
        Job("cement-balloon", "nothing", "cement:balloon", goal_s=1.0, repeat=3),
        Job("cement-samples", "the injection alone", "cement:samples", goal_s=60.0, repeat=1),
        Job("cement-setting", "its elastic body, before and after", "cement:setting", goal_s=10.0, repeat=2),
        Job("rules", "making the same findings, unjudged", "cases:rules", goal_s=0.05, repeat=20),
        Job("fluoro", "SciPy, 64² rays of it", "fluoro:picture", goal_s=0.4),
        Job("fluoro-turning", "SciPy, 64² rays of one", "fluoro:turning", goal_s=1.0, repeat=3),
    )
}
