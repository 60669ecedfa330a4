"""The sentences of measurements and checks, as the source has them: what another language must know."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import planner

ROOT = Path(planner.__file__).parent
SPOKEN = (
    "measure/*.py", "measure/*/*.py", "check/expression.py", "check/judge.py", "check/plan_summary.py", "check/region.py",
    "check/severity.py", "check/subject.py", "check/scores/formulas/*.py", "simulate/run.py", "simulate/runs.py", "simulate/zone.py",
    "anatomy/calibration.py", "anatomy/roles/cord.py", "anatomy/roles/deformity.py",
    "simulate/treatment/delivery.py", "simulate/treatment/pro*.py", "simulate/treatment/simulated.py",
    "simulate/treatment/cold_probe.py", "simulate/treatment/cold_simulated.py",
    "simulate/treatment/tissue_map.py", "simulate/cement/*.py", "simulate/balloon/*.py", "simulate/spongiosa.py",
)  # fmt: skip
"""Modules whose texts reach a finding or a score."""


def templates() -> dict[str, str]:
    """Return each sentence, values in braces, with the module it stands in."""
    found: dict[str, str] = {}
    for pattern in SPOKEN:
        for path in sorted(ROOT.glob(pattern)):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            skipped = {id(part) for node in ast.walk(tree) for part in _silent(node)}
            for node in ast.walk(tree):
                text = _text(node) if id(node) not in skipped else None
                if text and re.search(r"[a-z]{2,} [a-z`{]|^[a-z]+: \{", text) and not text.startswith(('"', "$")):
                    found.setdefault(text, str(path.relative_to(ROOT)))
    return found


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts, count = [], 0
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
            else:
                count += 1
                parts.append(f"{{{count}}}")
        return "".join(parts)
    return None


def _silent(node: ast.AST) -> list[ast.AST]:
    """Docstrings, parts of f-strings, what is raised, problems of input, and keys of caches."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return list(ast.walk(node))[1:]
    if isinstance(node, ast.Raise):
        return list(ast.walk(node))
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"once", "add", "join"}
    ):
        return [part for argument in node.args for part in ast.walk(argument)] + [node.func.value]
    return []
