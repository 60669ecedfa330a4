"""For each rule a value that must fire and one that must stay quiet, written by hand from the sources.

The numbers stand apart from the books on purpose: a slip in a book shows here. `step` names the plan below.
"""

from __future__ import annotations

import cases

ACCESS = {"entry": cases.ENTRY, "target": cases.TIP, "gauge": 11}
RFA = {
    "kind": "radiofrequency_ablation",
    "device": "generic_monopolar_20mm",
    "access": ACCESS,
    "setpoint": "90 degC",
    "duration": "6 min",
}
CEMENT = {"material": "pmma_generic", "volume": "4 mL"}
STEPS = {
    "rfa": RFA,
    "rfa_canal": RFA,
    "rfa_protected": RFA | {"protection": ["thermocouple", "co2_dissection"]},
    "rfa_curative": RFA,
    "rfa_unstated": RFA,
    "rfa_osteoid": RFA,
    "bipolar": RFA | {"device": "generic_bipolar_20mm"},
    "cooled": RFA | {"kind": "cooled_radiofrequency_ablation", "device": "generic_cooled_20mm", "setpoint": "70 degC"},
    "cryo": {"kind": "cryoablation", "device": "generic_cryo_17g", "access": ACCESS, "cycle": ["freeze 10 min", "thaw 8 min", "freeze 10 min"]},
    "cryo_curative": {"kind": "cryoablation", "device": "generic_cryo_17g", "access": ACCESS},
    "cement": {"kind": "vertebroplasty", "access": ACCESS, "cement": CEMENT},
    "balloon": {"kind": "kyphoplasty", "device": "generic_balloon_15mm", "access": ACCESS, "balloon": {"volume": "3 mL", "pressure": "200 psi"}, "cement": CEMENT},
    "screw": {"kind": "screw", "access": ACCESS, "diameter": "6 mm", "length": "45 mm"},
    **{f"radiotherapy_{n}": {"kind": "radiotherapy", "dose": "24 Gy", "fractions": n} for n in range(1, 6)},
}  # fmt: skip
INTENT = {"rfa_curative": "curative", "cryo_curative": "curative", "rfa_osteoid": "curative", "rfa_unstated": ...}
LESION_TYPE = {"rfa_osteoid": "osteoid_osteoma"}


# id: (step, quantity, fires, stays quiet)
CASES = {
    "INP-VOXEL": ("rfa", "voxel_size_mm", 3.0, 1.0),
    "INP-CUT": ("rfa", "cut_structures", 1.0, 0.0),
    "INP-CORD-CANAL": ("rfa", "cord_outside_canal_fraction", 0.5, 0.05),
    "INP-CRUMBS": ("rfa", "crumb_fraction", 0.10, 0.001),
    "INP-LESION-PLACE": ("rfa", "lesion_outside_vertebra_fraction", 0.8, 0.1),
    "INP-LEVEL-ORDER": ("rfa", "level_order_faults", 1.0, 0.0),
    "INP-SIDE": ("rfa", "aorta_side_mm", -24.0, 24.0),
    "INP-FRAME": ("rfa", "frames_of_reference", 2.0, 1.0),
    "ACC-CORD-INSIDE": ("rfa", "cord_clearance_mm", -0.5, 6.0),
    "ACC-CANAL-INSIDE": ("rfa_canal", "canal_clearance_mm", -0.5, 6.0),
    "ACC-CORD-CLEAR": ("rfa", "cord_clearance_mm", 1.5, 6.0),
    "ACC-VESSEL": ("rfa", "vessel_clearance_mm", 1.5, 6.0),
    "ACC-ORGAN": ("rfa", "organ_clearance_mm", 1.0, 12.0),
    "ACC-ROOT": ("rfa", "nerve_root_clearance_mm", 0.5, 3.0),
    "ACC-PED-MARGIN": ("rfa", "pedicle_wall_margin_mm", 0.5, 2.0),
    "ACC-LENGTH": ("rfa", "skin_to_target_mm", 170.0, 100.0),
    "ABL-DIST-CORD": ("rfa", "zone_cord_clearance_mm", 9.0, 13.0),
    "ABL-DIST-CORD-PROT": ("rfa_protected", "zone_cord_clearance_mm", 0.5, 6.0),
    "ABL-ZONE-CANAL": ("rfa", "zone_canal_clearance_mm", -1.0, 3.0),
    "ABL-ZONE-VESSEL": ("rfa", "zone_vessel_clearance_mm", 8.0, 12.0),
    "ABL-ZONE-ORGAN": ("rfa", "zone_organ_clearance_mm", 3.0, 15.0),
    "ABL-ZONE-SHORT": ("rfa", "zone_short_axis_mm", 20.0, 14.0),
    "ABL-ZONE-LONG": ("rfa", "zone_long_axis_mm", 60.0, 26.0),
    "ABL-MARGIN-CUR": ("rfa_curative", "ablation_margin_mm", 2.0, 6.0),
    "ABL-COVER": ("rfa_curative", "lesion_coverage_fraction", 0.9, 1.0),
    "ABL-SIZE-CUR": ("rfa_curative", "lesion_diameter_mm", 31.0, 20.0),
    "ABL-OO-SIZE": ("rfa_osteoid", "lesion_diameter_mm", 22.0, 10.0),
    "ABL-SETPOINT": ("rfa", "setpoint_c", 55.0, 80.0),
    "ABL-SETPOINT-RATED": ("rfa", "setpoint_c", 96.0, 90.0),
    "ABL-OO-TEMP": ("rfa_osteoid", "setpoint_c", 80.0, 90.0),
    "ABL-OO-TIME": ("rfa_osteoid", "ablation_duration_s", 200.0, 400.0),
    "ABL-TIME-RFA": ("rfa", "ablation_duration_s", 700.0, 300.0),
    "ABL-TIME-COOLED": ("cooled", "ablation_duration_s", 300.0, 800.0),
    "ABL-NEU-ICE": ("cryo", "zone_cord_clearance_mm", 4.0, 11.0),
    "CRY-ICE-CANAL": ("cryo", "zone_canal_clearance_mm", -1.0, 3.0),
    "CRY-ICE-ORGAN": ("cryo", "zone_organ_clearance_mm", 3.0, 15.0),
    "ABL-CRYO-MARGIN": ("cryo_curative", "ablation_margin_mm", -1.0, 4.0),
    "CRY-COVER": ("cryo_curative", "lesion_coverage_fraction", 0.9, 1.0),
    "ABL-NEU-HOT": ("rfa", "cord_temperature_max_c", 46.0, 41.0),
    "ABL-NEU-CEM": ("rfa", "cord_cem43_min", 11.0, 1.0),
    "ABL-NEU-COLD": ("cryo", "cord_temperature_min_c", 8.0, 20.0),
    "ABL-NEU-COLD-INJURY": ("cryo", "cord_temperature_min_c", -5.0, 20.0),
    "ABL-TEMP-RFA": ("rfa", "lesion_edge_temperature_c", 55.0, 65.0),
    "ABL-TEMP-RFA-MIN": ("bipolar", "lesion_edge_temperature_c", 48.0, 60.0),
    "ABL-TEMP-CRYO": ("cryo", "lesion_edge_temperature_c", -15.0, -45.0),
    "ABL-TEMP-MAX": ("rfa", "tissue_temperature_max_c", 105.0, 90.0),
    "IBT-P-RATED": ("balloon", "balloon_pressure_kpa", 2800.0, 1200.0),
    "IBT-V-RATED": ("balloon", "balloon_volume_ml", 4.5, 3.0),
    "IBT-P-MAX-A": ("balloon", "balloon_pressure_kpa", 2800.0, 1200.0),
    "IBT-P-TYP": ("balloon", "balloon_pressure_kpa", 1800.0, 1200.0),
    "IBT-P-PRED": ("balloon", "balloon_pressure_predicted_kpa", 2800.0, 1200.0),
    "IBT-EP-STRESS": ("balloon", "endplate_stress_ratio", 1.1, 0.5),
    "AUG-VOL-LEVEL": ("cement", "cement_volume_ml", 9.0, 5.0),
    "AUG-VOL-PCE": ("cement", "cement_session_volume_ml", 7.5, 3.0),
    "AUG-FILL-MAX": ("cement", "cement_fill_fraction", 0.32, 0.2),
    "AUG-FILL-HARD": ("cement", "cement_fill_fraction", 0.45, 0.2),
    "AUG-FILL-OPT": ("cement", "cement_fill_fraction", 0.10, 0.2),
    "AUG-VOL-BKP": ("balloon", "cement_volume_ml", 3.0, 5.0),
    "SEL-PLANA": ("cement", "height_loss_fraction", 0.75, 0.20),
    "AUG-LEVELS": ("cement", "vertebral_levels", 5.0, 1.0),
    "AUG-CANAL-LEAK": ("cement", "cement_leaked_predicted_ml", 0.2, 0.0),
    "AUG-LEAK-PROB": ("cement", "cement_leak_probability", 0.5, 0.1),
    "CEM-TEMP-MAX": ("cement", "cement_temperature_max_c", 95.0, 60.0),
    "CEM-T-CANAL": ("cement", "cord_temperature_max_c", 46.0, 40.0),
    "NAV-GR": ("screw", "screw_breach_mm", 2.5, 0.0),
    "SCR-PED-MARGIN": ("screw", "pedicle_wall_margin_mm", -0.5, 1.0),
    "RT-CORD-1": ("radiotherapy_1", "cord_dose_max_gy", 14.5, 10.0),
    "RT-CORD-2": ("radiotherapy_2", "cord_dose_max_gy", 17.5, 10.0),
    "RT-CORD-3": ("radiotherapy_3", "cord_dose_max_gy", 20.5, 10.0),
    "RT-CORD-4": ("radiotherapy_4", "cord_dose_max_gy", 23.5, 10.0),
    "RT-CORD-5": ("radiotherapy_5", "cord_dose_max_gy", 26.0, 10.0),
    "RT-VCF-FX": ("radiotherapy_1", "dose_per_fraction_gy", 24.0, 8.0),
}
