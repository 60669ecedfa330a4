"""From a checked case to a scene: which structures are seen, where the instrument runs, what is marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.cord import cord_region
from planner.anatomy.structures import Anatomy
from planner.check.finding import Finding
from planner.check.verdict import Verdict
from planner.core.names import FREEZING, LEVELS
from planner.geometry.bodies import Capsule
from planner.geometry.mesh import Mesh
from planner.measure.result import Result
from planner.plan.case import Case, CaseStep, Instrument
from planner.protocol.language import Lang, page_word, page_words
from planner.show.augmented import simulated_parts
from planner.show.expected import frozen
from planner.show.filling import balloon_bodies, cement_bodies
from planner.show.layers import items_of, layers_of
from planner.show.margins import with_margins
from planner.show.rings import balloon_bands, depth_marks
from planner.show.scene import Marker, Scene, SceneItem
from planner.show.sources import LAYER_SOURCES
from planner.simulate.zone import ExpectedZone

MAX_MARKERS = 4
"""More callouts than this hide the picture they explain; the table lists all."""
MIN_MARKERS = 2
DISTANCES = ("zone_cord_clearance_mm", "cord_clearance_mm", "zone_canal_clearance_mm", "nerve_root_clearance_mm")
"""What a reader looks for when nothing is wrong."""
RADIUS_MM = 55.0
"""A lumbar vertebra with its processes, and the needle's way into it."""
UNKNOWN_RADIUS_MM = 0.75
"""How thick an instrument of unknown diameter is drawn; nothing is measured with it."""

_ROLES = {
    "skin": ("skin", "Skin"),
    "spinal_cord": ("cord", "Spinal cord"),
    "thecal_sac": ("sac", "Thecal sac"),
    "cauda_equina": ("sac", "Cauda equina"),
    "spinal_canal": ("canal", "Spinal canal"),
    "aorta": ("vessel_artery", "Aorta"),
    "iliac_artery_left": ("vessel_artery", "Left iliac artery"),
    "iliac_artery_right": ("vessel_artery", "Right iliac artery"),
    "inferior_vena_cava": ("vessel_vein", "Inferior vena cava"),
    "superior_vena_cava": ("vessel_vein", "Superior vena cava"),
    "iliac_vein_left": ("vessel_vein", "Left iliac vein"),
    "iliac_vein_right": ("vessel_vein", "Right iliac vein"),
}


def scene_of(case: Case, result: Result, verdict: Verdict | None = None) -> Scene:
    """Return what a reader should see of a case, the worst places marked where there is a verdict."""
    items = [*_anatomy(case), *_procedure(case, result)]
    zones = [item.mesh for item in items if item.name.startswith("zone_")] + _lethal_cold(case, result)
    items = [with_margins(item, zones) if item.role == "lesion" else item for item in items]
    tips = np.array([tool.tip for step in case.steps for tool in step.instruments])
    levels = {f"vertebra_{step.level}" for step in case.steps}
    targets = [s for name in levels if (s := case.anatomy.get(name))]
    centre = tips.mean(axis=0) if len(tips) else np.mean([s.mesh.centroid for s in targets], axis=0)
    spread = float(np.linalg.norm(tips - centre, axis=1).max()) if len(tips) else 0.0
    lang = verdict.lang if verdict else "en"
    kinds = dict.fromkeys(page_word(lang, step.kind.replace("_", " ")) for step in case.steps)
    name = case.plan.title or page_word(lang, " and ").join(kinds).capitalize()
    word = f": {page_word(lang, verdict.word.capitalize()).lower()}" if verdict else ""
    where = tuple(float(v) for v in centre)
    items = [replace(item, label=page_words(lang, item.label), group=page_words(lang, item.group)) for item in items]
    return Scene(f"{name}{word}", tuple(items), _markers(verdict), where, RADIUS_MM + spread, lang=lang)  # type: ignore[arg-type]


def _anatomy(case: Case) -> Iterator[SceneItem]:
    anatomy = case.anatomy
    levels = dict.fromkeys(step.level for step in case.steps)
    lesions = dict.fromkeys(step.target.lesion for step in case.steps if step.target.lesion)
    for level in levels:
        yield from _structure(anatomy, f"vertebra_{level}", "target_vertebra", f"Vertebra {level}")
    for beside in dict.fromkeys(n for level in levels for n in _beside(level)):
        if beside not in levels:
            yield from _structure(anatomy, f"vertebra_{beside}", "neighbour", f"Vertebra {beside}")
    for name in anatomy.names:
        if name.startswith("disc_") and any(level in name for level in levels):
            yield from _structure(anatomy, name, "disc", f"Disc {name.removeprefix('disc_').replace('_', '/')}")
        elif name.startswith("nerve_root_") and any(f"_{level}_" in name for level in levels):
            yield from _structure(anatomy, name, "nerve", name.replace("_", " ").replace("nerve", "Nerve", 1))
        elif name == "thecal_sac" and "spinal_cord" in anatomy.names and "cord" in map(cord_region, levels):
            yield from _structure(anatomy, name, "canal", "Thecal sac")  # glass, so that the cord in it is seen
        elif name == "cauda_equina" and "thecal_sac" in anatomy.names:
            continue  # inside the sac, which is what distances are measured to
        elif name == "spinal_cord" and "thecal_sac" in anatomy.names and "cord" not in map(cord_region, levels):
            yield from _structure(anatomy, name, "cord", "Spinal cord", shown=False)  # above, inside the opaque sac
        elif name in _ROLES:
            yield from _structure(anatomy, name, *_ROLES[name], shown=name != "skin")
    for name in lesions:
        yield from _structure(anatomy, name, "lesion", "Lesion" if name == "lesion" else f"Lesion: {name}")


def _structure(anatomy: Anatomy, name: str, role: str, label: str, *, shown: bool = True) -> Iterator[SceneItem]:
    found = anatomy.get(name)
    if found is not None:
        modelled = found.origin == "modelled"
        yield SceneItem(
            name, label + (" (modelled)" if modelled else ""), role, found.mesh, modelled=modelled, shown=shown
        )


def _beside(level: str) -> tuple[str, ...]:
    at = LEVELS.index(level)
    return LEVELS[max(0, at - 1) : at + 2]


def _procedure(case: Case, result: Result) -> Iterator[SceneItem]:
    for step, zone in zip(case.steps, result.simulation.zones, strict=True):
        number = step.index + 1
        for index, tool in enumerate(step.instruments):
            tag = f"{number}" if len(step.instruments) == 1 else f"{number}.{index + 1}"
            yield from _instrument(step, tool, tag)
        simulated = _simulated_zone(result, step)
        if simulated is not None:
            yield SceneItem(f"zone_{number}", f"Simulated zone, step {number} (240 CEM43)", "zone", simulated)
        elif isinstance(zone, ExpectedZone) and frozen(result, step) is None:
            for index, body in enumerate(zone.lethal):
                tag = f"{number}" if len(zone.lethal) == 1 else f"{number}.{index + 1}"
                label, role = f"Expected zone, step {tag} ({zone.origin})", "cold" if step.kind in FREEZING else "zone"
                yield SceneItem(f"zone_{tag}", label, role, body.surface())
        yield from _filling(step, result)
    for layer in layers_of(result, LAYER_SOURCES):
        yield from items_of(layer)


def _simulated_zone(result: Result, step: CaseStep) -> Mesh | None:
    heat = result.simulation.heat
    own = heat[result.case.steps.index(step)] if heat else None
    return None if own is None or isinstance(own, str) or own.zone is None else own.zone.mesh


def _lethal_cold(case: Case, result: Result) -> list[Mesh]:
    """The −20 °C surfaces, which stand among the isotherms."""
    found = [cold.zone for step in case.steps if (cold := frozen(result, step)) is not None]
    return [zone.mesh for zone in found if zone is not None]


def _instrument(step: CaseStep, tool: Instrument, tag: str) -> Iterator[SceneItem]:
    radius = tool.radius_mm or UNKNOWN_RADIUS_MM
    what = step.kind.replace("_", " ")
    yield SceneItem(
        f"instrument_{tag}", f"Instrument, step {tag} ({what})", "instrument", _rod(tool.entry, tool.tip, radius)
    )
    yield from depth_marks(tool, tag, radius)
    active = step.sheet.value("active_length_mm") if step.sheet else None
    if active:
        back = tool.tip - min(active, float(np.linalg.norm(tool.tip - tool.entry))) * tool.direction
        yield SceneItem(
            f"active_tip_{tag}", f"Active tip, step {tag}", "active_tip", _rod(back, tool.tip, radius * 1.08)
        )


def _rod(start: NDArray[np.float64], end: NDArray[np.float64], radius: float) -> Mesh:
    return Capsule(start, end, radius).surface(around=32, rings=8)


def _filling(step: CaseStep, result: Result) -> Iterator[SceneItem]:
    """Balloon and cement as bodies of the planned volume, where no layer shows them simulated."""
    shown = simulated_parts(result, step)
    for tag, body in () if "balloon" in shown else balloon_bodies(step):
        yield SceneItem(f"balloon_{tag}", f"Balloon, step {tag} (planned volume)", "balloon", body.surface())
        tool = min(step.instruments, key=lambda t: float(np.linalg.norm(t.tip - body.centre)))
        yield balloon_bands(tool, tag, tool.radius_mm or UNKNOWN_RADIUS_MM, body)
    for tag, body in () if "cement" in shown else cement_bodies(step):
        label = f"Cement, step {tag} (planned volume, spread not simulated)"
        yield SceneItem(f"cement_{tag}", label, "cement", body.surface())


def _markers(verdict: Verdict | None) -> tuple[Marker, ...]:
    if verdict is None:
        return ()
    found: dict[tuple[float, ...], Marker] = {}
    for finding in verdict.worst_first():
        if finding.outcome in {"fail", "warn"} and finding.severity != "note" and finding.where_lps_mm is not None:
            found.setdefault(
                finding.where_lps_mm,
                Marker(finding.where_lps_mm, _callout(finding, verdict.lang), finding.outcome, finding.other_lps_mm),
            )
    shown = list(found.values())[:MAX_MARKERS]
    for finding in verdict.worst_first():  # where little is wrong, the tightest distances that are kept are shown
        if len(shown) >= MIN_MARKERS:
            break
        place = finding.where_lps_mm
        kept = finding.outcome == "pass" and finding.quantity in DISTANCES and finding.other_lps_mm is not None
        if kept and place is not None and place not in found:
            found[place] = Marker(place, _callout(finding, verdict.lang), "pass", finding.other_lps_mm)
            shown.append(found[place])
    return tuple(shown)


def _callout(finding: Finding, lang: Lang) -> str:
    limit = finding.limit or {}
    low, high = limit.get("low"), limit.get("high")
    bound = (
        f"≥ {low:g}" if low is not None and high is None else f"≤ {high:g}" if high is not None and low is None else ""
    )
    value = finding.text(finding.value) if finding.value is not None else ""
    return f"{finding.label}: {value}" + (f" ({page_word(lang, 'asked')} {bound})" if bound else "")
