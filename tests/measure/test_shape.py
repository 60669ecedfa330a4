"""Height loss and kyphosis as quantities: wedges of known size, what is compared with what, cut bodies."""

from __future__ import annotations

import cases
import numpy as np
import pytest

from planner.check.verdict import check_plan
from planner.measure.models import NotEvaluated
from planner.plan.case import load_plan

UPPER, LOWER = 14.0, -18.0
"""Heights of the middles of L3 and L4, both whole in the image."""


def written(folder, *, flat=0.0, wedge=0.0, low=-40.0):
    """Two closed-form vertebrae, L3's body lowered by `flat` of its height and by `wedge` more at the front."""
    points, affine = cases.grid(1.0)
    share = 1.0 - flat - wedge * np.clip((19.0 - points[..., 1]) / 38.0, 0.0, 1.0)
    here = points - [0.0, 0.0, UPPER]
    body = np.abs(here[..., 2]) < 13.0 * share
    labels = np.where(cases._vertebra(points, LOWER), 5, 0).astype(np.uint8)
    labels[cases._vertebra(points, UPPER) & (~cases.body_mask(here) | body)] = 1
    kept = points[0, 0, :, 2] >= low
    affine = affine.copy()
    affine[2, 3] = points[0, 0, kept, 2][0]
    cases.write(folder / "seg.nii.gz", labels[..., kept], affine)
    step = {
        "kind": "vertebroplasty",
        "access": {"entry": [23.0, 60.0, UPPER + 8.0], "target": [4.0, -8.0, UPPER], "gauge": 13},
        "cement": {"material": "pmma_generic", "volume": "4 mL"},
    }
    maps = [{"file": "seg.nii.gz", "labels": cases.LABELS}]
    return cases.plan(anatomy__labelmap=maps, target={"level": "L3"}, steps=[step])


def quantities(raw, folder):
    found = cases.measured(raw, folder)[0]
    return found["height_loss_fraction"], found["kyphosis_deg"]


@pytest.mark.parametrize("flat", [0.0, 0.3])
def test_loss_of_height_against_the_level_below(tmp_path, flat):
    loss, _ = quantities(written(tmp_path, flat=flat), tmp_path)
    assert loss.value == pytest.approx(flat, abs=0.03)
    assert loss.interval[0] <= flat <= loss.interval[1]
    assert loss.interval[1] - loss.interval[0] > 0.15, "one neighbour tells the healthy height to 15 %"
    if flat:
        assert loss.note.endswith("height against mean of L4")


def test_a_wedge_is_kyphosis(tmp_path):
    _, straight = quantities(written(tmp_path), tmp_path)
    _, bent = quantities(written(tmp_path, wedge=0.4), tmp_path)
    # The body narrows from both ends: the upper endplate, which is measured to the lower one of L4, turns by half.
    turn = np.degrees(np.arctan(0.4 * 13.0 / 38.0))
    assert straight.value == pytest.approx(0.0, abs=1.5)
    assert bent.value - straight.value == pytest.approx(turn, abs=1.5)
    assert bent.note == "upper endplate of L3 to lower endplate of L4"
    assert bent.interval[0] < turn < bent.interval[1]
    assert 1.0 < bent.interval[1] - bent.interval[0] < 12.0


def test_flat_vertebra_warns_before_it_fails(tmp_path):
    def outcome(flat):
        verdict = check_plan(load_plan(written(tmp_path, flat=flat), folder=tmp_path))
        found = next(f for f in verdict.findings if f.rule == "SEL-PLANA")
        assert not found.verified
        return found.outcome

    assert [outcome(0.2), outcome(0.6)] == ["pass", "warn"]


def test_body_that_runs_out_of_the_image_has_no_height(tmp_path):
    """The image ends inside L4's body and, in the second, inside L3's."""
    loss, angle = quantities(written(tmp_path, low=-20.0), tmp_path)
    assert loss.value < 0.05
    assert angle.note == "upper endplate of L3 to lower endplate of L3"
    for found in quantities(written(tmp_path, low=5.0), tmp_path):
        assert isinstance(found, NotEvaluated), found
        assert "cut by the image" in found.reason
