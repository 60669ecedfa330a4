"""From files and folders given one by one to label volumes with their names, and surfaces with theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from planner.anatomy.identity import CT_PLACE, Identity, compare
from planner.anatomy.images.common import Layers
from planner.anatomy.labels import structure_name, table_of
from planner.anatomy.mesh_files import FORMATS
from planner.anatomy.mesh_spec import NAME, Units
from planner.anatomy.meshes import MeshFile, read_mesh_file
from planner.anatomy.source_files import files_of
from planner.anatomy.volume import Volume, read_layers
from planner.core.errors import InputError, Problems
from planner.core.names import Frame

NO_LABELS = "name the table, `--labels totalsegmentator`, or the numbers, `--labels 1=vertebra_L3,2=spinal_cord`"


@dataclass(frozen=True)
class Asked:
    """What the user said of the sources.

    Attributes
    ----------
    labels : a table's name or numbers with names, for label maps that carry no names.
    frame, units : of mesh files.
    ct : on whose grid a structure set is drawn.
    """

    labels: str | dict[int, str] | None = None
    frame: Frame | None = None
    units: Units | None = None
    ct: Volume | None = None


@dataclass
class Gathered:
    """What was found: label volumes with number → structure name, and surfaces by structure name."""

    labels: list[tuple[Volume, dict[int, str]]] = field(default_factory=list)
    meshes: dict[str, MeshFile] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    inputs: list[dict[str, str]] = field(default_factory=list)


def gather(sources: Sequence[str], asked: Asked, problems: Problems) -> Gathered:
    """Read every source: a label map, a mesh, a folder of either, or `NAME=FILE`; what cannot be used is noted."""
    work = _Work(asked, problems)
    for source in sources:
        for name, path in files_of(source, problems):
            try:
                work.take(name, path)
            except InputError as error:
                problems.extend(error.problems)
    found = work.found
    if asked.ct is not None:
        work.identities[CT_PLACE] = asked.ct.identity
    apart, told = compare(list(work.identities.items()))  # now: what is written carries no identity
    problems.extend(apart)
    found.warnings += told
    _pack(found, work.masks)
    if not (found.labels or found.meshes or problems.found):
        problems.add("SOURCE", list(sources), "a label map or a mesh", "name a file or a folder that holds one")
    return found


@dataclass
class _Work:
    """One gathering; `masks` are files of one structure each, packed at the end."""

    asked: Asked
    problems: Problems
    found: Gathered = field(default_factory=Gathered)
    masks: list[tuple[str, Volume]] = field(default_factory=list)
    identities: dict[str, Identity | None] = field(default_factory=dict)

    def take(self, name: str | None, path: Path) -> None:
        place = f"SOURCE {path.name}"
        if path.suffix.lower() in FORMATS:
            self._mesh(name or structure_name(path.stem), path, place)
        else:
            for layer in read_layers(path, place=place, ct=self.asked.ct):
                self.identities[place] = layer.identity
                self._labels(name, layer, place)

    def _note(self, sha256: str) -> None:
        """Take down a file by number: its name may be a patient's."""
        if sha256 not in (entry["sha256"] for entry in self.found.inputs):
            self.found.inputs.append({"role": f"source {len(self.found.inputs) + 1}", "sha256": sha256})

    def _mesh(self, name: str, path: Path, place: str) -> None:
        if self.asked.frame is None:
            way_out = "add `--frame LPS` or `--frame RAS`; a mesh file does not say, and it is never guessed"
            self.problems.add("--frame", "meshes whose frame is unsaid", "LPS or RAS", way_out)
        elif not NAME.fullmatch(name) or ".." in name:
            self.problems.add(place, name, "the name of a structure", "write `vertebra_L3=FILE`")
        elif name in self.found.meshes:
            self.problems.add(place, f"{name} twice", "each structure once", "name one anew, as in `vertebra_L3=FILE`")
        else:
            read = read_mesh_file(path, frame=self.asked.frame, units=self.asked.units, place=place, name=name)
            self.found.meshes[name] = read
            self.found.warnings += read.warnings
            self._note(read.sha256)

    def _labels(self, name: str | None, layer: Volume, place: str) -> None:
        present = list(layer.boxes)
        self._note(layer.sha256)
        self.found.warnings += layer.warnings
        if name is not None and len(present) <= 1:  # one file, one structure
            if present:
                self.masks.append((name, layer))
            else:
                self.found.warnings.append(f"{place}: {name} has no voxel and is left out")
            return
        table = table_of(self.asked.labels if self.asked.labels is not None else layer.names or {})
        if not any(number in table for number in present):
            self.problems.add(place, f"{len(present)} labels without names", "`--labels`", NO_LABELS)
            return
        self.found.labels.append((layer, {n: table[n] for n in present if n in table}))


def _pack(found: Gathered, masks: list[tuple[str, Volume]]) -> None:
    """Put masks of one grid into as few label volumes as their overlaps allow."""
    grids: list[tuple[Volume, Layers]] = []
    for number, (name, mask) in enumerate(masks, start=1):
        layers = next((layers for grid, layers in grids if grid.on_grid_of(mask)), None)
        if layers is None:
            layers = Layers(mask.array.shape, len(masks))
            grids.append((mask, layers))
        layers.add(number, name, mask.array > 0)
    for grid, layers in grids:
        for array, names in zip(layers.arrays, layers.names, strict=True):
            found.labels.append((Volume(array, grid.affine_lps, grid.sha256), names))
