"""The rendering process: `python -m planner.show.worker SCENE.npz OUT.png WIDTH HEIGHT [VIEW VIEW.png]…`, or `--probe`.

Only here and in `planner.show.paint`/`overlay` does VTK get imported. Plain `vtkmodules` rather than pyvista:
what is drawn is a dozen surfaces and a few 2D lines, and a picture is there half a second earlier.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Render one scene, or probe; 0 when it worked."""
    from planner.show.paint import paint, probe  # noqa: PLC0415  # imports VTK

    if arguments == ["--probe"]:
        return 0 if probe() else 4
    from planner.show.serial import FONT_FILE, load_scene  # noqa: PLC0415  # not for the probe

    source, target, width, height, *rest = arguments
    font = Path(source).with_name(FONT_FILE)
    also = {name: Path(path) for name, path in zip(rest[::2], rest[1::2], strict=True)}
    paint(load_scene(Path(source)), Path(target), (int(width), int(height)), also, str(font) if font.is_file() else "")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
