"""three.js (MIT) as it ships inside trimesh: library, GLTFLoader and TrackballControls, no network, no copy of ours."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from zipfile import BadZipFile, ZipFile

ARCHIVE, MEMBER = "viewer.zip", "viewer.html.template"
_OWN_CODE = "var camera,controls,scene,renderer,tracklight;"
_NEEDED = ("SPDX-License-Identifier: MIT", "THREE.GLTFLoader=GLTFLoader", "THREE.TrackballControls=")

LICENCE_LINE = "three.js r140, © 2010–2022 three.js authors, MIT licence (as packaged by trimesh, MIT licence)"


class ViewerAssetError(RuntimeError):
    """The installed trimesh does not hold the viewer script in the form this version knows."""


@lru_cache(maxsize=1)
def threejs_source() -> str:
    """JavaScript that defines `THREE`, `THREE.GLTFLoader` and `THREE.TrackballControls`, its licence comment on top.

    Raises
    ------
    ViewerAssetError
        trimesh's template is absent or laid out differently; tells what was looked for.
    """
    place = files("trimesh") / "resources" / "templates" / ARCHIVE
    try:
        with place.open("rb") as stream, ZipFile(stream) as archive:
            template = archive.read(MEMBER).decode("utf-8")
    except (OSError, KeyError, BadZipFile, UnicodeDecodeError) as error:
        raise ViewerAssetError(_explain(f"{ARCHIVE}/{MEMBER} cannot be read ({error})")) from error
    return library_part(template)


def library_part(template: str) -> str:
    """Cut the library out of trimesh's page, leaving trimesh's own viewer behind."""
    start = template.find("<script>")
    end = template.find(_OWN_CODE)
    if start < 0 or end < start:
        raise ViewerAssetError(_explain("the start of trimesh's own viewer code was not found"))
    source = template[start + len("<script>") : end]
    for needle in _NEEDED:
        if needle not in source:
            raise ViewerAssetError(_explain(f"{needle!r} was not found"))
    if "</script" in source.lower():
        raise ViewerAssetError(_explain("the script holds a closing tag"))
    return source


def _explain(what: str) -> str:
    return (
        f"The 3D viewer's script could not be taken from the installed trimesh: {what}. "
        "Way out: install a trimesh between 4.4 and 5.2, for which the layout is known."
    )
