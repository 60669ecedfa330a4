"""Where points fall on the detector, and how long rays run through a ball, a cube and a slab of voxels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import cos, hypot, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from planner.geometry.bodies import Spheroid
from planner.geometry.mesh import Mesh
from planner.geometry.voxelise import occupancy
from planner.show.fluoro.carm import CArm, Machine
from planner.show.fluoro.grid import Grid
from planner.validate.models import Case, Row

Array = NDArray[np.float64]
MACHINE = Machine(source_detector_mm=1000.0, magnification=1.4, detector_mm=200.0, pixels=257)
"""An odd number of pixels: one ray runs through the isocentre."""
SHARE = 0.005
"""What is promised of a chord: 0.5 %."""
PIXELS = 0.2
"""What is promised of a place in the picture."""
VIEWS = {"AP": (0.0, 0.0), "lateral": (90.0, 0.0), "oblique": (35.0, 12.0), "RAO caudal": (-28.0, -17.0)}
SPACING_MM = 0.5
"""Of the voxels, as of a CT with a small field; the chord of a ball of 60 mm runs through 120 of them."""
TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
"""A rotation with rational entries: no ray runs along an axis of the grid."""


def _grid(mesh: Mesh, half_mm: float, turn: Array) -> Grid:
    """Share of each voxel inside a surface, on a turned grid about the origin."""
    n = int(2.0 * half_mm / SPACING_MM) + 1
    affine = np.eye(4)
    affine[:3, :3] = turn * SPACING_MM
    affine[:3, 3] = -turn @ np.full(3, SPACING_MM * (n - 1) / 2.0)
    block = occupancy(mesh, affine, (n, n, n), lines=4)
    values = np.zeros((n, n, n), dtype=np.float32)
    values[block.window] = block.values
    return Grid.of(values, affine)


def _ball(view: str) -> Iterable[Row]:
    """A ball of 30 mm: the ray through its centre, and the mean over all rays that pass well inside."""
    radius = 30.0
    ball = Spheroid(np.zeros(3), np.array([0.0, 0.0, 1.0]), radius, radius).surface(5)
    carm = CArm.angled(MACHINE, (0.0, 0.0, 0.0), *VIEWS[view])
    got = _grid(ball, 36.0, TURN).integrals(carm)
    rays = carm.rays()
    unit = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    offset = np.linalg.norm(np.cross(unit, -carm.source), axis=-1)
    inner = offset < 0.8 * radius
    expected = 2.0 * np.sqrt(radius**2 - offset[inner] ** 2)
    worst = float(np.abs(got[inner] / expected - 1.0).max())
    middle = MACHINE.pixels // 2
    form = "chord of a ball: 2 √(radius² − distance of the ray from the centre²)"
    yield Row("chord_middle_mm", "closed_form", 2.0 * radius, float(got[middle, middle]), SHARE * 2.0 * radius, form)
    yield Row("chord_worst_share", "closed_form", 0.0, worst, SHARE, f"{form}, within 0.8 of the radius")


def _cube(view: str) -> Iterable[Row]:
    """A cube of 50 mm in line with the patient on a turned grid: rays through its middle."""
    half = 25.0
    corners = np.array([[x, y, z] for x in (-half, half) for y in (-half, half) for z in (-half, half)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    carm = CArm.angled(MACHINE, (0.0, 0.0, 0.0), *VIEWS[view])
    middle = MACHINE.pixels // 2
    got = float(_grid(Mesh.of(corners, faces), 46.0, TURN).integrals(carm)[middle, middle])
    turn, tilt = (radians(angle) for angle in VIEWS[view])
    way = (abs(sin(turn) * cos(tilt)), abs(cos(turn) * cos(tilt)), abs(sin(tilt)))
    expected = 2.0 * half / max(way)
    form = "side of the cube over the largest component of the beam's direction"
    yield Row("chord_mm", "closed_form", expected, got, SHARE * expected, form)


def _fiducials(view: str) -> Iterable[Row]:
    """Balls of 2 mm radius off the middle: the centre of each shadow against similar triangles."""
    places = np.array([[0.0, 0.0, 0.0], [22.0, -15.0, 18.0], [-25.0, 12.0, -20.0], [10.0, 28.0, 24.0]])
    carm = CArm.angled(MACHINE, (0.0, 0.0, 0.0), *VIEWS[view])
    errors = []
    for place in places:
        ball = Spheroid(place, np.array([0.0, 0.0, 1.0]), 2.0, 2.0).surface(4)
        shadow = _grid(ball, 46.0, TURN).integrals(carm).astype(np.float64)
        rows, columns = np.indices(shadow.shape)
        seen = np.array([(columns * shadow).sum(), (rows * shadow).sum()]) / shadow.sum()
        errors.append(np.linalg.norm(seen - _similar_triangles(place, view)))
    form = "similar triangles; centre of the shadow of a ball of 2 mm, worst of four"
    yield Row("fiducial_error_pixels", "closed_form", 0.0, float(np.max(errors)), PIXELS, form)


def _similar_triangles(place: Array, view: str) -> Array:
    """Column and row, from the angles alone: prone patient, picture seen from the detector behind."""
    turn, tilt = (radians(angle) for angle in VIEWS[view])
    x, y, z = place
    aside = x * cos(turn) - y * sin(turn)  # to the patient's left, across the beam
    along = x * sin(turn) + y * cos(turn)
    depth, height = along * cos(tilt) + z * sin(tilt), z * cos(tilt) - along * sin(tilt)
    source = MACHINE.source_detector_mm / MACHINE.magnification
    scale = MACHINE.source_detector_mm / (source + depth) * MACHINE.pixels / MACHINE.detector_mm
    middle = 0.5 * (MACHINE.pixels - 1)
    return np.array([middle - scale * aside, middle - scale * height])


def _bulls_eye() -> Iterable[Row]:
    """Entry and tip of a steep needle under a C-arm on its line, and a point beside it."""
    tip, entry = np.array([4.0, -20.0, 7.0]), np.array([48.0, 61.0, 33.0])
    carm = CArm.looking(MACHINE, tip, entry - tip)
    (a, b), (c, d) = carm.project([tip, entry])
    form = "a line through the focal spot is a point"
    yield Row("entry_to_tip_pixels", "closed_form", 0.0, hypot(a - c, b - d), 1e-6, form)
    aside = np.cross(entry - tip, [0.0, 0.0, 1.0])
    aside *= 5.0 / np.linalg.norm(aside)
    (e, f) = carm.project(tip + aside)[0]
    expected = 5.0 * MACHINE.magnification * MACHINE.pixels / MACHINE.detector_mm
    yield Row("five_mm_beside_tip_pixels", "closed_form", expected, hypot(e - a, f - b), 1e-6, "5 mm × magnification")
    leaning = sqrt(float((entry - tip)[:2] @ (entry - tip)[:2]))
    cranial = float(np.degrees(np.arctan2((entry - tip)[2], leaning)))
    yield Row("cranial_deg", "closed_form", cranial, carm.cranial_deg, 1e-6, "rise of the needle over its run")


CASES = (
    *(Case(f"ball under a C-arm, {view}", partial(_ball, view)) for view in VIEWS),
    *(Case(f"cube under a C-arm, {view}", partial(_cube, view)) for view in VIEWS),
    *(Case(f"fiducials under a C-arm, {view}", partial(_fiducials, view)) for view in VIEWS),
    Case("bull's-eye of a steep needle", _bulls_eye),
)
