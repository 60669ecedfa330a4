from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from planner.core.errors import InputError
from planner.core.sourced import references
from planner.protocol.load import load_protocol, protocol_names
from planner.simulate.thermal.freezing import Frozen
from planner.simulate.tissues import Tissue, bone_at, tissue, tissues

ASKED = {
    "cortical_bone", "cancellous_bone", "red_marrow", "yellow_marrow", "lytic_tumour", "blastic_tumour", "spinal_cord",
    "csf", "nerve", "epidural_fat", "intervertebral_disc", "muscle", "fat", "blood", "lung", "skin", "pmma", "titanium",
    "air", "carbon_dioxide", "dextrose_5", "saline",
}  # fmt: skip


def test_the_table_is_whole_and_every_figure_has_a_source():
    assert set(tissues()) >= ASKED
    for row in tissues().values():
        for figure in row.figures.values():
            assert figure.low <= figure.base <= figure.high
            assert figure.source.ref in references()
            assert figure.spread is not None or figure.low == figure.base == figure.high


@pytest.mark.parametrize(
    ("name", "b_w_m3_k", "reach_mm"),
    [
        ("cancellous_bone", 2237, 11.8),
        ("red_marrow", 8787, 5.6),
        ("muscle", 2535, 14.0),
        ("fat", 1886, 10.6),
        ("spinal_cord", 10907, 6.9),
    ],
)
def test_perfusion_in_si(name, b_w_m3_k, reach_mm):
    """ω·ρ_b·c_b and λ = √(k/B), worked out by hand from the same rows."""
    row = tissue(name)

    assert row.perfusion_w_m3_k() == pytest.approx(b_w_m3_k, rel=0.005)
    assert 1e3 * (row.value("conductivity_w_m_k") / row.perfusion_w_m3_k()) ** 0.5 == pytest.approx(reach_mm, abs=0.1)


def test_bone_by_density_passes_through_the_rows():
    dense = [tissue(n).value("density_kg_m3") for n in ("red_marrow", "cancellous_bone", "cortical_bone")]
    got = bone_at(np.array([900.0, *dense, 2100.0]))

    assert got.sigma_s_m == pytest.approx([0.104, 0.104, 0.087, 0.022, 0.022])
    assert got.conductivity_w_m_k == pytest.approx([0.279, 0.279, 0.31, 0.55, 0.55])
    assert got.perfusion_w_m3_k[2] == pytest.approx(2237, rel=0.001)
    assert got.heat_capacity_j_m3_k[3] == pytest.approx(1908 * 1312.8)
    assert np.isnan(bone_at(np.nan).sigma_s_m)


def test_the_wider_bounds_are_wider():
    low, high = bone_at(1400.0, bound="low"), bone_at(1400.0, bound="high")

    assert low.sigma_s_m < bone_at(1400.0).sigma_s_m < high.sigma_s_m
    assert low.conductivity_w_m_k < bone_at(1400.0).conductivity_w_m_k < high.conductivity_w_m_k


def test_a_misspelt_tissue_is_told():
    with pytest.raises(InputError, match="did you mean `cancellous_bone`"):
        tissue("cancelous_bone")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sigma_s_m": {"low": 0.2, "base": 0.1, "high": 0.3}}, "low ≤ base ≤ high"),
        ({"sigma_s_m": {"low": -0.1, "base": 0.1, "high": 0.3}}, "low ≤ base ≤ high"),
        ({"density_kg_m3": {"low": 0.0, "base": 0.0, "high": 0.0}}, "may not be 0"),
        ({"sigma_s_m": None}, "states no sigma_s_m"),
        ({"sigma_s_m": {"ref": "nobody"}}, "not in references.yaml"),
    ],
)
def test_a_damaged_row_does_not_load(change, text):
    row = tissue("muscle").model_dump()
    for key, values in change.items():
        if values is None:
            del row["figures"][key]
        elif "ref" in values:
            row["figures"][key]["source"] |= values
        else:
            row["figures"][key] |= values
    with pytest.raises(ValidationError, match=text):
        Tissue.model_validate(row)


def test_the_table_is_not_taken_for_a_protocol():
    assert "tissues" not in protocol_names()
    with pytest.raises(InputError, match="a file or the name of a protocol"):
        load_protocol("tissues")


def test_water_tells_latent_heat_and_leaves_heat_capacity_to_what_is_frozen():
    for row in tissues().values():
        water = row.water_share()
        frozen = Frozen.of_water(row.value("conductivity_w_m_k"), row.heat_capacity_j_m3_k(), water, (-8.0, -1.0))
        assert 0.0 <= water <= 1.0
        assert float(frozen.frozen_heat_capacity) > 0.0
    # 250 MJ/m³ is what Go-Smart computed soft tissue with; 0.9 W/(m·K) was guessed for frozen cancellous bone.
    assert tissue("muscle").water_share() * 334 == pytest.approx(270, abs=25)
    assert bone_at(1178.3).water_share == pytest.approx(tissue("cancellous_bone").water_share())
    assert tissue("titanium").water_share() == 0.0
