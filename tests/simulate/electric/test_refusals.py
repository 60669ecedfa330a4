from __future__ import annotations

import numpy as np
import pytest

import planner as pl

GRID = (20, 20, 20)
NEEDLE = pl.Electrode.monopolar((10, 10, 5), (10, 10, 60), 2.0, 8.0)


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        ({"sigma": np.full(GRID, np.nan)}, r"\$\.sigma", "NaN"),
        ({"sigma": np.full(GRID, -0.1)}, r"\$\.sigma", "-0.1 S/m"),
        ({"sigma": np.zeros(GRID)}, r"\$\.sigma", "a cell that conducts"),
        ({"sigma": np.ones((4, 4))}, r"\$\.sigma", "shape"),
        ({"sigma": "bone"}, r"\$\.sigma", "numbers"),
        ({"sigma": 1.0}, r"\$\.sigma", "shape"),
        ({"spacing_mm": 0.0}, r"\$\.spacing_mm\[0\]", "above 0"),
        ({"spacing_mm": (1.0, 1.0)}, r"\$\.spacing_mm", "three axes"),
        ({"spacing_mm": (1.0, 1.0, np.ones(7))}, r"\$\.spacing_mm\[2\]", "7 widths"),
        ({"spacing_mm": 2.5}, r"\$\.spacing_mm", "at most its diameter, 2 mm"),
        ({"electrodes": []}, r"\$\.electrodes", "no electrode"),
        ({"boundary": "insulated"}, r"\$\.electrodes", "one potential"),
        ({"boundary": "open"}, r"\$\.boundary", "insulated or infinity or ground"),
        ({"power_w": 0.0}, r"\$\.power_w", "above 0"),
        ({"memory_limit_mb": 1.0}, r"\$\.sigma", "at most 1 MB"),
        ({"electrodes": [pl.Electrode.monopolar((10, 10, -5), (10, 10, 60), 2.0, 8.0)]}, r"\$\.electrodes\[0\]", "inside the grid"),
        ({"electrodes": [pl.Electrode.monopolar((10, np.nan, 5), (10, 10, 60), 2.0, 8.0)]}, r"\$\.electrodes\[0\]", "finite"),
        ({"electrodes": [pl.Electrode.monopolar((10, 10, 5), (10, 10, 60), 0.0, 8.0)]}, r"diameter_mm", "above 0"),
        ({"electrodes": [pl.Electrode.monopolar((10, 10, 5), (10, 10, 6), 2.0, 1.0)]}, r"\$\.electrodes\[0\]", "at least its diameter"),
        ({"electrodes": [pl.Electrode.monopolar((10, 10, 5), (10, 10, 60), 2.0, 90.0)]}, r"contacts\[0\]", "a stretch between"),
        ({"electrodes": [pl.Electrode((10, 10, 5), (10, 10, 60), 2.0, ())]}, r"contacts", "none"),
        (
            {"electrodes": [pl.Electrode((10, 10, 5), (10, 10, 60), 2.0, (pl.Contact(0, 6, 1), pl.Contact(5, 9, 0)))]},
            r"contacts\[1\]", "may not overlap",
        ),
        ({"electrodes": [NEEDLE, pl.Electrode.monopolar((11, 10, 5), (11, 10, 60), 2.0, 8.0, 0.0)]}, r"\$\.electrodes\[1\]", "inside electrodes"),
    ],
)  # fmt: skip
def test_what_cannot_be_solved_is_refused(change, path, text):
    given = {"sigma": np.full(GRID, 0.1), "electrodes": [NEEDLE], "spacing_mm": 1.0, "boundary": "infinity"} | change
    with pytest.raises(pl.InputError, match=path) as caught:
        pl.electric_field(**given)

    assert text in str(caught.value)


def test_all_problems_come_at_once():
    with pytest.raises(pl.InputError) as caught:
        pl.electric_field(np.full(GRID, -1.0), [NEEDLE], (1.0, 0.0, 1.0), boundary="open", power_w=-1)

    assert {p.path for p in caught.value.problems} == {"$.sigma", "$.spacing_mm[1]", "$.boundary", "$.power_w"}


def test_a_power_that_no_current_can_carry():
    sigma = np.full(GRID, 0.1)
    sigma[:, :, :14] = 0.0
    with pytest.raises(pl.InputError, match="no current flows"):
        pl.electric_field(sigma, [NEEDLE], 1.0, boundary="ground", power_w=5.0)
