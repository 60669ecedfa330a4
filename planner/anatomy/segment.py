"""Structures found in a CT by TotalSegmentator, which is an extra of its own: `vertebral-planner[segment]`.

Its network weights are not part of any package: it fetches them when a task is first run, or they are put into
its folder by hand. Where they were trained, on whom and how well they do is in Wasserthal et al. 2023
(doi 10.1148/ryai.230024); a segmentation is a proposal that someone has to look at.
"""

from __future__ import annotations

import contextlib
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from planner.anatomy.labels import TABLES
from planner.anatomy.volume import Volume, read_volume
from planner.core.errors import InputError, Problem, shown
from planner.core.names import LEVELS
from planner.geometry.frames import RAS_TO_LPS, canonical

MODULE = "totalsegmentator.python_api"
ROI = (
    *(f"vertebrae_{level}" for level in LEVELS),
    "vertebrae_S1", "sacrum", "spinal_cord", "aorta", "inferior_vena_cava", "superior_vena_cava",
    "iliac_artery_left", "iliac_artery_right", "iliac_vena_left", "iliac_vena_right", "esophagus",
    "kidney_left", "kidney_right", "lung_upper_lobe_left", "lung_lower_lobe_left", "lung_upper_lobe_right",
    "lung_middle_lobe_right", "lung_lower_lobe_right",
)  # fmt: skip
"""What is asked for, by TotalSegmentator's own names: the spine and what must not be hit."""
WEIGHTS = (
    "connect once to a network that reaches github.com, or copy the weights from another machine and set "
    "TOTALSEG_WEIGHTS_PATH to their folder"
)


def segment_ct(ct: Path, *, fast: bool = False, place: str = "CT") -> tuple[Volume, dict[int, str]]:
    """Label the spine and its neighbours in a CT.

    Parameters
    ----------
    ct : any image that :func:`planner.anatomy.volume.read_volume` reads.
    fast : at 3 mm instead of 1.5 mm: minutes instead of tens of minutes without a GPU, and coarser.

    Returns
    -------
    The label volume, and the name of each label in it.

    Raises
    ------
    InputError
        The CT cannot be read, the extra or its weights are not there, or the model failed.
    """
    volume = read_volume(ct, place=place)
    run = _model()
    import nibabel  # noqa: PLC0415

    image = nibabel.Nifti1Image(volume.array.astype(np.float32), RAS_TO_LPS @ volume.affine_lps)
    try:
        # Its progress goes to stdout, which belongs to our own output.
        with contextlib.redirect_stdout(sys.stderr):
            found = run(image, None, ml=True, task="total", roi_subset=list(ROI), fast=fast, quiet=True)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the model ends in whatever its many parts raise
        raise _failed(error) from None
    return _labelled(found)


def _model() -> Any:
    try:
        return import_module(MODULE).totalsegmentator
    except ImportError as error:
        missing = "TotalSegmentator, which is not installed"
        if (error.name or "").partition(".")[0] not in ("", "totalsegmentator"):
            missing = f"TotalSegmentator without {error.name}"
        way_out = "pip install 'vertebral-planner[segment]', or segment elsewhere and use `planner anatomy import`"
        raise InputError([Problem("segment", missing, "the extra `segment`", way_out)]) from None


def _failed(error: BaseException) -> InputError:
    chain: list[BaseException] = [error]
    while (link := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 10:
        chain.append(link)
    kinds = {kind.__name__ for each in chain for kind in type(each).__mro__}
    text = f"{type(error).__name__}: {shown(error)}"
    told = " ".join(str(each) for each in chain).lower()
    if kinds & {"RequestException", "ConnectionError", "URLError", "HTTPError", "MaxRetryError", "gaierror"}:
        return InputError([Problem("segment", f"no network for the weights ({text})", "the network weights", WEIGHTS)])
    if "weight" in told or (kinds & {"FileNotFoundError"} and "nnunet" in told):
        return InputError([Problem("segment", f"no weights ({text})", "the network weights", WEIGHTS)])
    if kinds & {"MemoryError", "OutOfMemoryError"} or "out of memory" in told:
        return InputError([Problem("segment", text, "enough memory", "add `--fast`, or crop the CT to the spine")])
    way_out = "run TotalSegmentator by itself to see more, and use `planner anatomy import` on its result"
    return InputError([Problem("segment", text, "a segmentation", way_out)])


def _labelled(found: Any) -> tuple[Volume, dict[int, str]]:
    image = found[0] if isinstance(found, tuple) else found  # with statistics it returns both
    array, affine = canonical(np.asanyarray(image.dataobj).astype(np.uint8), RAS_TO_LPS @ np.asarray(image.affine))
    table = TABLES["totalsegmentator"]
    names = {int(n): table[int(n)] for n in np.unique(array) if int(n) in table}
    if not any(name.startswith("vertebra_") for name in names.values()):
        way_out = "is it a CT of the spine, in Hounsfield units? `planner anatomy info` shows what was read"
        raise InputError([Problem("segment", "no vertebra found", "a CT that shows the spine", way_out)])
    return Volume(array, affine, ""), names
