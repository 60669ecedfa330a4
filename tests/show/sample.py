# ruff: noqa: PLR0917
"""A made-up case for looking at: a rounded lumbar spine, a needle too near the cord, and a result with every outcome."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache

import numpy as np

from planner.geometry.mesh import Mesh
from planner.show.scene import Marker, Scene, SceneItem

HOSTILE = "<script>alert('x')</script><img src=http://evil.invalid/x.png onerror=alert(1)>"
ENTRY, TIP = np.array([35.0, 88.0, 22.0]), np.array([-3.5, -8.0, -1.0])
CORD_RADIUS, NEEDLE_RADIUS = 5.6, 1.2


def _nearest() -> tuple[tuple, tuple]:
    """Nearest points on needle and cord, so that the callout says what is drawn."""
    points = TIP + np.linspace(0, 1, 2001)[:, None] * (ENTRY - TIP)
    centre = np.stack([2 * np.sin(points[:, 2] / 40), np.full(len(points), 27.0), points[:, 2]], axis=1)
    i = int(np.linalg.norm(points - centre, axis=1).argmin())
    towards = (points[i] - centre[i]) / np.linalg.norm(points[i] - centre[i])
    return tuple(points[i] - NEEDLE_RADIUS * towards), tuple(centre[i] + CORD_RADIUS * towards)


NEEDLE_NEAR, CORD_NEAR = _nearest()


def tube(points, radius, sides=24) -> Mesh:
    """Closed round tube along a polyline (n, 3), LPS mm."""
    points = np.asarray(points, float)
    step = np.gradient(points, axis=0)
    step /= np.linalg.norm(step, axis=1, keepdims=True)
    side = np.cross(step, [0.0, 0.0, 1.0] if abs(step[0, 2]) < 0.9 else [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    radius = np.broadcast_to(radius, len(points))[:, None, None]
    ring = np.cos(turn)[None, :, None] * side[:, None] + np.sin(turn)[None, :, None] * np.cross(step, side)[:, None]
    vertices = np.concatenate([(points[:, None] + radius * ring).reshape(-1, 3), points[[0, -1]]])
    faces, n = [], len(points)
    for i in range(n - 1):
        for j in range(sides):
            a, b = i * sides + j, i * sides + (j + 1) % sides
            faces += [[a, b, b + sides], [a, b + sides, a + sides]]
    for j in range(sides):
        k = (j + 1) % sides
        faces += [[n * sides, k, j], [n * sides + 1, (n - 1) * sides + j, (n - 1) * sides + k]]
    return Mesh.of(vertices, np.asarray(faces))


def ellipsoid(centre, axes, direction=(0, 0, 1), rings=32) -> Mesh:
    """Ellipsoid of revolution: half axes (along, across), mm."""
    direction = np.asarray(direction, float) / np.linalg.norm(direction)
    t = np.linspace(-1, 1, rings + 1)[:, None] * np.pi / 2 * 0.999
    return tube(np.asarray(centre) + axes[0] * np.sin(t) * direction, (axes[1] * np.cos(t))[:, 0], 48)


@lru_cache
def _vertebra() -> Mesh:
    """Blended body, pedicles, arch and processes by marching cubes."""
    from skimage.measure import marching_cubes  # noqa: PLC0415

    low, step = np.array([-44.0, -24.0, -22.0]), 1.0
    x, y, z = np.meshgrid(*(np.arange(low[i], -low[i] + (40 if i == 1 else 0), step) for i in range(3)), indexing="ij")

    def capsule(a, b, r):
        a, b = np.array(a, float), np.array(b, float)
        p, d = np.stack([x, y, z], -1) - a, b - a
        t = np.clip(p @ d / (d @ d), 0, 1)[..., None]
        return np.linalg.norm(p - t * d, axis=-1) - r

    waist = 1 + 0.006 * (np.abs(z) - 8)
    body = np.maximum((np.hypot(x / (24 * waist), y / (17 * waist)) - 1) * 17, np.abs(z) - 13.5)
    parts = [body]
    for s in (-1, 1):
        parts += [
            capsule((s * 13, 12, 6), (s * 14, 28, 6), 4.6),
            capsule((s * 14, 28, 4), (s * 2, 42, -2), 3.6),
            capsule((s * 16, 30, 4), (s * 40, 36, 6), 3.6),
            capsule((s * 15, 32, -4), (s * 15, 34, 16), 4.4),
            capsule((s * 12, 36, -6), (s * 11, 36, -17), 4.2),
        ]
    parts.append(np.minimum(capsule((0, 42, -4), (0, 68, -9), 3.4), capsule((0, 60, -2), (0, 66, -12), 3.6)))
    field = -np.log(sum(np.exp(-p / 1.6) for p in parts)) * 1.6
    canal = np.hypot(x / 11.5, (y - 27) / 9) - 1
    field = np.maximum(field, -canal * 9)
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415

    vertices, faces, _, _ = marching_cubes(gaussian_filter(field, 0.8), 0.0)
    return Mesh.of(vertices * step + low, faces)


def moved(mesh: Mesh, by) -> Mesh:
    return Mesh.of(mesh.vertices + np.asarray(by, float), mesh.faces)


@lru_cache
def sample_scene(hostile: bool = False) -> Scene:
    """Spine of three levels, all roles but skin; with `hostile` the lesion's name is markup."""
    z = np.linspace(-62, 62, 40)
    line = lambda px, py: np.stack([np.full_like(z, px) + 2 * np.sin(z / 40), np.full_like(z, py), z], axis=1)  # noqa: E731
    axis = (ENTRY - TIP) / np.linalg.norm(ENTRY - TIP)
    vertebra = _vertebra()
    items = [
        SceneItem("vertebra_L3", "L3 (target)", "target_vertebra", vertebra),
        SceneItem("vertebra_L2", "L2", "neighbour", moved(vertebra, [0, 0, 37])),
        SceneItem("vertebra_L4", "L4", "neighbour", moved(vertebra, [0, 0, -37])),
        SceneItem("disc_L2_L3", "Disc L2–L3", "disc", ellipsoid([0, 0, 18.5], [4.6, 22])),
        SceneItem("disc_L3_L4", "Disc L3–L4", "disc", ellipsoid([0, 0, -18.5], [4.6, 22])),
        SceneItem("spinal_cord", "Spinal cord", "cord", tube(line(0, 27), CORD_RADIUS)),
        SceneItem("spinal_canal", "Spinal canal", "canal", tube(line(0, 27), 8.4)),
        SceneItem("aorta", "Aorta", "vessel_artery", tube(line(8, -30), 9.0)),
        SceneItem("inferior_vena_cava", "Inferior vena cava", "vessel_vein", tube(line(-17, -28), 10.0)),
        SceneItem("lesion", HOSTILE if hostile else "Lesion", "lesion", ellipsoid([0, 2, 1], [9, 8])),
        SceneItem("zone_1", "Ablation zone, step 1", "zone", ellipsoid(TIP + 10 * axis, [13, 8.5], axis)),
        SceneItem(
            "instrument_1",
            "13G cannula, step 1",
            "instrument",
            tube([TIP + 20 * axis, ENTRY + 30 * axis], NEEDLE_RADIUS),
        ),
        SceneItem("tip_1", "Active tip, step 1", "active_tip", tube([TIP, TIP + 20 * axis], 0.75)),
        SceneItem("cement_2", "Cement, step 2", "cement", ellipsoid([-11, 2, -3], [5, 6])),
        SceneItem("balloon_2", "Balloon, step 2", "balloon", ellipsoid([-11, 2, -1], [9, 8])),
    ]
    for side, name in ((1, "left"), (-1, "right")):
        t = np.linspace(0, 1, 12)[:, None]
        root = np.array([side * 6, 27, -10]) + t * np.array([side * 24, -14, -14]) + t**2 * np.array([0, -3, -8])
        items.append(SceneItem(f"nerve_root_L3_{name}", f"L3 root, {name}", "nerve", tube(root, 1.8)))
    markers = (
        Marker(NEEDLE_NEAR, "3.3 mm to the cord (limit 5 mm)", "fail", CORD_NEAR),
        Marker((-2.0, -8.0, -1.0), "Margin 1.2 mm (aim 5 mm)", "warn"),
    )
    return Scene("L3 · radiofrequency ablation, then kyphoplasty", tuple(items), markers, (0.0, 16.0, 2.0), 62.0)


def finding(rule, title, outcome, quantity, value, unit, kind, low, high, **more):
    margin = None
    if value is not None and kind in ("at_least", "at_most"):
        margin = value - low if kind == "at_least" else high - value
    elif value is not None:
        margin = min(value - low, high - value)
    return {
        "rule": rule, "title": title, "outcome": outcome, "severity": "block", "declared_severity": "block",
        "step": 0, "level": "L3", "quantity": quantity, "value": value, "unit": unit,
        "limit": {"kind": kind, "low": low, "high": high}, "margin": margin, "interval": None,
        "p_violation": None, "where_lps_mm": None, "because": "", "remedy": "",
        "source": {"id": "gangi_2010", "citation": "Gangi A, Buy X. Percutaneous bone tumor management. "
                   "Semin Intervent Radiol 2010;27(2):124–136.", "url": "https://doi.org/10.1055/s-0030-1253511"},
        "evidence": "guideline", "verified": True, **more,
    }  # fmt: skip


_RESULT = {
    "planner": "0.1.0",
    "verdict": "violation",
    "findings": [
        finding("cord_clearance", "Instrument to spinal cord", "fail", "cord_clearance_mm", 3.3, "mm", "at_least", 5.0, None,
                interval=[2.4, 4.2], p_violation=0.998, where_lps_mm=list(NEEDLE_NEAR),
                because="The cannula passes the medial pedicle wall 3.3 mm from the cord surface.",
                remedy="Move the entry 6 mm to the patient's left or lower the angle to the sagittal plane by 4°."),
        finding("balloon_pressure", "Balloon pressure within its rating", "fail", "balloon_pressure_kpa", 2930.0, "kPa",
                "at_most", None, 2758.0, step=1, because="The planned pressure is above the rating on the device sheet.",
                remedy="Stay at or below 2758 kPa, or choose a balloon rated higher.",
                source={"id": "k223709", "citation": "FDA 510(k) summary K223709, 2023.", "url": ""}, evidence="ifu"),
        finding("ablation_margin", "Zone beyond the lesion", "warn", "ablation_margin_mm", 1.2, "mm", "at_least", 5.0, None,
                severity="warn", verified=False, evidence="expert", where_lps_mm=[-2.0, -8.0, -1.0], interval=[-0.4, 2.8],
                p_violation=0.97, because="The lesion's anterior edge is near the zone's surface.",
                remedy="Advance the electrode 4 mm, or add a second placement.",
                source={"id": "tomasian_2018", "citation": "Tomasian A, Jennings JW. Radiographics 2018;38(5).", "url": None}),
        finding("cord_temperature", "Cord stays below 45 °C", "not_evaluated", "cord_temperature_max_c", None, "degC",
                "at_most", None, 45.0, because="Nothing was simulated (--no-simulate).", remedy="Run without --no-simulate."),
        finding("nerve_clearance", "Instrument to nerve roots", "not_evaluated", "nerve_root_clearance_mm", None, "mm",
                "at_least", 3.0, None, severity="warn", because="No nerve roots in the label map.",
                remedy="Add nerve roots.", source="assumed", evidence="assumed", verified=False),
        finding("endplate", "Endplate stress", "error", "endplate_stress_ratio", None, "1", "at_most", None, 1.0, step=1,
                because="The check stopped: division by zero in contact area.", remedy="Report this case."),
        finding("setpoint", "Set-point at the electrode", "pass", "setpoint_c", 90.0, "degC", "between", 60.0, 90.0,
                evidence="source_text"),
        finding("pedicle", "Pedicle wall left", "pass", "pedicle_wall_margin_mm", 2.61, "mm", "at_least", 1.0, None,
                interval=[1.9, 3.3], p_violation=0.002),
        finding("vessel", "Instrument to great vessels", "pass", "vessel_clearance_mm", 11.8, "mm", "at_least", 5.0, None),
        finding("coverage", "Lesion covered by the zone", "pass", "lesion_coverage_fraction", 0.998, "1", "at_least", 0.95, None,
                severity="warn"),
        finding("cement_volume", "Cement in one level", "pass", "cement_volume_ml", 4.0, "mL", "at_most", None, 6.0, step=1),
        finding("levels", "Levels in one session", "pass", "vertebral_levels", 1, "1", "at_most", None, 3, step=None),
        finding("cryo_edge", "Lesion edge in freezing", "not_applicable", "lesion_edge_temperature_c", None, "degC", "at_most", None, -20.0),
        finding("screw_breach", "Screw breach", "not_applicable", "screw_breach_mm", None, "mm", "at_most", None, 2.0, step=None),
    ],
    "quantities": {
        "cord_clearance_mm": {"value": 3.3, "unit": "mm", "origin": "planned"},
        "setpoint_c": {"value": 90.0, "unit": "degC", "origin": "planned"},
        "balloon_pressure_kpa": {"value": 2930.0, "unit": "kPa", "origin": "planned"},
        "tissue_temperature_max_c": {"value": 91.4, "unit": "degC", "origin": "simulated"},
        "lesion_coverage_fraction": {"value": 0.998, "unit": "1", "origin": "planned"},
    },
    "quantities_by_step": [
        {"cord_clearance_mm": {"value": 3.3, "unit": "mm", "origin": "planned"}},
        {"balloon_pressure_kpa": {"value": 2930.0, "unit": "kPa", "origin": "planned"}},
    ],
    "plan": {
        "title": "L3 metastasis, radiofrequency ablation and kyphoplasty", "target": "L3, lesion",
        "steps": [
            {"index": 0, "kind": "radiofrequency_ablation", "label": "Radiofrequency ablation", "device": "generic_monopolar_20mm",
             "level": "L3", "summary": [["Access", "left transpedicular, 13G"], ["Set-point", "90 °C for 6 min"], ["Zone", "26 × 16 mm"]]},
            {"index": 1, "kind": "kyphoplasty", "label": "Kyphoplasty", "device": "generic_balloon_15mm", "level": "L3",
             "summary": [["Balloon", "4 mL at 2930 kPa"], ["Cement", "4 mL PMMA"]]},
        ],
    },
    "warnings": ["Label 7 of the label map has no name and was left out.", "No CT: bone grade taken from the plan (osteoporotic)."],
    "provenance": {
        "planner": "0.1.0", "python": "3.11.2", "libraries": {"numpy": "2.4.6", "scipy": "1.17.1"},
        "protocol": {"name": "default", "hash": "sha256:3f6e0c6e1f7b"}, "inputs": {"plan.yaml": "sha256:8d21ff01", "seg.nii.gz": "sha256:77c0aa19"},
        "seed": 20240131, "time": "2026-05-04T09:12:44Z",
    },
}  # fmt: skip


def sample_result(hostile: bool = False) -> dict:
    """Result with every outcome; with `hostile` the texts are markup."""
    result = deepcopy(_RESULT)
    if hostile:
        result["plan"]["title"] = HOSTILE
        result["plan"]["steps"][0]["label"] = HOSTILE
        result["findings"][0].update(title=HOSTILE, because=HOSTILE, remedy="</script>" + HOSTILE)
        result["warnings"].append(HOSTILE)
    return result
