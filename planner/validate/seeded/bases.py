"""Sound plans of every technique on a made patient, from which the planted errors start."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric import ParametricSpec, build_parametric

DEPTH = 0.9
"""Share of the way to the front third of the body at which needles end."""
ZONE = {"long_axis": "18 mm", "short_axis": "16 mm", "centre_from_tip": "10 mm"}
"""Small enough to keep its distance from cord and vessels in this patient."""
SKIN_Y_MM = 110.0
"""Just behind the made patient's skin: entries lie on this plane, LPS mm."""
PATIENT = {
    "primary": "renal", "pain_vas": 7, "expected_survival": "9 months", "metastases": 1,
    "clotting": {"inr": 1.1, "platelets_per_nl": 210},
    "contraindications": {"infection": False, "cement_or_contrast_allergy": False, "bleeding_disorder": False,
                          "pacemaker": False, "new_deficit": False},
    "scores": {"sins": 6, "escc": "1a", "ecog": 1},
    "labs": {"calcium": "2.3 mmol/L", "albumin": "40 g/L", "creatinine_clearance": "80 mL/min"},
    "bone_drug": {"drug": "denosumab", "dose": "120 mg", "interval": "4 weeks", "dental_exam": True,
                  "dental_surgery_planned": False, "open_oral_lesion": False, "thigh_pain": False},
    "imaging": {"ct_age": "6 days", "mri_age": "9 days", "whole_spine": True},
}  # fmt: skip
FOLLOW_UP = {"weeks": [1, 4, 12, 26, 52, 260], "instruments": ["vas", "odi", "eq5d"], "imaging_months": [3, 12]}


@cache
def _axes() -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    return build_parametric(ParametricSpec(level="L3")).pedicle_axes


def lesion(ahead_mm: float = 0.0) -> dict[str, Any]:
    """Return a tumour in the middle of the zone, or so far ahead of it."""
    back, front = _axes()["left"]
    along = (front - back) / np.linalg.norm(front - back)
    centre = back + DEPTH * (front - back) + (ahead_mm - 10.0) * along
    return {"kind": "lytic", "diameter": "5.6 mm", "centre_lps_mm": centre.round(3).tolist()}


def access(side: str, depth: float = DEPTH, gauge: int | None = 13, aside_mm: float = 0.0) -> dict[str, Any]:
    """Return a needle down a pedicle's axis.

    Parameters
    ----------
    depth : 1 ends in the front third of the body, less ends before.
    aside_mm : moves the whole needle toward the midline.
    """
    back, front = _axes()[side]
    along = front - back
    tip = back + depth * along
    entry = tip + (SKIN_Y_MM - tip[1]) / along[1] * along
    shift = np.array([-np.sign(back[0]) * aside_mm, 0.0, 0.0])
    made = {"entry": (entry + shift).round(3).tolist(), "target": (tip + shift).round(3).tolist()}
    return made | ({} if gauge is None else {"gauge": gauge})


def _plan(*steps: dict[str, Any], **target: Any) -> dict[str, Any]:
    return {
        "planner": 1, "frame": "LPS", "anatomy": {"parametric": {"level": "L3", "lesion": lesion()}},
        "patient": PATIENT, "session": {"sedation": "moderate", "grounding_pads": 2, "reference_level": "L3"},
        "follow_up": FOLLOW_UP,
        "target": {"level": "L3", "lesion": "lesion", "lesion_type": "lytic", "bone": "osteopenic"} | target,
        "steps": list(steps),
    }  # fmt: skip


PROTECTION = ["thermocouple", "co2_dissection", "neuromonitoring"]
CEMENT = {"material": "pmma_generic", "volume": "3.4 mL"}


def bases() -> dict[str, dict[str, Any]]:
    """Return the sound plans by name."""
    rfa = {"kind": "radiofrequency_ablation", "device": "generic_monopolar_20mm", "access": access("left"),
           "setpoint": "90 degC", "duration": "6 min", "protection": PROTECTION, "zone": ZONE}  # fmt: skip
    cooled = rfa | {"kind": "cooled_radiofrequency_ablation", "device": "generic_cooled_20mm", "setpoint": "70 degC",
                    "duration": "15 min"}  # fmt: skip
    cryo = {"kind": "cryoablation", "device": "generic_cryo_17g", "access": access("left", DEPTH, None),
            "protection": PROTECTION, "zone": ZONE | {"short_axis": "12.6 mm", "centre_from_tip": "8.6 mm"}, "cycle": ["freeze 10 min", "thaw 8 min", "freeze 10 min"]}  # fmt: skip
    cement = {"kind": "vertebroplasty", "access": access("left"), "cement": CEMENT}
    balloon = {"kind": "kyphoplasty", "device": "generic_balloon_15mm", "access": access("left", DEPTH, 10),
               "balloon": {"volume": "3 mL", "pressure": "200 psi"},
               "cement": CEMENT | {"volume": "4.6 mL"}}  # fmt: skip
    screw = {"kind": "screw", "device": "generic_screw", "access": access("left", DEPTH, None), "diameter": "6 mm",
             "length": "45 mm"}  # fmt: skip
    made = {
        "rfa": _plan(rfa, intent="curative"),
        "cooled": _plan(cooled, cement, intent="palliative"),
        "osteoid": _plan(rfa, intent="curative", lesion_type="osteoid_osteoma"),
        "cryo": _plan(cryo, intent="curative"),
        "cement": _plan(cement, intent="palliative"),
        "kypho": _plan(balloon, intent="palliative"),
        "screw": _plan(screw, intent="palliative"),
        "sbrt": _plan(
            {"kind": "radiotherapy", "dose": "27 Gy", "fractions": 3, "cord_dmax": "15 Gy"}, intent="palliative"
        ),
    }
    made["again"] = copy.deepcopy(made["sbrt"])
    made["again"]["steps"][0] |= {"dose": "20 Gy", "fractions": 5, "cord_dmax": "12 Gy"}
    made["again"]["patient"] = PATIENT | {
        "prior_radiation": {"cord_dmax": "30 Gy", "fractions": 10, "interval": "12 months"}
    }
    return copy.deepcopy(made)
