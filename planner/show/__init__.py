"""The 3D scene: a picture, a GLB and a page, all from one set of named surfaces. VTK is imported in the worker only."""

from planner.show.embed import scene_html
from planner.show.glb import scene_glb
from planner.show.libraries import RenderError
from planner.show.png import probe_rendering, render_png, start_png
from planner.show.scene import Marker, Scene, SceneItem
from planner.show.threejs import ViewerAssetError

__all__ = [
    "Marker",
    "RenderError",
    "Scene",
    "SceneItem",
    "ViewerAssetError",
    "probe_rendering",
    "render_png",
    "scene_glb",
    "scene_html",
    "start_png",
]
