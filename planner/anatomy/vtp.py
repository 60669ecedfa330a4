"""Reading VTK XML surfaces (.vtp); the only place outside `show` that knows VTK, for no other reader exists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_vtp(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return vertices (n, 3) and triangles (m, 3) as they stand in the file; strips and polygons are cut up.

    Raises
    ------
    ValueError
        VTK finds the file damaged, or it holds no surface.
    """
    # Late: a tenth of a second and a display library, paid only where such a file is read.
    from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: PLC0415
    from vtkmodules.vtkCommonCore import vtkObject  # noqa: PLC0415
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter  # noqa: PLC0415
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader  # noqa: PLC0415

    told: list[str] = []
    reader, triangles = vtkXMLPolyDataReader(), vtkTriangleFilter()
    reader.AddObserver("ErrorEvent", lambda _caller, event: told.append(event))
    reader.SetFileName(str(path))
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.PassVertsOff()
    triangles.PassLinesOff()
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()  # the pipeline would print what becomes our own error
    try:
        reader.Update()
        found = reader.GetOutput()
        points = found.GetPoints()
        if told or points is None or points.GetData() is None or not found.GetNumberOfCells():
            raise ValueError("VTK cannot read a surface from it")
        place = vtk_to_numpy(points.GetData()).astype(np.float64).reshape(-1, 3)
        _whole(found, len(place))
        triangles.Update()
        cells = triangles.GetOutput().GetPolys()
        faces = vtk_to_numpy(cells.GetConnectivityArray()).astype(np.int64)
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)
    if faces.size == 0 or faces.size % 3:
        raise ValueError("it holds no triangles")
    return place, faces.reshape(-1, 3)


def _whole(surface: object, points: int) -> None:
    """Refuse cells that name points which are not there: VTK's filters would read beyond the array."""
    from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: PLC0415

    for kind in ("Polys", "Strips"):
        cells = getattr(surface, f"Get{kind}")()
        if cells.GetNumberOfCells() == 0:
            continue
        named, offsets = vtk_to_numpy(cells.GetConnectivityArray()), vtk_to_numpy(cells.GetOffsetsArray())
        inside = named.size and named.min() >= 0 and named.max() < points
        if not inside or offsets[0] != 0 or offsets[-1] != named.size or (np.diff(offsets) < 0).any():
            raise ValueError(f"its {kind.lower()} name points that are not there")
