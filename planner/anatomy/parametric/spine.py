"""A patient who does not exist: every structure is built when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from threading import RLock
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.disease_spec import ParametricLesion
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.landscape import Landscape
from planner.anatomy.parametric.measure import bone_truth, pedicle_axis
from planner.anatomy.parametric.spec import ParametricSpec
from planner.anatomy.parametric.store import kept
from planner.anatomy.parametric.trunk import Trunk
from planner.geometry.mesh import Mesh

Point: TypeAlias = NDArray[np.float64]
Maker: TypeAlias = Callable[[], Mesh]
Truth: TypeAlias = Callable[[], dict[str, float]]

_SIDES = {"left": 1.0, "right": -1.0}


class ParametricSpine:
    """The structures of one spec; LPS mm, origin in the centre of the target's body.

    Attributes
    ----------
    spec : what was asked.
    column : dimensions, poses and canal of all 17 levels, built or not.
    store : whether costly meshes are kept on disk between runs.
    """

    def __init__(self, spec: ParametricSpec, column: Column, *, store: bool = False) -> None:
        self.spec, self.column, self.store = spec, column, store
        self._makers: dict[str, Maker] = {}
        self._truths: list[Truth] = []
        self._made: dict[str, object] = {}
        self._locks: dict[str, RLock] = {}
        self._lock = RLock()

    @property
    def built(self) -> tuple[str, ...]:
        """Levels whose vertebrae are built, from the head down."""
        return self.spec.built

    def add(self, makers: Mapping[str, Maker]) -> None:
        """Take over the makers of some structures."""
        self._makers.update(makers)

    def add_truth(self, truth: Truth) -> None:
        """Take over a function that measures finished structures."""
        self._truths.append(truth)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all structures."""
        return tuple(self._makers)

    def once(self, key: str, make: Callable[[], object]) -> object:
        """Return an interim result, made by the first thread that asks for it."""
        with self._lock:
            lock = self._locks.setdefault(key, RLock())
        with lock:
            if key not in self._made:
                self._made[key] = make()
        return self._made[key]

    def mesh(self, name: str) -> Mesh:
        """Return a structure's closed surface, LPS mm.

        Raises
        ------
        KeyError
            When there is no structure of that name.
        """
        maker = self._makers[name]
        found = self.once(name, lambda: kept(self.spec, name, maker) if self.store else maker())
        assert isinstance(found, Mesh)  # noqa: S101 - makers return meshes
        return found

    @property
    def meshes(self) -> Mapping[str, Mesh]:
        """Every structure's surface by name, built on access."""
        return _Meshes(self)

    def prepare(self, names: Iterable[str] | None = None, *, threads: int = 2) -> None:
        """Build several structures side by side; all of them by default."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(self.mesh, name) for name in (self.names if names is None else names)]:
                done.result()

    def grid(self, level: str) -> Grid:
        """Return a vertebra's field as it was sampled, in its own frame (`column.poses[level]`)."""
        from planner.anatomy.parametric.bones import bone_grid  # noqa: PLC0415  bones knows the spine

        found = self.once(f"grid {level}", lambda: bone_grid(self, level))
        assert isinstance(found, Grid)  # noqa: S101
        return found

    def signed_distance(self, name: str, points: ArrayLike) -> NDArray[np.float64]:
        """Return the distance of (n, 3) points to a structure's surface, mm, exact to its mesh; negative inside."""
        import igl  # noqa: PLC0415

        mesh, p = self.mesh(name), np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
        squared = igl.point_mesh_squared_distance(p, mesh.vertices, mesh.faces)[0]
        inside = igl.fast_winding_number(mesh.vertices, mesh.faces, p) > 0.5
        return np.asarray(np.where(inside, -1.0, 1.0) * np.sqrt(squared))

    @cached_property
    def trunk(self) -> Trunk:
        """The outline of the trunk round the spine."""
        return Trunk(self.column, self.built)

    @cached_property
    def landscape(self) -> Landscape:
        """Profiles along the trunk."""
        return Landscape(self.trunk)

    @cached_property
    def extent_mm(self) -> NDArray[np.float64]:
        """(2, 3) bounds of the patient, those of the trunk, LPS mm."""
        points = self.trunk.rings(self.trunk.span).reshape(-1, 3)
        return np.stack([points.min(axis=0), points.max(axis=0)])

    @cached_property
    def truth(self) -> dict[str, float]:
        """What the surfaces measure, by name with its unit."""
        found = bone_truth(self.column.rows[self.spec.level], self.meshes)
        for truth in self._truths:
            found |= truth()
        return found

    @cached_property
    def pedicle_axes(self) -> dict[str, tuple[Point, Point]]:
        """Per side, where the axis leaves the target's bone behind and its end in the front third of the body."""
        level = self.spec.level
        vertebra = self.mesh(f"vertebra_{level}")
        return {side: pedicle_axis(self.column.rows[level], vertebra, sign) for side, sign in _SIDES.items()}

    @property
    def lesions(self) -> dict[str, tuple[ParametricLesion, str]]:
        """Spec and level of each lesion, by the name of its structure."""
        from planner.anatomy.parametric.disease import lesions  # noqa: PLC0415  disease knows the spine

        return lesions(self)

    @property
    def lesion(self) -> Mesh | None:
        """The lesion's surface, where one was asked for."""
        return self.mesh("lesion") if "lesion" in self._makers else None


class _Meshes(Mapping[str, Mesh]):
    def __init__(self, spine: ParametricSpine) -> None:
        self._spine = spine

    def __getitem__(self, name: str) -> Mesh:
        return self._spine.mesh(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._spine.names)

    def __len__(self) -> int:
        return len(self._spine.names)
