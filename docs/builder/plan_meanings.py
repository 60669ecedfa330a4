"""What each key of a plan means; a test holds the keys against the models."""

_DEVICE = "device sheet, by its id"
_ACCESS = "one instrument, or a list: bipedicular, bipolar pair, array of probes"
_KIND = "which step this is"
_NOTE = "for people; judged by nothing"
_TARGET = "the step's own target, where it differs from the plan's"
_PROTECTION = "what is done for cord and roots; gas, fluid and thermocouple count as protection of the cord"
_CENTRE = "centre, mm in `frame`"

MEANINGS: dict[str, str] = {
    "Plan.planner": "version of this format",
    "Plan.title": "heading of the report",
    "Plan.anatomy": "where the patient's structures come from",
    "Plan.frame": "frame of every point in the plan",
    "Plan.patient": "what indications and scores need",
    "Plan.target": "the vertebra and the tumour in it",
    "Plan.steps": "the steps, in order; at least one",
    "Plan.seed": "start of every random draw; the same seed gives the same result",
    "AnatomySpec.labelmap": "label map (NIfTI, NRRD, seg.nrrd, MHA, DICOM SEG), or a list of them over one patient",
    "AnatomySpec.labels": "what the numbers or names of a single source mean; not needed where the file says it",
    "AnatomySpec.lesions": "lesions that no label has, by name",
    "AnatomySpec.ct": "the CT: a file, or a folder of DICOM slices; must overlap the labels",
    "AnatomySpec.ct_series": "which series, where the folder holds several that are alike",
    "AnatomySpec.parametric": "a patient drawn from tables, instead of a label map",
    "AnatomySpec.dicom_seg": "a DICOM segmentation",
    "AnatomySpec.rtstruct": "a DICOM structure set",
    "AnatomySpec.folder": "a folder of masks, one file a structure, named by it",
    "AnatomySpec.meshes": "closed surfaces (STL, OBJ, PLY, VTP, GLB) by structure name",
    "AnatomySpec.mesh_frame": "frame of the mesh files; never guessed",
    "AnatomySpec.mesh_units": "unit of the mesh files",
    "MeshEntry.file": "the file",
    "MeshEntry.frame": "frame of this file, where it differs",
    "MeshEntry.units": "unit of this file, where it differs",
    "LabelmapEntry.file": "the file",
    "LabelmapEntry.labels": "what its numbers mean",
    "LesionSpec.sphere": "a ball",
    "LesionSpec.ellipsoid": "an ellipsoid",
    "LesionSpec.mask": "NIfTI mask; every voxel above 0 belongs to it",
    "LesionSpec.grow": "grown in `ct` from a seed",
    "GrownLesion.seed": "a point well inside the tumour, mm in `frame`",
    "GrownLesion.window_hu": "CT numbers that count as tumour, HU; without it what reads nearer to the seed than to "
    "the bone round it",
    "GrownLesion.max_diameter_mm": "a growth larger than this has leaked, and is refused",
    "SphereLesion.centre": _CENTRE,
    "SphereLesion.diameter_mm": "diameter",
    "EllipsoidLesion.centre": _CENTRE,
    "EllipsoidLesion.diameters_mm": "three full diameters",
    "EllipsoidLesion.directions": "three perpendicular rows in `frame`; without them the axes of the frame",
    "ParametricSpec.level": "the target vertebra, whose body's centre is the origin",
    "ParametricSpec.lesion": "a lesion in its body, named `lesion`",
    "ParametricSpec.neighbours": "whether the next vertebrae and discs are built too",
    "ParametricSpec.resolution_mm": "edge of the grid it is sampled on, mm",
    "ParametricLesion.kind": "what it does to bone",
    "ParametricLesion.diameter_mm": "largest diameter",
    "ParametricLesion.centre_lps_mm": "centre, LPS mm; without it left of the midline near the posterior wall",
    "Patient.primary": "primary tumour",
    "Patient.pain_vas": "worst pain, 0 to 10",
    "Patient.expected_survival_months": "expected survival",
    "Patient.metastases": "number of metastases",
    "Patient.age_years": "age in years",
    "Patient.sex": "sex",
    "Target.level": "the vertebra; must be labelled",
    "Target.lesion": "name of the lesion; an ablation needs one",
    "Target.intent": "unstated, curative rules judge at most as a warning",
    "Target.lesion_type": "what the tumour does to bone",
    "Target.bone": "quality of the bone",
    "Access.entry": "where it enters the skin or, in a cropped image, where the path begins; mm in `frame`",
    "Access.target": "distal end of the instrument, mm in `frame`",
    "MarkupsAccess.markups": "3D Slicer's `.mrk.json` or `.fcsv`; its own frame holds",
    "MarkupsAccess.line": "name of a line in it; its first point is the entry",
    "MarkupsAccess.order": "`target_first` where the line was drawn from the tip",
    "MarkupsAccess.entry": "label of the entry point, instead of a line",
    "MarkupsAccess.target": "label of the point at the distal end",
    "MarkupsAccess.gauge": "gauge of the cannula",
    "MarkupsAccess.route": "as above",
    "Access.gauge": "gauge of the cannula; the larger of cannula and device counts",
    "Access.route": "an extrapedicular route has no pedicle margin",
    "Zone.long_axis_mm": "full length along the instrument",
    "Zone.short_axis_mm": "full width across it",
    "Zone.centre_from_tip_mm": "how far back from the tip its centre lies; else half the active length",
    "Balloon.volume_ml": "volume of each balloon",
    "Balloon.pressure_kpa": "pressure in each balloon",
    "Cement.material": "material sheet, by its id",
    "Cement.volume_ml": "cement of the whole step",
    **{
        f"{step}.{key}": meaning
        for step in ("RadiofrequencyAblation", "Cryoablation", "Vertebroplasty", "Kyphoplasty", "Screw", "Radiotherapy")
        for key, meaning in (("kind", _KIND), ("target", _TARGET), ("note", _NOTE))
    },
    **{
        f"{step}.{key}": meaning
        for step in ("RadiofrequencyAblation", "Cryoablation", "Vertebroplasty", "Kyphoplasty", "Screw")
        for key, meaning in (("access", _ACCESS), ("device", _DEVICE))
    },
    **{
        f"{step}.{key}": meaning
        for step in ("RadiofrequencyAblation", "Cryoablation")
        for key, meaning in (
            ("zone", "the operator's own expectation; else the device sheet's"),
            ("protection", _PROTECTION),
        )
    },
    "RadiofrequencyAblation.setpoint_c": "temperature held at the electrode",
    "RadiofrequencyAblation.duration_s": "time of heating",
    "RadiofrequencyAblation.stop_temperature_c": "stop criterion measured away from the electrode; not the set-point",
    "Cryoablation.cycle": "phases: `freeze`, `thaw` or `active_thaw`, each with its time",
    "Vertebroplasty.cement": "the cement",
    "Kyphoplasty.balloon": "inflation",
    "Kyphoplasty.cement": "the cement, where some follows",
    "Screw.diameter_mm": "outer diameter",
    "Screw.length_mm": "length",
    "Radiotherapy.dose_gy": "total prescribed dose",
    "Radiotherapy.fractions": "number of fractions",
}
