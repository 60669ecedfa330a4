"""Label tables: which number means which structure, by the program that made the map. Never guessed.

Sources: TotalSegmentator v2 class map of task `total` (Wasserthal et al. 2023, doi 10.1148/ryai.230024; v1
numbers differ), its task `vertebrae_body`; VerSe numbering (Sekuboyina et al. 2021,
doi 10.1016/j.media.2021.102166); TPTBox sub-region numbers. Lobes of a lung are one structure, the lung.
"""

from __future__ import annotations

import re

BODY_MAP = "vertebral_bodies"
"""Name of a map that marks all vertebral bodies alike; the body of a level is this map within that level."""

_TOTALSEGMENTATOR = {
    1: "spleen", 2: "kidney_right", 3: "kidney_left", 4: "gallbladder", 5: "liver", 6: "stomach", 7: "pancreas",
    8: "adrenal_gland_right", 9: "adrenal_gland_left", 10: "lung_left", 11: "lung_left",
    12: "lung_right", 13: "lung_right", 14: "lung_right", 15: "oesophagus", 16: "trachea",
    17: "thyroid_gland", 18: "small_bowel", 19: "duodenum", 20: "colon", 21: "urinary_bladder",
    22: "prostate", 23: "kidney_cyst_left", 24: "kidney_cyst_right", 25: "sacrum", 26: "vertebra_S1",
    **{27 + i: f"vertebra_L{5 - i}" for i in range(5)},
    **{32 + i: f"vertebra_T{12 - i}" for i in range(12)},
    **{44 + i: f"vertebra_C{7 - i}" for i in range(7)},
    51: "heart", 52: "aorta", 53: "pulmonary_vein", 54: "brachiocephalic_trunk", 55: "subclavian_artery_right",
    56: "subclavian_artery_left", 57: "common_carotid_artery_right", 58: "common_carotid_artery_left",
    59: "brachiocephalic_vein_left", 60: "brachiocephalic_vein_right", 61: "atrial_appendage_left",
    62: "superior_vena_cava", 63: "inferior_vena_cava", 64: "portal_vein_and_splenic_vein",
    65: "iliac_artery_left", 66: "iliac_artery_right", 67: "iliac_vein_left", 68: "iliac_vein_right",
    69: "humerus_left", 70: "humerus_right", 71: "scapula_left", 72: "scapula_right", 73: "clavicula_left",
    74: "clavicula_right", 75: "femur_left", 76: "femur_right", 77: "hip_left", 78: "hip_right",
    79: "spinal_cord", 80: "gluteus_maximus_left", 81: "gluteus_maximus_right", 82: "gluteus_medius_left",
    83: "gluteus_medius_right", 84: "gluteus_minimus_left", 85: "gluteus_minimus_right", 86: "autochthon_left",
    87: "autochthon_right", 88: "iliopsoas_left", 89: "iliopsoas_right", 90: "brain", 91: "skull",
    **{92 + i: f"rib_left_{i + 1}" for i in range(12)},
    **{104 + i: f"rib_right_{i + 1}" for i in range(12)},
    116: "sternum", 117: "costal_cartilages",
}  # fmt: skip

_TOTALSEGMENTATOR_V1 = {
    1: "spleen", 2: "kidney_right", 3: "kidney_left", 4: "gallbladder", 5: "liver", 6: "stomach", 7: "aorta",
    8: "inferior_vena_cava", 9: "portal_vein_and_splenic_vein", 10: "pancreas", 11: "adrenal_gland_right",
    12: "adrenal_gland_left", 13: "lung_left", 14: "lung_left", 15: "lung_right", 16: "lung_right", 17: "lung_right",
    **{18 + i: f"vertebra_L{5 - i}" for i in range(5)},
    **{23 + i: f"vertebra_T{12 - i}" for i in range(12)},
    **{35 + i: f"vertebra_C{7 - i}" for i in range(7)},
    42: "oesophagus", 43: "trachea", 44: "heart_myocardium", 45: "heart_atrium_left", 46: "heart_ventricle_left",
    47: "heart_atrium_right", 48: "heart_ventricle_right", 49: "pulmonary_artery", 50: "brain",
    51: "iliac_artery_left", 52: "iliac_artery_right", 53: "iliac_vein_left", 54: "iliac_vein_right",
    55: "small_bowel", 56: "duodenum", 57: "colon",
    **{58 + i: f"rib_left_{i + 1}" for i in range(12)},
    **{70 + i: f"rib_right_{i + 1}" for i in range(12)},
    82: "humerus_left", 83: "humerus_right", 84: "scapula_left", 85: "scapula_right", 86: "clavicula_left",
    87: "clavicula_right", 88: "femur_left", 89: "femur_right", 90: "hip_left", 91: "hip_right", 92: "sacrum",
    93: "face", 94: "gluteus_maximus_left", 95: "gluteus_maximus_right", 96: "gluteus_medius_left",
    97: "gluteus_medius_right", 98: "gluteus_minimus_left", 99: "gluteus_minimus_right", 100: "autochthon_left",
    101: "autochthon_right", 102: "iliopsoas_left", 103: "iliopsoas_right", 104: "urinary_bladder",
}  # fmt: skip

_VERSE = {
    **{1 + i: f"vertebra_C{i + 1}" for i in range(7)},
    **{8 + i: f"vertebra_T{i + 1}" for i in range(12)},
    **{20 + i: f"vertebra_L{i + 1}" for i in range(6)},
    26: "sacrum", 27: "coccyx", 28: "vertebra_T13",
}  # fmt: skip

TABLES: dict[str, dict[int, str]] = {
    "totalsegmentator": _TOTALSEGMENTATOR,
    "totalsegmentator_v2": _TOTALSEGMENTATOR,
    "totalsegmentator_v1": _TOTALSEGMENTATOR_V1,
    "totalsegmentator_vertebrae_body": {1: BODY_MAP, 2: "discs"},
    "verse": _VERSE,
    "tptbox_subregions": {
        41: "arcus",
        42: "spinous_process",
        43: "transverse_process_left",
        44: "transverse_process_right",
        45: "superior_articular_left",
        46: "superior_articular_right",
        47: "inferior_articular_left",
        48: "inferior_articular_right",
        49: BODY_MAP,
        50: BODY_MAP,
        60: "spinal_cord",
        61: "spinal_canal",
    },
}
"""Table name → label number → structure name."""

_OTHER_NAMES = {
    "vertebrae_body": BODY_MAP, "vertebral_body": BODY_MAP, "vertebra_body": BODY_MAP, "vertebrae_bodies": BODY_MAP,
    "esophagus": "oesophagus", "cord": "spinal_cord", "canal": "spinal_canal", "ivc": "inferior_vena_cava",
    "intervertebral_discs": "discs", "spinalcord": "spinal_cord", "spinalcanal": "spinal_canal",
    "bowel": "small_bowel", "bowel_small": "small_bowel", "bowel_large": "colon",
    "iliac_vena_left": "iliac_vein_left", "iliac_vena_right": "iliac_vein_right",
}  # fmt: skip


_SIDED = (
    r"(lung|pleura|kidney)(?:_(?:upper|middle|lower)_lobe)?_(left|right|l|r)"
    r"|(left|right|lt|rt)_(lung|pleura|kidney)"
)
"""Organs of either side as programs and contours name them (TotalSegmentator, TG-263, planning systems)."""


def structure_name(written: str) -> str:
    """Return our name for what a file or another program calls a structure; unknown names stay as they are.

    >>> structure_name("vertebrae_L3"), structure_name("lung_lower_lobe_left"), structure_name("Left hand")
    ('vertebra_L3', 'lung_left', 'Left hand')
    """
    lowered = written.strip().lower().replace(" ", "_")
    if match := re.fullmatch(r"(?:vertebrae?_)?([ctls])0?(\d{1,2})(_body)?", lowered):
        return f"vertebra_{match[1].upper()}{match[2]}{match[3] or ''}"
    if match := re.fullmatch(r"nerve_root_([ctls]\d{1,2})_(left|right)", lowered):
        return f"nerve_root_{match[1].upper()}_{match[2]}"
    if match := re.fullmatch(_SIDED, lowered):
        organ, side = match[1] or match[4], match[2] or match[3]
        return f"{'lung' if organ == 'pleura' else organ}_{'left' if side.startswith('l') else 'right'}"
    return _OTHER_NAMES.get(lowered, lowered if lowered in _KNOWN else written.strip())


_KNOWN = {name for table in TABLES.values() for name in table.values()} | {
    "spinal_canal", "thecal_sac", "skin", "lesion", "lung_left", "lung_right",
}  # fmt: skip


def is_known(written: str) -> bool:
    """Return whether a name, as a file or another program writes it, is one of ours.

    >>> is_known("vertebrae_L3"), is_known("L3"), is_known("Segment_1")
    (True, True, False)
    """
    name = structure_name(written)
    return name in _KNOWN or name == BODY_MAP or bool(re.fullmatch(_LEVELLED, name))


_LEVELLED = r"vertebra_[CTLS]\d{1,2}(_body)?|nerve_root_[CTLS]\d{1,2}_(left|right)|disc_[CTLS]\d{1,2}_[CTLS]\d{1,2}"


def table_of(labels: str | dict[int, str]) -> dict[int, str]:
    """Return number → our structure name for a table's name or a free mapping."""
    return (
        TABLES[labels] if isinstance(labels, str) else {number: structure_name(name) for number, name in labels.items()}
    )
