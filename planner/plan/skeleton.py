"""A plan to complete: the anatomy is filled in, target and steps are left to the operator."""

from __future__ import annotations

import io
from typing import Any

from planner.anatomy.structures import Anatomy
from planner.core.names import LEVELS

_HEAD = """\
# A plan to complete. `planner check` on this file tells what is missing.
planner: 1
"""
_TAIL = """\
frame: LPS            # of every point below: x to the left, y to the back, z to the head, mm
target:
  level:              # {levels}
{lesion}  intent: palliative  # or curative
steps: []
# steps:
#   - kind: vertebroplasty
#     device: generic_cement_needle_13g
#     access: {{entry: [x, y, z], target: [x, y, z], gauge: 13}}
#     # or a line drawn in 3D Slicer: access: {{markups: needle.mrk.json, line: Needle-L, gauge: 13}}
#     cement: {{material: pmma_generic, volume: 4 mL}}
"""


def skeleton_text(spec: dict[str, Any], anatomy: Anatomy) -> str:
    """Return the text of a plan whose `anatomy:` is `spec`."""
    from ruamel.yaml import YAML  # noqa: PLC0415

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.width = 100_000  # a path is one line, however long: people and scripts edit this file line by line
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    writer.dump({"anatomy": spec}, stream)
    levels = [level for level in LEVELS if f"vertebra_{level}" in anatomy.names]
    lesions = [name for name in anatomy.names if "lesion" in name.lower()]
    lesion = f"  lesion: {lesions[0]}\n" if len(lesions) == 1 and lesions[0].isidentifier() else ""
    if not lesion:
        lesion = "  # lesion:           # an ablation needs one; label it, or give it under `anatomy.lesions`\n"
    told = f"one of {', '.join(levels)}" if levels else "the patient's labels hold no vertebra"
    return _HEAD + stream.getvalue() + _TAIL.format(levels=told, lesion=lesion)
