"""`planner schema`: what a plan, a patient, a protocol and a result look like, as JSON Schema."""

from __future__ import annotations

from typing import Any

from planner.core.errors import InputError, Problem

NAMES = ("plan", "patient", "protocol", "result")


def schema_of(what: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a plan, a patient, a protocol or a result.

    Raises
    ------
    InputError
        When there is no schema of that name.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415

    if what == "plan":
        from planner.plan.models import Plan  # noqa: PLC0415

        found: Any = Plan
    elif what == "patient":
        from planner.advise.patient_file import PatientFile  # noqa: PLC0415

        found = PatientFile
    elif what == "protocol":
        from planner.protocol.load import ProtocolFile  # noqa: PLC0415
        from planner.protocol.models import Book  # noqa: PLC0415

        found = ProtocolFile | Book
    elif what == "result":
        from planner.check.verdict import ResultFile  # noqa: PLC0415

        found = ResultFile
    else:
        raise InputError([Problem("WHAT", what, f"one of {', '.join(NAMES)}", "name one of them")])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(found).json_schema()}
