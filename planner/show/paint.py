"""Scene → pixels with VTK. Imported by the worker process only.

Two traps are met here. Depth peeling with multisampling drops every translucent actor without a word on
software renderers, so multisampling is off and edges are smoothed in the finished picture (at half the time of drawing
it larger, and as smooth). And translucent tissue one behind the other turns to fog, so glassy surfaces are thinned
where they face the eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import vtkmodules.vtkRenderingFreeType
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  # registers the OpenGL classes that the core factory makes
from PIL import Image
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkLogger, vtkObject, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPlane, vtkPolyData
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkLight,
    vtkPolyDataMapper,
    vtkRenderer,
    vtkRenderWindow,
    vtkWindowToImageFilter,
)

from planner.show.overlay import annotate
from planner.show.scene import Scene, SceneItem, at_rest
from planner.show.shading import shaded
from planner.show.style import OPAQUE_FROM, UNCUT
from planner.show.views import VIEW_ANGLE_DEG, View, aim, camera_distance_mm, kept_side, views

COMPRESSION = 4
"""Of the PNG; more costs twice the time for a twentieth of the bytes."""

STILL = (800, 600)
"""Size of the pictures of other views: what a column of the report holds."""

PEELS = 12
"""Passes at most, two layers of translucent surfaces each: as many as any line of sight through a spine crosses."""

FORGOTTEN = 0.002
"""No further pass where the last one changed fewer than this share of the pixels: a square of 60 pixels, so that nested
zones that are seen at all are seen to their innermost."""

LEGEND_SHIFT = 0.10
"""The scene stands left of the middle by this part of the half width: the legend has the right edge."""

# Thin where the surface faces the eye, dense towards its outline: the outline is what a reader needs of glass.
_GLASS = """
  float facing = abs(normalVCVSOutput.z);
  fragOutput0.a = clamp(opacity * mix(2.1, 0.5, smoothstep(0.0, 0.85, facing)), 0.0, 1.0);
"""


# Stripes across the picture tell what was derived and not seen; glass and solid alike.
_HATCH = """
  if (mod(gl_FragCoord.x + gl_FragCoord.y, 18.0) < 7.0) { fragOutput0.rgb = mix(fragOutput0.rgb, vec3(1.0), 0.55); }
"""


def paint(
    scene: Scene, path: Path, size: tuple[int, int], also: Mapping[str, Path] | None = None, font: str = ""
) -> None:
    """Render the scene into a PNG of `size` (width, height) pixels, and smaller ones of other views by their names."""
    window, renderer = _stage(size)
    actors = [(item, _actor(item)) for item in scene.items]
    for _, actor in actors:
        renderer.AddActor(actor)
    _lights(renderer)
    seen = {item.name for item in at_rest(scene).items}
    known = views(scene)
    for name, target in {"home": path, **(also or {})}.items():
        view, first = known[name], target == path
        if not first:
            window.SetSize(*STILL)
        plane = _plane(scene, view)
        for item, actor in actors:
            actor.SetVisibility(item.name in seen or item.role in view.reveals)
            actor.GetMapper().RemoveAllClippingPlanes()
            if plane is not None and item.role not in UNCUT:
                actor.GetMapper().AddClippingPlane(plane)
        _camera(scene, view, renderer, LEGEND_SHIFT if first else 0.0)
        drawn = annotate(scene, window, renderer, whole=first, font=font)
        window.Render()
        _write(_pixels(window), target)
        for prop in drawn:
            renderer.RemoveViewProp(prop)
    window.Finalize()


def _plane(scene: Scene, view: View) -> Any:
    kept = kept_side(scene, view)
    if kept is None:
        return None
    plane = vtkPlane()
    plane.SetOrigin(*kept[0])
    plane.SetNormal(*kept[1])
    return plane


def probe() -> bool:
    """Whether a translucent triangle leaves pixels behind."""
    window, renderer = _stage((32, 32))
    points = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
    actor = _surface(points, np.tile([0.0, 0.0, 1.0], (3, 1)), np.array([[0, 1, 2]]))
    actor.GetProperty().SetColor(0.0, 0.0, 0.0)
    actor.GetProperty().SetOpacity(0.5)
    renderer.AddActor(actor)
    renderer.ResetCamera()
    window.Render()
    return bool((_pixels(window) < 200).any())


def _stage(size: tuple[int, int]) -> tuple[Any, Any]:
    vtkObject.GlobalWarningDisplayOff()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetSize(*size)
    window.SetDPI(72)  # then a font size is its height in pixels
    window.SetAlphaBitPlanes(1)
    window.SetMultiSamples(0)
    renderer = vtkRenderer()
    renderer.SetBackground(0.969, 0.976, 0.98)
    renderer.SetUseDepthPeeling(1)
    renderer.SetMaximumNumberOfPeels(PEELS)
    renderer.SetOcclusionRatio(FORGOTTEN)
    renderer.UseFXAAOn()
    renderer.SetTwoSidedLighting(1)
    window.AddRenderer(renderer)
    return window, renderer


def _actor(item: SceneItem) -> Any:
    style, surface = item.style, shaded(item)
    actor = _surface(surface.vertices, surface.normals, surface.faces, surface.colours)
    look = actor.GetProperty()
    look.SetColor(*style.rgb)
    look.SetOpacity(style.opacity)
    look.SetInterpolationToPhong()
    look.SetAmbient(0.34)
    look.SetDiffuse(0.78)
    look.SetSpecular(0.22 if style.opacity >= OPAQUE_FROM else 0.10)
    look.SetSpecularPower(28)
    effects = ("" if style.opacity >= 0.5 else _GLASS) + (_HATCH if item.modelled else "")
    if effects:
        look_up = actor.GetShaderProperty()
        look_up.AddFragmentShaderReplacement("//VTK::Light::Impl", True, "//VTK::Light::Impl\n" + effects, False)
    return actor


def _surface(vertices: Any, normals: Any, faces: Any, colours: Any = None) -> Any:
    """Actor from (n, 3) vertices, normals and, where given, colours 0 to 1, and (m, 3) faces."""
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(vertices, dtype=np.float32), deep=True))
    cells = vtkCellArray()
    offsets = np.arange(0, 3 * len(faces) + 1, 3, dtype=np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(faces, dtype=np.int64).ravel(), deep=True),
    )
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    array = numpy_to_vtk(np.ascontiguousarray(normals, dtype=np.float32), deep=True)
    array.SetName("Normals")
    data.GetPointData().SetNormals(array)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.ScalarVisibilityOff()
    if colours is not None:
        data.GetPointData().SetScalars(numpy_to_vtk(np.rint(colours * 255).astype(np.uint8), deep=True))
        mapper.ScalarVisibilityOn()
    actor = vtkActor()
    actor.SetMapper(mapper)
    return actor


def _lights(renderer: Any) -> None:
    """Put up a headlight, a key from the upper left and a fill from the right, all moving with the camera."""
    renderer.RemoveAllLights()
    for position, strength, colour in (
        ((0.0, -0.1, 1.0), 0.52, (1.0, 1.0, 1.0)),
        ((-0.6, 0.7, 1.0), 0.46, (1.0, 0.99, 0.97)),
        ((0.9, -0.1, 0.8), 0.24, (0.95, 0.97, 1.0)),
    ):
        light = vtkLight()
        light.SetLightTypeToCameraLight()
        light.SetPosition(*position)
        light.SetIntensity(strength)
        light.SetColor(*colour)
        renderer.AddLight(light)


def _camera(scene: Scene, view: View, renderer: Any, shift: float) -> None:
    focus = aim(scene) if view.focus is None else view.focus
    camera = renderer.GetActiveCamera()
    camera.SetViewAngle(VIEW_ANGLE_DEG)
    camera.SetFocalPoint(*focus)
    camera.SetPosition(*(focus + camera_distance_mm(view.radius_mm or scene.radius_mm) * view.direction))
    camera.SetViewUp(*view.up)
    camera.SetWindowCenter(shift, 0.0)
    renderer.ResetCameraClippingRange()


def _pixels(window: Any) -> Any:
    """(height, width, 3) uint8, first row at the bottom."""
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.SetInputBufferTypeToRGB()
    grab.ReadFrontBufferOff()
    grab.ShouldRerenderOff()
    grab.Update()
    image = grab.GetOutput()
    width, height, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)


def _write(pixels: Any, path: Path) -> None:
    """Write; the first row of `pixels` is the bottom."""
    Image.fromarray(np.ascontiguousarray(pixels[::-1])).save(path, "PNG", compress_level=COMPRESSION)
