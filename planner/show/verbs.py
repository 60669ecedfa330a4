"""The verb `show_plan`: a window where there is a display, or files."""

from __future__ import annotations

import os
from pathlib import Path

from planner.check.verdict import Verdict
from planner.core.files import write_atomically
from planner.measure.result import Result, simulate_plan
from planner.plan.case import Case
from planner.show.compose import scene_of
from planner.show.libraries import RenderError
from planner.show.scene import Scene, at_rest


def show_plan(
    case: Case,
    result: Result | None = None,
    verdict: Verdict | None = None,
    *,
    png: str | Path | None = None,
    html: str | Path | None = None,
    glb: str | Path | None = None,
) -> Scene:
    """Show a case in 3D.

    Parameters
    ----------
    png, html, glb : files to write; where none is named a window opens.

    Returns
    -------
    The scene that was shown.

    Raises
    ------
    RenderError
        When graphics libraries, or for a window the display, are missing; says how to mend it.
    """
    scene = scene_of(case, result or simulate_plan(case), verdict)
    if glb is not None:
        from planner.show.glb import scene_glb  # noqa: PLC0415

        write_atomically(Path(glb), scene_glb(scene))
    if html is not None:
        from planner.show.embed import scene_html  # noqa: PLC0415

        write_atomically(Path(html), scene_html(scene))
    if png is not None:
        from planner.show.png import render_png  # noqa: PLC0415

        render_png(scene, png)
    if png is html is glb is None:
        _window(scene)
    return scene


def _window(scene: Scene) -> None:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.name == "nt"):
        raise RenderError("there is no display for a window", mend="name a file instead: --png, --html or --glb")
    import pyvista  # noqa: PLC0415 - VTK, a second and more

    plotter = pyvista.Plotter(title=scene.title)
    for item in at_rest(scene).items:
        style = item.style
        surface = pyvista.PolyData.from_regular_faces(item.mesh.vertices, item.mesh.faces)
        if item.bands is not None:
            surface.cell_data["band"] = item.bands.of_face
            colours = list(item.bands.colours)
            plotter.add_mesh(surface, scalars="band", cmap=colours, show_scalar_bar=False, opacity=style.opacity)
            continue
        plotter.add_mesh(surface, color=style.colour, opacity=style.opacity, label=item.label, smooth_shading=True)
    for marker in scene.markers:
        plotter.add_point_labels([marker.where_lps_mm], [marker.label], shape_opacity=0.6)
    plotter.camera.focal_point = scene.focus_lps_mm
    plotter.add_legend()
    plotter.show()
