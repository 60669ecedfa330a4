"""`planner anatomy info`: what is known of a patient, what is not, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.cli.console import draw, say, working
from planner.core.files import stable_json

if TYPE_CHECKING:
    from planner.anatomy.structures import Anatomy
    from planner.check.gaps import Gap

_WORDS = (
    ("vertebra_{level}_body", "the vertebra's body"),
    ("vertebra_{level}", "the vertebra"),
    ("_*", "s"),
    ("_", " "),
)


def anatomy_table(
    sources: list[str], *, labels: str | None, frame: str | None, units: str | None, as_json: bool
) -> None:
    """Print every structure with origin, volume, extents and whether the border cuts it, and the rules left open."""
    from planner.anatomy.facts import anatomy_facts  # noqa: PLC0415
    from planner.check.gaps import gaps  # noqa: PLC0415
    from planner.cli.sources import patient_of  # noqa: PLC0415
    from planner.protocol.load import load_protocol  # noqa: PLC0415

    with working("reading the anatomy"):
        patient = patient_of(sources, labels=labels, frame=frame, units=units)
        facts = anatomy_facts(patient.anatomy, modelled=True)
        images = [_image(image) for image in patient.anatomy.images]
        stored = {path.name: axes for path in patient.files if (axes := _stored_axes(path))}
        missing = gaps(patient.anatomy, load_protocol(), levels=patient.levels, lesion=patient.lesion)
    warnings = [*patient.warnings, *patient.anatomy.warnings]
    if as_json:
        rows = [{"any_of": gap.any_of, "why": gap.why, "levels": gap.levels, "rules": gap.rules} for gap in missing]
        held = {"structures": facts, "images": images, "stored_axes": stored, "missing": rows, "warnings": warnings}
        say(stable_json(held).rstrip())
        return
    for image in images:
        spacing = " × ".join(f"{v:g}" for v in image["spacing_mm"])
        size = " × ".join(str(n) for n in image["size"])
        say(f"image {size} voxels of {spacing} mm along L, P, S; tilted {image['tilt_deg']:g}°")
    for file, axes in stored.items():
        say(f"{file} is stored as {axes}")
    _print_structures(facts)
    _print_gaps(missing)
    for warning in warnings:
        say(f"warning: {warning}")


def _image(image: Any) -> dict[str, Any]:
    """Size, spacing and how far the axes lie off L, P and S, into whose order every image is brought on reading."""
    import numpy as np  # noqa: PLC0415

    from planner.geometry.frames import spacing_mm  # noqa: PLC0415

    spacing = spacing_mm(image.affine_lps)
    along = np.clip(np.diag(image.affine_lps[:3, :3]) / spacing, -1.0, 1.0)
    return {
        "size": [int(n) for n in image.shape],
        "spacing_mm": [round(float(v), 4) for v in spacing],
        "tilt_deg": round(float(np.degrees(np.arccos(along.min()))), 1),
    }


def _stored_axes(path: Path) -> str | None:
    """Return in which order and direction a NIfTI file keeps its voxels, as nibabel names it (`RAS`, `PIR`)."""
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return None
    import nibabel  # noqa: PLC0415

    return "".join(nibabel.aff2axcodes(nibabel.load(path).affine))


def _print_structures(facts: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for column in ("structure", "origin", "mL", "x × y × z, mm", "from z", "to z, mm", ""):
        table.add_column(column, justify="left" if column in {"structure", "origin", ""} else "right", no_wrap=True)
    for row in facts:
        table.add_row(
            row["name"],
            row["origin"],
            f"{row['volume_ml']:.1f}",
            " × ".join(f"{v:.0f}" for v in row["extent_mm"]),
            *(f"{z:.0f}" for z in row["reach_z_mm"]),
            {True: "cut by the border", False: "whole", None: ""}[row["cut"]],
        )
    draw(table)


def _print_gaps(missing: list[Gap]) -> None:
    for gap in missing:
        names = [name for name in gap.any_of if not (name.startswith("nerve_root_{"))]
        names = [name.replace("vertebra_{level}_body", "the vertebra's body") for name in names]
        names = [
            name.replace("vertebra_{level}", "the vertebra").replace("_*", "s").replace("_", " ") for name in names
        ]
        what = " or ".join("the CT" if name == "ct" else name for name in names) + (f" ({gap.why})" if gap.why else "")
        where = f" at {', '.join(gap.levels)}" if gap.levels else ""
        say(f"not there: {what}{where}; cannot be judged: {', '.join(gap.rules)}")


def anatomy_known(anatomy: Anatomy) -> str:
    """Return one line on what a case holds."""
    from planner.check.gaps import levels_of  # noqa: PLC0415

    levels = levels_of(anatomy)
    count = len(anatomy.names)
    return f"{count} structure{'s' if count != 1 else ''}, vertebrae {', '.join(levels) or 'none'}"
