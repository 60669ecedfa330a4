"""A plan that can be checked as it is, for a made patient: its anatomy, its target and one cement needle."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RUN_UP_MM: Final = 45.0
"""How far behind the bone the needle's entry lies where there is no skin."""
BEFORE_SKIN_MM: Final = 2.0
CEMENT_SHARE: Final = 0.2
"""Of the body's volume; rounded down to half a millilitre (assumed: a start, to be changed)."""

_HEAD = """\
# A patient who does not exist; every true value is in truth.json. `planner check case.yaml` judges it as it stands.
planner: 1
title: {title}
"""


def ready_text(anatomy: dict[str, Any], truth: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the text of a plan, and what a user should know of it.

    Parameters
    ----------
    anatomy : what stands under `anatomy:`.
    truth : of the patient (:func:`planner.anatomy.parametric.sidecar.truth_of`).
    """
    level, warnings = truth["target"], []
    target: dict[str, Any] = {"level": level}
    lesions = truth["lesions"]
    name = "lesion" if "lesion" in lesions else next(iter(lesions), None)
    if name is not None:
        target |= {"lesion": name, "intent": "palliative", "lesion_type": lesions[name]["kind"]}
        if len(lesions) > 1:
            warnings.append(f"the plan treats {name} of {len(lesions)} lesions")
    target["bone"] = truth["bone"]["grade"]
    plan = {"anatomy": anatomy, "frame": "LPS", "target": target, "steps": [_step(truth)]}
    title = f"{', '.join(found['kind'].replace('_', ' ') for found in lesions.values()) or 'no'} lesion, {level}"
    return _HEAD.format(title=title) + _yaml(plan), tuple(warnings)


def _step(truth: dict[str, Any]) -> dict[str, Any]:
    axis = truth["pedicle_axes_lps_mm"]["left"]
    rear, front = np.array(axis["rear"]), np.array(axis["front"])
    back = (rear - front) / np.linalg.norm(rear - front)
    entry = rear + RUN_UP_MM * back if axis["skin"] is None else np.array(axis["skin"]) + BEFORE_SKIN_MM * back
    body = truth["structures"].get(f"vertebra_{truth['target']}_body", {}).get("volume_ml", 20.0)
    volume = max(0.5, np.floor(2.0 * CEMENT_SHARE * body) / 2.0)
    return {
        "kind": "vertebroplasty",
        "access": {"entry": _point(entry), "target": _point(front), "gauge": 13},
        "cement": {"material": "pmma_generic", "volume": f"{volume:g} mL"},
    }


def _point(point: NDArray[np.float64]) -> list[float]:
    return [round(float(v), 1) + 0.0 for v in point]


def _yaml(plan: dict[str, Any]) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.width = 100_000
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    writer.dump(plan, stream)
    return stream.getvalue()
