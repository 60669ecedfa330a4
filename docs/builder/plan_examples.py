"""Five plans that between them use every key; the page takes its examples from them, a test reads them."""

HEAT_AND_CEMENT = """\
planner: 1
title: Lytic L3, radiofrequency then balloon and cement
anatomy:
  labelmap:
    - {file: seg.nii.gz, labels: totalsegmentator}
    - {file: bodies.nii.gz, labels: totalsegmentator_vertebrae_body}
  lesions:
    tumour: {sphere: {centre: [4.0, 2.0, 0.0], diameter: 14 mm}}
  ct: ct.nii.gz
frame: LPS
patient:
  {primary: renal, pain_vas: 7, expected_survival: 9 months, metastases: 2, age_years: 66, sex: female,
   radiosensitivity: resistant, vertebral_metastases: 1, extraspinal_bone_metastases: 1, organ_metastases: none,
   levels_to_treat: 1, pain_type: mechanical, night_pain: true, irradiated_before: true, implant_at_level: false,
   wish: least_invasive, neurology: {frankel: e, sphincter: false},
   sins_items: {pain: mechanical, lesion: lytic, alignment: normal, collapse: under_50, posterolateral: none},
   lesion: {size: 14 mm, cord_distance: 9 mm, vessel_distance: 24 mm, height_loss: 20 %, posterior_wall_intact: true,
            trabecular_hu: 110, density: 92 mg/cm**3},
   clotting: {inr: 1.1, platelets_per_nl: 210},
   contraindications: {infection: false, cement_or_contrast_allergy: false, bleeding_disorder: false,
                       pacemaker: false, new_deficit: false},
   scores: {sins: 9, escc: 1a, ecog: 1, kps: 80, tokuhashi: 11, tomita: 5},
   labs: {calcium: 2.25 mmol/L, albumin: 38 g/L, creatinine_clearance: 74 mL/min, vitamin_d: 70 nmol/L},
   bone_drug: {drug: denosumab, dose: 120 mg, interval: 4 weeks, dental_exam: true, dental_surgery_planned: false,
               open_oral_lesion: false, thigh_pain: true, femur_film: true, supplements: true, jaw_symptoms: false,
               last_dose: 3 weeks, stopping: false, follow_on_drug: false, skeleton_immature: false},
   imaging: {ct_age: 5 days, mri_age: 8 days, bone_scan_age: 30 days, pet_ct_age: 20 days, whole_spine: true},
   prior_radiation: {cord_dmax: 26 Gy, fractions: 10, interval: 8 months}}
advice:
  start: "2026-12-01"
  site: {name: our department, techniques: [pvp, pkp, rfa, cryo, sbrt, radiotherapy], mr_guided_radiotherapy: false}
  radiotherapy: {dose: 24 Gy, fractions: 2, cord_dmax: 12 Gy}
  cement_ml: 4
  cement_viscosity: high
  course:
    - {day: "2026-06-01", sins: 7, metastases: 1, pain_vas: 4}
    - {day: "2026-11-20", sins: 9, metastases: 2, pain_vas: 7}
  response:
    findings: {lytic: rim_or_partly_filled, blastic: unchanged, measurable_change_percent: -10, new_lesion: false,
               flare: false}
    before: {labelmap: before.nii.gz, label: 3, ct: ct_before.nii.gz}
    after: {labelmap: after.nii.gz, label: 3, ct: ct_after.nii.gz}
session: {sedation: moderate, grounding_pads: 2, reference_level: L2}
follow_up: {weeks: [1, 4, 12, 26, 52], instruments: [vas, odi, eq5d], imaging_months: [3, 12]}
target: {level: L3, lesion: tumour, intent: palliative, lesion_type: lytic, bone: osteopenic}
steps:
  - kind: radiofrequency_ablation
    device: generic_monopolar_20mm
    access: {entry: [42.0, 88.0, 12.0], target: [6.0, 31.0, 9.0], gauge: 13, route: transpedicular}
    setpoint: 90 degC
    stop_temperature: 50 degC
    duration: 6 min
    zone: {long_axis: 26 mm, short_axis: 16 mm, centre_from_tip: 10 mm}
    protection: [thermocouple, co2_dissection]
    burns: [{duration: 6 min}, {pull_back: 10 mm, duration: 4 min, setpoint: 85 degC, pause: 30 s}]
    thermocouples: {posterior wall: [0.0, 38.0, 9.0]}
    note: thermocouple in the left foramen
  - kind: kyphoplasty
    device: generic_balloon_15mm
    access:
      - {entry: [42.0, 88.0, 12.0], target: [6.0, 31.0, 9.0], gauge: 10}
      - {entry: [-42.0, 88.0, 12.0], target: [-6.0, 31.0, 9.0], gauge: 10}
    balloon: {volume: 3 mL, pressure: 200 psi}
    cement: {material: pmma_generic, volume: 4 mL, start: 4 min, rate: 3 mL/min, after_ablation: 12 min}
seed: 1
"""

COLD_ON_A_MODEL = """\
planner: 1
anatomy:
  parametric:
    level: L3
    lesion: {kind: lytic, diameter: 16 mm, centre_lps_mm: [4.0, 2.0, 0.0]}
    neighbours: true
    resolution_mm: 0.8
frame: LPS
target: {level: L3, lesion: lesion, intent: curative}
steps:
  - kind: cryoablation
    device: generic_cryo_17g
    access: {entry: [45.7, 77.5, 6.8], target: [0.7, -5.9, 0.5], gauge: 17}
    cycle: [stick 30 s, freeze 10 min, thaw 8 min, freeze 10 min 80 %, thaw 5 min, active_thaw 3 min]
    probe_temperature: -130 degC
    power: 20 W
    duty: 100 %
    positions: [{}, {pull_back: 10 mm, pause: 1 min, cycle: [freeze 5 min, active_thaw 3 min]}]
    thermocouples: {posterior wall: [0.0, 22.0, 0.5]}
    protection: [warmed_saline]
  - kind: vertebroplasty
    access: {entry: [45.7, 77.5, 6.8], target: [0.7, -5.9, 0.5], gauge: 11}
    device: generic_cement_needle_11g
    cement: {material: pmma_high_viscosity, volume: 4 mL}
"""

SCREWS_AND_DOSE = """\
planner: 1
anatomy:
  labelmap: seg.nii.gz
  labels: {1: vertebra_L2, 2: vertebra_L3, 3: spinal_cord}
  lesions:
    drawn: {mask: tumour.nii.gz}
    stated:
      ellipsoid:
        centre: [-4.0, -2.0, 0.0]
        diameters: [18 mm, 14 mm, 12 mm]
        directions: [[1, 0, 0], [0, 0.6, 0.8], [0, -0.8, 0.6]]
frame: RAS
target: {level: L3}
steps:
  - kind: screw
    device: generic_screw
    access: {entry: [-30.0, -60.0, 5.0], target: [-10.0, -10.0, 5.0]}
    diameter: 6.5 mm
    length: 45 mm
    entry_error: 0.8 mm
    tip_error: 1.5 mm
    target: {level: L2}
  - kind: radiofrequency_ablation
    device: generic_monopolar_20mm
    access: {entry: [-42.0, -88.0, 12.0], target: [-6.0, -31.0, 9.0], gauge: 13}
    target: {level: L3, lesion: stated}
    power: 20 W
    duration: 6 min
  - kind: radiotherapy
    dose: 24 Gy
    fractions: 2
    cord_dmax: 14 Gy
"""

FROM_THE_CLINIC = """\
planner: 1
anatomy:
  ct: ct_folder
  ct_series: 2
  dicom_seg: seg.dcm
  rtstruct: structures.dcm
  labels: {Cord: spinal_cord, GTV: lesion}
  folder: masks
  lesions:
    seeded: {grow: {seed: [-8.0, -141.5, 402.0], window_hu: [0, 90], max_diameter: 30 mm}}
frame: LPS
target: {level: T12, lesion: seeded}
steps:
  - kind: vertebroplasty
    access: {markups: needle.mrk.json, line: Needle-L, order: target_first, gauge: 13, route: extrapedicular}
    cement: {material: pmma_generic, volume: 3 mL}
"""

FROM_MESHES = """\
planner: 1
anatomy:
  meshes:
    spinal_cord: cord.stl
    vertebra_L3: {file: L03.vtp, frame: RAS, units: mm}
  mesh_frame: LPS
  mesh_units: mm
frame: RAS
target: {level: L3}
steps:
  - kind: vertebroplasty
    access: {markups: points.fcsv, entry: E1, target: T1, gauge: 11}
    cement: {material: pmma_generic, volume: 4 mL, start: 4 min, rate: 3 mL/min}
"""

A_WHOLE_COLUMN = """\
planner: 1
anatomy:
  parametric:
    level: L3
    levels: column
    seed: 7
    source: ct
    patient: {sex: female, stature: 158 cm, population: turkish, variation: 0.5}
    bone: osteoporotic
    kyphosis: 50 degree
    lordosis: 38 degree
    scoliosis: {apex: T9, cobb: 15 degree, side: right, reach: 4}
    lesions:
      - {kind: mixed, volume: 3 mL, level: L1, place: body_left, irregularity: 0.5, seed: 2, pedicles: left,
         posterior_wall: breached, epidural: 1b}
      - {kind: osteoid_osteoma, diameter: 7 mm, level: L4, place: lamina_left, rim: 3 mm}
    fractures: {T12: {shape: crush, height_loss: 0.3, retropulsion: 2 mm}}
    defects: {L3: {surface: left_wall, diameter: 6 mm, across: 2 mm, along: 1 mm, depth: 3 mm}}
    cement: {L2: {volume: 3 mL, side: both, irregularity: 0.6, seed: 1}}
    screws: {L5: {side: both, diameter: 6.5 mm, length: 45 mm, medial: 0 mm}}
    tissues: false
frame: LPS
target: {level: L3}
steps:
  - kind: vertebroplasty
    access: {entry: [45.7, 77.5, 6.8], target: [0.7, -5.9, 0.5], gauge: 13}
    cement: {material: pmma_generic, volume: 4 mL, start: 4 min, rate: 3 mL/min}
"""

EXAMPLES = (HEAT_AND_CEMENT, COLD_ON_A_MODEL, A_WHOLE_COLUMN, SCREWS_AND_DOSE, FROM_THE_CLINIC, FROM_MESHES)
