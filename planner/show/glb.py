"""Scene → one binary glTF file: named nodes, colours, metres, Y up."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.show.frame import FRAME_NOTE, gltf_directions, gltf_points
from planner.show.reduce import PAGE_FACES, thinned
from planner.show.scene import Scene, SceneItem
from planner.show.shading import shaded
from planner.show.style import OPAQUE_FROM, linear

_BANDS = "_bands"
ROOT = "planner_scene"
"""Node above all structures."""


def scene_glb(scene: Scene, faces: int = PAGE_FACES) -> bytes:
    """Write the scene as GLB; the same scene gives the same bytes.

    Parameters
    ----------
    scene : what is to be seen.
    faces : triangles of the whole scene above which large meshes are thinned out, within a tolerance that
        `asset.extras.display_tolerance_mm` tells.

    Node and mesh names are the structure names; `asset.extras` tells frame and unit, each node's `extras`
    its label and role. Vertices are glTF metres, Y up (`planner.show.frame`); on sharp edges they are repeated,
    one for each normal.

    Returns
    -------
    bytes
        A complete `.glb` file.
    """
    import trimesh  # noqa: PLC0415  # heavy, only where needed
    from trimesh.exchange.gltf import export_glb  # noqa: PLC0415  # heavy, only where needed

    world = trimesh.Scene(base_frame=ROOT)
    scene = thinned(scene, faces)
    for item in scene.items:
        world.add_geometry(_surface(item), node_name=item.name, geom_name=item.name)
    labels = {item.name: item for item in scene.items}

    def annotate(tree: dict[str, Any]) -> None:
        tree["asset"]["extras"] = {
            "frame": FRAME_NOTE,
            "unit": "m",
            "title": scene.title,
            "display_tolerance_mm": scene.display_tolerance_mm,
        }
        for mesh in tree["meshes"]:
            for primitive in mesh["primitives"]:
                if _BANDS in primitive["attributes"]:  # trimesh puts an underscore before a name of its user's
                    primitive["attributes"]["COLOR_0"] = primitive["attributes"].pop(_BANDS)
        for node in tree["nodes"]:
            item = labels.get(node.get("name", ""))
            if item is not None and "mesh" in node:
                node["extras"] = {"label": item.label, "role": item.role}

    return bytes(export_glb(world, include_normals=True, tree_postprocessor=annotate))


def _surface(item: SceneItem) -> Any:
    """Trimesh object with its PBR material."""
    import trimesh  # noqa: PLC0415  # heavy, only where needed

    style, surface = item.style, shaded(item)
    banded = surface.colours is not None
    material = trimesh.visual.material.PBRMaterial(
        name=item.role,
        baseColorFactor=[*((1.0, 1.0, 1.0) if banded else style.linear_rgb), style.opacity],
        metallicFactor=0.4 if item.role == "instrument" else 0.0,
        roughnessFactor=0.45 if item.role == "instrument" else 0.7,
        alphaMode="OPAQUE" if style.opacity >= OPAQUE_FROM else "BLEND",
        doubleSided=True,
    )
    made = trimesh.Trimesh(
        vertices=gltf_points(surface.vertices),
        faces=surface.faces,
        vertex_normals=gltf_directions(surface.normals),
        visual=trimesh.visual.TextureVisuals(material=material),
        process=False,
    )
    if surface.colours is not None:
        made.vertex_attributes[_BANDS[1:]] = linear(surface.colours).astype(np.float32)
    return made
