"""The commands. Everything heavy is imported inside them, so that `--help` answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from planner.cli.console import exit_on_bad_input, say, working

app = typer.Typer(
    help="Checks a planned procedure on a vertebra against cited limits and shows it in 3D. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
protocol_app = typer.Typer(help="Read the rule book.", no_args_is_help=True)
anatomy_app = typer.Typer(help="Bring in a patient's structures, and look at them.", no_args_is_help=True)
app.add_typer(protocol_app, name="protocol")
app.add_typer(anatomy_app, name="anatomy")

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file, YAML or JSON.")]
Language = Annotated[str, typer.Option("--lang", help="Language of rules, pages and reports: en or zh.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]
ResultJson = Annotated[bool, typer.Option("--json", help="Print result.json for machines.")]


def _version(asked: bool) -> None:
    if asked:
        from planner.core.provenance import package_version  # noqa: PLC0415

        say(package_version())
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def check(
    plan: PlanFile,
    *,
    protocol: Annotated[str, typer.Option(help="Name or file of the protocol.")] = "spine_tumour",
    out: Annotated[
        Path | None, typer.Option(help="Folder for result.json, report.html, report.pdf, scene.png, scene.glb.")
    ] = None,
    as_json: ResultJson = False,
    no_simulate: Annotated[bool, typer.Option("--no-simulate", help="Judge geometry only.")] = False,
    lang: Language = "en",
    compare: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="Another plan, set beside this one in the report.")
    ] = None,
) -> None:
    """Check a plan: cited verdict and 3D picture.

    Exit 0 compliant or warning, 1 violation, 2 incomplete, 3 bad input.
    """
    with exit_on_bad_input():
        from planner.cli.run_check import check_case  # noqa: PLC0415
        from planner.protocol.language import checked_language  # noqa: PLC0415

        simulate, language = not no_simulate, checked_language(lang)
        verdict = check_case(
            plan, protocol=protocol, out=out, simulate=simulate, as_json=as_json, lang=language, compare=compare
        )
    raise typer.Exit(verdict.exit_code)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the case and its files.")] = Path("planner-demo"),
    cold: Annotated[bool, typer.Option(help="A cryoprobe in T11 beside the cord instead of heat in L3.")] = False,
    as_json: ResultJson = False,
) -> None:
    """Build a case, check it and write its files: a lytic L3, a cooled probe, cement. Exit 0 when it ran."""
    with exit_on_bad_input():
        from planner.cli.run_demo import run_demo  # noqa: PLC0415

        run_demo(out, cold=cold, as_json=as_json)


@app.command()
def simulate(
    plan: PlanFile,
    out: Annotated[Path, typer.Option(help="Folder for fields (NIfTI), curves (CSV) and figures (JSON).")],
) -> None:
    """Compute heat and cold of a plan's steps: temperature, dose, ice, curves. Exit 1 where none could be simulated."""
    with exit_on_bad_input():
        from planner.cli.run_simulate import simulate_case  # noqa: PLC0415

        done = simulate_case(plan, out)
    raise typer.Exit(0 if done else 1)


@app.command()
def show(
    plan: PlanFile,
    *,
    png: Annotated[Path | None, typer.Option(help="Write a picture here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write an interactive page here.")] = None,
    glb: Annotated[Path | None, typer.Option(help="Write a glTF binary here.")] = None,
    slices: Annotated[Path | None, typer.Option(metavar="DIR", help="Write slices here: pictures and a page.")] = None,
    window: Annotated[str, typer.Option(help="CT window of the slices: bone, soft_tissue or spine.")] = "spine",
    no_simulate: Annotated[bool, typer.Option("--no-simulate", help="Geometry and the sheets' zones only.")] = False,
    protocol: Annotated[str, typer.Option(help="Name or file of the protocol.")] = "spine_tumour",
    lang: Language = "en",
) -> None:
    """Show a plan in 3D or in slices; without a file name a window, where there is a display.

    Slices need neither a display nor graphics libraries.
    """
    with exit_on_bad_input():
        from planner.cli.run_show import show_case  # noqa: PLC0415
        from planner.protocol.language import checked_language  # noqa: PLC0415

        files: dict[str, Path | None] = {"png": png, "html": html, "glb": glb, "slices": slices}
        language, simulate = checked_language(lang), not no_simulate
        show_case(plan, **files, window=window, protocol=protocol, simulate=simulate, lang=language)


@app.command()
def fluoro(
    plan: PlanFile,
    *,
    out: Annotated[Path, typer.Option(help="Folder for pictures, film and fluoro.json.")],
    view: Annotated[
        list[str] | None, typer.Option(help="ap, lateral, oblique, bulls_eye; repeatable. All by default.")
    ] = None,
    lao: Annotated[
        float | None, typer.Option(help="One more picture: detector to the patient's left, °; − is RAO.")
    ] = None,
    cranial: Annotated[float | None, typer.Option(help="… and towards the head, °; − is caudal.")] = None,
    sid: Annotated[float, typer.Option(help="Focal spot to detector, mm.")] = 1000.0,
    magnification: Annotated[float, typer.Option(help="Of what lies at the isocentre.")] = 1.5,
    detector: Annotated[float, typer.Option(help="Side of the detector, mm.")] = 230.0,
    pixels: Annotated[int, typer.Option(help="Along a side of the picture.")] = 512,
    position: Annotated[str, typer.Option(help="prone or supine.")] = "prone",
    film: Annotated[str, typer.Option(help="Film of the procedure: gif, apng, webp or none.")] = "gif",
    simulate: Annotated[bool, typer.Option("--simulate", help="Draw cement as simulated; takes minutes.")] = False,
    clear_gas: Annotated[bool, typer.Option("--clear-gas", help="Draw gas in the bowel as soft tissue.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print fluoro.json.")] = False,
) -> None:
    """Look at a plan under a virtual C-arm: AP, lateral, oblique, bull's-eye, a film, shots and dose.

    Needs neither a display nor graphics libraries. Views are true to the treated vertebra's own axes.
    """
    with exit_on_bad_input():
        from planner.cli.run_fluoro import fluoro_case  # noqa: PLC0415
        from planner.show.fluoro.carm import Machine  # noqa: PLC0415
        from planner.show.fluoro.verbs import VIEWS, Asked  # noqa: PLC0415

        machine = Machine(sid, magnification, detector, pixels, position)  # type: ignore[arg-type]
        angles = None if lao is None and cranial is None else (lao or 0.0, cranial or 0.0)
        views, kind = tuple(view) if view else VIEWS, None if film == "none" else film
        asked = Asked(machine, views, angles, kind, not clear_gas)  # type: ignore[arg-type]
        fluoro_case(plan, out, asked, simulate=simulate, as_json=as_json)


@app.command()
def schema(what: Annotated[str, typer.Argument(help="plan, patient, protocol or result.")]) -> None:
    """Print a JSON Schema."""
    with exit_on_bad_input():
        from planner.cli.schemas import schema_of  # noqa: PLC0415
        from planner.core.files import stable_json  # noqa: PLC0415

        say(stable_json(schema_of(what)).rstrip())


@app.command(context_settings={"help_option_names": []})
def score(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name of a score.")] = None,
    answers: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE…", help="Items and their answers.")] = None,
    as_json: AsJson = False,
    lang: Language = "en",
    show_help: Annotated[bool, typer.Option("--help", "-h", help="List a score's items, or the scores.")] = False,
) -> None:
    """Evaluate a published score with its breakdown; a missing item is named, never guessed."""
    with exit_on_bad_input():
        from planner.cli.run_score import help_text, run_score  # noqa: PLC0415
        from planner.protocol.language import checked_language  # noqa: PLC0415

        language = checked_language(lang)
        if show_help or name is None:
            say(help_text(name, language))
        else:
            run_score(name, answers or [], as_json=as_json, lang=language)


PatientArgument = Annotated[
    Path, typer.Argument(metavar="PATIENT", help="Patient file, or a plan whose geometry answers what it can.")
]


@app.command()
def indicate(
    patient: PatientArgument,
    *,
    whole: Annotated[bool, typer.Option("--all", help="Every technique, rule, source and sensitivity.")] = False,
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """Rank the techniques for a patient, with reasons, contraindications and what is missing; nothing is guessed."""
    with exit_on_bad_input():
        from planner.cli.run_advise import run_indicate  # noqa: PLC0415
        from planner.protocol.language import checked_language  # noqa: PLC0415

        run_indicate(patient, as_json=as_json, whole=whole, lang=checked_language(lang))


@app.command()
def pathway(
    patient: PatientArgument,
    *,
    technique: Annotated[str | None, typer.Option(help="Instead of the one that leads.")] = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="Day of the procedure: 2026-12-01.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Write the calendar here (iCalendar).")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for patient.html and checklist.html (time-out).")] = None,
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """Lay out the sequence: who does what on which day, doses, bone protection, images, risks, follow-up."""
    with exit_on_bad_input():
        from planner.cli.run_advise import run_pathway  # noqa: PLC0415
        from planner.protocol.language import checked_language  # noqa: PLC0415

        language = checked_language(lang)
        run_pathway(patient, technique=technique, start=start, ics=ics, out=out, as_json=as_json, lang=language)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what works on this machine, and how to mend what does not. Exit 1 where something is missing."""
    from planner.cli.run_doctor import examine  # noqa: PLC0415

    raise typer.Exit(examine(as_json=as_json))


@protocol_app.command("list")
def protocol_list(
    protocol: Annotated[str, typer.Option(help="Name or file of the protocol.")] = "spine_tumour",
    as_json: AsJson = False,
    evidence: Annotated[bool, typer.Option("--evidence", help="Count rules by book and grade instead.")] = False,
) -> None:
    """List the rules with limit, source, grade and whether the source was read."""
    with exit_on_bad_input():
        from planner.cli.run_books import list_evidence  # noqa: PLC0415
        from planner.cli.run_protocol import list_rules  # noqa: PLC0415

        (list_evidence if evidence else list_rules)(protocol, as_json=as_json)


@protocol_app.command("show")
def protocol_show(
    protocol: Annotated[str, typer.Argument(help="Name or file of a protocol, book or site profile.")] = "spine_tumour",
) -> None:
    """Print a protocol whole as JSON, as it is judged by: books joined, a site's changes in place.

    Kept as a file it judges again in years: `planner check PLAN --protocol FILE`.
    """
    with exit_on_bad_input():
        from planner.cli.run_protocol import list_rules  # noqa: PLC0415

        list_rules(protocol, as_json=True)


@protocol_app.command("explain")
def protocol_explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Id of a rule.")],
    protocol: Annotated[str, typer.Option(help="Name or file of the protocol.")] = "spine_tumour",
    as_json: AsJson = False,
    lang: Language = "en",
) -> None:
    """Print a rule's limit, reason, source and grade."""
    with exit_on_bad_input():
        from planner.cli.run_protocol import explain_rule  # noqa: PLC0415
        from planner.protocol.language import checked_language  # noqa: PLC0415

        explain_rule(rule, protocol, as_json=as_json, lang=checked_language(lang))


@protocol_app.command("references")
def protocol_references(
    protocol: Annotated[str, typer.Option(help="Name or file of the protocol.")] = "spine_tumour",
    as_json: Annotated[bool, typer.Option("--json", help="Print CSL-JSON for reference managers.")] = False,
) -> None:
    """List the sources a protocol cites, with DOI and PMID, and the rules that cite them."""
    with exit_on_bad_input():
        from planner.cli.run_protocol import list_references  # noqa: PLC0415

        list_references(protocol, as_json=as_json)


@protocol_app.command("diff")
def protocol_diff(
    old: Annotated[str, typer.Argument(metavar="A", help="Name or file of a protocol, book or site profile.")],
    new: Annotated[str, typer.Argument(metavar="B", help="The one to compare with it.")],
    as_json: AsJson = False,
) -> None:
    """Say in words how two protocols differ."""
    with exit_on_bad_input():
        from planner.cli.run_books import diff_protocols  # noqa: PLC0415

        diff_protocols(old, new, as_json=as_json)


@protocol_app.command("lint")
def protocol_lint(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A protocol, a book or a site profile.")] = "spine_tumour",
) -> None:
    """Check a protocol: every malformed or contradictory rule and every missing translation is told. Exit 3 then."""
    with exit_on_bad_input():
        from planner.cli.run_protocol import lint_protocol  # noqa: PLC0415

        lint_protocol(file)


Sources = Annotated[list[str], typer.Argument(metavar="SOURCE…", help="Label map, mesh, folder, or NAME=FILE.")]
LabelTable = Annotated[str | None, typer.Option("--labels", help="Table's name, a file, or 1=vertebra_L3,2=…")]
MeshFrame = Annotated[str | None, typer.Option("--frame", help="Frame of mesh files, LPS or RAS.")]
MeshUnits = Annotated[str | None, typer.Option("--units", help="Unit of mesh files: mm, cm or m.")]
Force = Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")]


@anatomy_app.command("info")
def anatomy_info(
    sources: Annotated[list[str], typer.Argument(metavar="PLAN|CASE|SOURCE…", help="Plan, case folder, or raw files.")],
    labels: LabelTable = None,
    frame: MeshFrame = None,
    units: MeshUnits = None,
    as_json: AsJson = False,
) -> None:
    """Print structures, volumes, extents, spacing, what the border cuts, and which rules missing ones disable."""
    with exit_on_bad_input():
        from planner.cli.run_anatomy import anatomy_table  # noqa: PLC0415

        anatomy_table(sources, labels=labels, frame=frame, units=units, as_json=as_json)


@anatomy_app.command("import")
def anatomy_import(
    sources: Sources,
    *,
    out: Annotated[Path, typer.Option(help="Case folder to make.")],
    labels: LabelTable = None,
    frame: MeshFrame = None,
    units: MeshUnits = None,
    ct: Annotated[Path | None, typer.Option(help="CT the labels were drawn on; stays where it is.")] = None,
    ct_series: Annotated[int | None, typer.Option(help="Which series of a CT folder with several.")] = None,
    force: Force = False,
) -> None:
    """Make a case folder of label maps and meshes, with a plan to complete. Exit 3 where a source cannot be used."""
    with exit_on_bad_input():
        from planner.cli.run_import import import_anatomy  # noqa: PLC0415

        import_anatomy(sources, out, labels=labels, frame=frame, units=units, ct=ct, ct_series=ct_series, force=force)


@anatomy_app.command("make")
def anatomy_make(
    *,
    out: Annotated[Path, typer.Option(help="Case folder to make.")],
    level: Annotated[str | None, typer.Option(help="Target, T1 to L5; L3 by default.")] = None,
    levels: Annotated[str | None, typer.Option(help="Vertebrae built: only, neighbours or column.")] = None,
    lesion: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND:SIZE", help="lytic:18mm, blastic:4mL:L2, lytic:20mm:pedicle_left; repeatable."),
    ] = None,
    fracture: Annotated[
        list[str] | None,
        typer.Option(metavar="LEVEL:SHAPE:LOSS", help="L1:wedge:30%; also biconcave, crush; repeatable."),
    ] = None,
    defect: Annotated[
        list[str] | None, typer.Option(metavar="LEVEL:SURFACE:SIZE", help="Hole in the cortex: L3:posterior_wall:8mm.")
    ] = None,
    cement: Annotated[list[str] | None, typer.Option(metavar="LEVEL:VOLUME", help="Earlier cement: L2:4mL.")] = None,
    screw: Annotated[list[str] | None, typer.Option(metavar="LEVEL:SIDE", help="Earlier screw: L4:left.")] = None,
    scoliosis: Annotated[str | None, typer.Option(metavar="APEX:ANGLE", help="T9:20deg, T9:20deg:left.")] = None,
    bone: Annotated[str | None, typer.Option(help="normal, osteopenic or osteoporotic.")] = None,
    tissues: Annotated[
        bool | None, typer.Option("--tissues/--no-tissues", help="Organs, muscles, fat and skin.", show_default=False)
    ] = None,
    spec: Annotated[
        Path | None, typer.Option(help="File with any key of `anatomy.parametric`; options go before it.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Start of everything random.")] = None,
    spacing: Annotated[str, typer.Option(help="Voxels: 1mm or 0.7x0.7x1mm, along left, back, head.")] = "1mm",
    orientation: Annotated[str, typer.Option(help="Where the image's axes run to: LPS, RAS, PIR, …")] = "LPS",
    tilt: Annotated[str, typer.Option(help="Turns about the left, back and head axis, degrees.")] = "0,0,0",
    view: Annotated[str, typer.Option(help="spine, with the needle's way to it, or body.")] = "spine",
    noise: Annotated[float, typer.Option(help="Noise of the CT, HU.")] = 12.0,
    slice_thickness: Annotated[str | None, typer.Option(help="Slices thicker than their spacing: 3mm.")] = None,
    streaks: Annotated[bool, typer.Option("--streaks", help="Streaks about metal: a look, not physics.")] = False,
    ct: Annotated[bool, typer.Option("--ct/--no-ct", help="Make a CT beside the labels.")] = True,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", metavar="FORMAT", help="nifti, dicom, meshes; repeatable. nifti and meshes by default."
        ),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a patient who does not exist: surfaces, label map, CT, every true value, and a plan to check.

    The same options and seed give the same files. Exit 3 where something asked cannot be made.
    """
    with exit_on_bad_input():
        from planner.cli.run_make import Asked, make  # noqa: PLC0415

        asked = Asked(
            spec=spec, level=level, levels=levels, lesion=lesion or [], fracture=fracture or [], defect=defect or [],
            cement=cement or [], screw=screw or [], scoliosis=scoliosis, bone=bone, seed=seed, tissues=tissues,
            spacing=spacing, orientation=orientation, tilt=tilt, view=view, noise=noise,
            slice_thickness=slice_thickness, streaks=streaks, ct=ct, formats=formats or [],
        )  # fmt: skip
        make(asked, out, force=force, as_json=as_json)


@anatomy_app.command("segment")
def anatomy_segment(
    ct: Annotated[Path, typer.Argument(metavar="CT", help="Image or DICOM folder.")],
    out: Annotated[Path, typer.Option(help="Case folder to make.")],
    fast: Annotated[bool, typer.Option("--fast", help="At 3 mm: quicker, coarser.")] = False,
    force: Force = False,
) -> None:
    """Find spine and neighbours in a CT with TotalSegmentator (extra `segment`); a proposal to be looked at.

    TotalSegmentator fetches its weights when first run, and by itself sends usage statistics; its own
    documentation says how to switch that off.
    """
    with exit_on_bad_input():
        from planner.cli.run_import import segment  # noqa: PLC0415

        segment(ct, out, fast=fast, force=force)


@app.command()
def validate(
    only: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="anatomy, thermal, augmentation, protocol, advise or show.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let the installed product prove itself against closed forms and published cases. Exit 1 where one is missed."""
    with exit_on_bad_input(), working("computing what is known in closed form"):
        from planner.validate.run import validate as validated  # noqa: PLC0415

        checks = validated(only)
    if as_json:
        from planner.core.files import stable_json  # noqa: PLC0415

        say(stable_json([check.as_json() for check in checks]).rstrip())
    else:
        from planner.validate.table import print_table  # noqa: PLC0415

        print_table(checks)
    raise typer.Exit(int(any(check.failed for check in checks)))


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; a wrong command line exits with 3, as any other bad input."""
    try:
        code: Any = app(arguments, standalone_mode=False)
    except typer.Exit as stop:
        code = stop.exit_code
    except typer.Abort:
        say("stopped", to=sys.stderr)
        code = 130
    except Exception as error:  # the parser's own errors: unknown option, missing argument, …
        if not hasattr(error, "format_message"):
            raise
        context, message = getattr(error, "ctx", None), error.format_message()
        if message:  # empty where the help was printed because nothing was asked
            say(f"{context.get_usage() if context else ''}\nbad input: {message}".strip(), to=sys.stderr)
        code = 3
    sys.exit(code if isinstance(code, int) else 0)
