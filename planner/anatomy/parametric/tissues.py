"""What a made CT shows for each tissue: CT numbers and cortex by the packaged figures, each with its source."""

from __future__ import annotations

from planner.anatomy.calibration import Calibration, calibration
from planner.core.names import Bone


def figures() -> Calibration:
    """Return `protocols/calibration/ct_phantom.yaml`."""
    return calibration("ct_phantom")


def hu(tissue: str) -> float:
    """Return the mean CT number of a tissue, HU.

    Raises
    ------
    KeyError
        No such tissue.
    """
    return figures()[f"{tissue}_hu"]


def density_mg_cm3(bone: Bone) -> float:
    """Return the mineral density of cancellous bone in a body that stands for a grade, mg/cm³."""
    return figures()[f"density_{bone}_mg_cm3"]


def hu_of_density(mg_cm3: float) -> float:
    """Return the CT number that reads back as a mineral density: the calibration backwards."""
    c = calibration()
    return (mg_cm3 - c["bmd_offset_mg_cm3"]) / c["bmd_slope_mg_cm3_per_hu"]


def cortex_factor(bone: Bone) -> float:
    """Return how thick cortex is in bone of a grade, against normal bone."""
    return figures()[f"cortex_{bone}_factor"]


TISSUES: tuple[tuple[str, str], ...] = (
    (r"spinal_cord", "cord"),
    (r"cauda_equina|nerve_root_.*", "nerve"),
    (r"thecal_sac", "csf"),
    (r"spinal_canal", "epidural"),
    (r"disc_.*", "disc"),
    (r"lung_.*", "lung"),
    (r"kidney_.*", "kidney"),
    (r"oesophagus", "oesophagus"),
    (r"muscle_(?!psoas|.*psoas).*|autochthon.*", "back_muscle"),
    (r"muscle_.*", "muscle"),
    (r"fat_.*", "fat"),
    (r"costal_cartilage.*", "cartilage"),
    (r"aorta|.*vena_cava|.*artery.*|.*vein.*", "blood"),
    (r"cement_.*", "cement"),
    (r"screw_.*", "titanium"),
    (r".*", "soft_tissue"),
)
"""Structure name → tissue, the first pattern that fits; bones and lesions are filled by parts and stand elsewhere."""
