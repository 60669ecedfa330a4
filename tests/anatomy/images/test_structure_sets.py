"""RTSTRUCT against closed forms: area × step, holes, pieces, slices thinner and thicker than the contours."""

from __future__ import annotations

import math
import warnings

import dicom_cases as dc
import numpy as np
import pytest
from skimage.draw import polygon

from planner.anatomy.images.contours import draw
from planner.anatomy.volume import Volume, read_layers
from planner.core.errors import InputError


def circle(centre, radius, z, n=200):
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.column_stack([centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t), np.full(n, z)])


def grid(step, low=(-30.0, -30.0, -10.0), pixel=0.5, count=(120, 120, 60)):
    affine = np.diag([pixel, pixel, step, 1.0])
    affine[:3, 3] = low
    return Volume(np.zeros(count, dtype=np.int16), affine, "0" * 64)


def read(path, rois, ct=None):
    dc.structure_set(rois).save_as(path / "rs.dcm", enforce_file_format=True)
    layers = read_layers(path / "rs.dcm", place="$.rs", ct=ct)
    ml = {name: float((layer.array == n).sum()) * layer.voxel_ml for layer in layers for n, name in layer.names.items()}
    return ml, layers


@pytest.mark.parametrize("step", [1.0, 2.5, 3.0])
@pytest.mark.parametrize("with_ct", [0.0, 1.0, 0.4, 2.0])
def test_cylinder_has_area_times_step(step, with_ct, tmp_path):
    """`with_ct`: slices of the CT in steps of the contours; thinner ones are filled between, thicker ones sampled."""
    contours = [circle((1.3, 2.2), 12.0, step * k) for k in range(8)]
    ct = grid(step * with_ct, (-30.0, -30.0, -10 * step)) if with_ct else None
    ml, _ = read(tmp_path, {"cord": contours}, ct)
    assert ml["cord"] == pytest.approx(math.pi * 12**2 * step * 8 / 1000, rel=0.01)  # a circle of 24 pixels of 0.5 mm


def test_hole_and_several_contours_a_slice(tmp_path):
    """A ring and a ball beside it; keyholes are the same polygon law."""
    contours = [
        c
        for k in range(6)
        for c in (circle((0, 0), 15.0, 2 * k), circle((1, 0), 9.0, 2 * k), circle((22, 0), 5.0, 2 * k))
    ]
    ml, _ = read(tmp_path, {"ring": contours}, grid(2.0))
    assert ml["ring"] == pytest.approx(math.pi * (15**2 - 9**2 + 5**2) * 12 / 1000, rel=0.01)


def test_overlapping_rois_share_no_layer(tmp_path):
    inner, outer = ([circle((0, 0), r, 2.0 * k) for k in range(5)] for r in (5.0, 15.0))
    ml, layers = read(tmp_path, {"outer": outer, "inner": inner}, grid(2.0))
    assert len(layers) == 2
    assert ml["inner"] == pytest.approx(math.pi * 25 * 10 / 1000, rel=0.03)  # ten pixels of 0.5 mm each way
    assert ml["outer"] == pytest.approx(math.pi * 225 * 10 / 1000, rel=0.01)


def test_missing_contours_leave_pieces_with_a_word(tmp_path):
    ml, layers = read(tmp_path, {"cord": [circle((0, 0), 10, 2.0 * k) for k in (0, 1, 2, 6, 7)]}, grid(2.0))
    assert ml["cord"] == pytest.approx(math.pi * 100 * 10 / 1000, rel=0.01)
    assert any("separate pieces" in w for w in layers[0].warnings)


def test_roi_without_contours_is_named(tmp_path):
    _, layers = read(tmp_path, {"Areola": [], "cord": [circle((0, 0), 10, 0.0)]})
    assert any("'Areola' without contours" in w for w in layers[0].warnings)


def test_points_are_no_region(tmp_path):
    made = dc.structure_set({"marker": [circle((0, 0), 1, 0)[:3]], "cord": [circle((0, 0), 10, 0.0)]})
    made.ROIContourSequence[0].ContourSequence[0].ContourGeometricType = "POINT"
    made.save_as(tmp_path / "rs.dcm", enforce_file_format=True)
    (layer,) = read_layers(tmp_path / "rs.dcm", place="$.rs")
    assert list(layer.names.values()) == ["cord"]
    assert any("'marker'" in w for w in layer.warnings)


def test_roi_outside_the_image_is_told(tmp_path):
    _, layers = read(tmp_path, {"far": [circle((500, 0), 9, 0)], "cord": [circle((0, 0), 10, 0.0)]}, grid(2.0))
    assert any("'far' holds no voxel" in w for w in layers[0].warnings)


def test_sagittal_contours_on_an_axial_ct(tmp_path):
    """Drawn across the CT's slices: a whole cylinder along x still comes out."""
    contours = [np.roll(circle((5, 1), 8.0, 2.0 * k), 1, axis=1) for k in range(7)]
    ml, _ = read(tmp_path, {"disc": contours}, grid(2.0))
    assert ml["disc"] == pytest.approx(math.pi * 64 * 14 / 1000, rel=0.02)


def test_oblique_contours_get_their_own_grid(tmp_path):
    turn = np.array([[1, 0, 0], [0, math.cos(0.3), -math.sin(0.3)], [0, math.sin(0.3), math.cos(0.3)]])
    contours = [circle((5, 1), 8.0, 2.0 * k) @ turn.T for k in range(7)]
    ml, layers = read(tmp_path, {"disc": contours}, grid(2.0))
    assert ml["disc"] == pytest.approx(math.pi * 64 * 14 / 1000, rel=0.02)
    assert any("grid of their own" in w for w in layers[0].warnings)


@pytest.mark.parametrize("rois", [{}, {"a": []}])
def test_nothing_drawn_is_refused(rois, tmp_path):
    with pytest.raises(InputError, match=r"\$\.rs.*closed contours"):
        read(tmp_path, rois)


@pytest.mark.parametrize("bad", [["nan"] * 9, ["1e400"] * 9, ["1"] * 8])
def test_broken_contour_is_no_crash(bad, tmp_path):
    made = dc.structure_set({"cord": [circle((0, 0), 10, 0.0)], "bad": [circle((0, 0), 10, 0.0)]})
    with warnings.catch_warnings(action="ignore"):
        made.ROIContourSequence[1].ContourSequence[0].ContourData = bad
        made.save_as(tmp_path / "rs.dcm", enforce_file_format=True)
    (layer,) = read_layers(tmp_path / "rs.dcm", place="$.rs")
    assert list(layer.names.values()) == ["cord"]


def test_a_voxel_belongs_by_its_centre():
    mask = draw([np.array([[0.6, 0.6], [0.6, 3.4], [2.4, 3.4], [2.4, 0.6]])], (5, 6))
    assert np.argwhere(mask).tolist() == [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]]


def test_contour_traced_on_centres_gives_its_mask_back():
    square = np.array([[1, 1], [1, 5], [5, 5], [5, 1.0]])
    assert draw([square], (8, 8)).sum() == 25
    assert draw([square, np.array([[2, 2], [2, 4], [4, 4], [4, 2.0]])], (8, 8)).sum() == 24  # one voxel within


def test_drawing_matches_scikit_image():
    rng = np.random.default_rng(0)
    for _ in range(30):
        points = rng.uniform(-5, 45, (rng.integers(3, 30), 2))
        expected = np.zeros((40, 38), dtype=bool)
        expected[polygon(*points.T, (40, 38))] = True
        assert np.array_equal(draw([points], (40, 38)), expected)
