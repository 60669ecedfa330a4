"""Sentences of measurements in another language: known by their form, since their values differ."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from planner.core.quantity import QUANTITIES
from planner.protocol.language import Lang, texts

PLACE = re.compile(r"\{(\d)\}")
JOINTS = (("; ", "；"), (" and ", "和"))
"""What stands between sentences that were joined."""
KEPT = 4096
"""Sentences remembered; a large plan has some hundred."""


@lru_cache(maxsize=KEPT)
def told(text: str, lang: Lang) -> str:
    """Return a sentence as a language says it; what the language does not know stays as it is.

    >>> told("the plan states no intent", "en")
    'the plan states no intent'
    """
    found = texts(lang)
    if found is None or not text:
        return text
    if (known := found.messages.get(text) or _labels(lang).get(text)) is not None:
        return known
    for between, joint in JOINTS:
        parts = [told(part, lang) for part in text.split(between)] if between in text else []
        if parts and all(part not in text for part in parts):  # each of them is known by itself
            return joint.join(parts)
    for form, template in _forms(lang):
        if match := form.fullmatch(text):
            pieces = PLACE.split(template)
            return "".join(told(match[f"v{p}"], lang) if index % 2 else p for index, p in enumerate(pieces))
    return "、".join(told(part, lang) for part in text.split(", ")) if ", " in text else text


@cache
def _forms(lang: Lang) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of the sentences that hold values, those with most words of their own first."""
    found = texts(lang)
    forms = [] if found is None else [(key, value) for key, value in found.messages.items() if PLACE.search(key)]
    forms.sort(key=lambda form: -len(PLACE.sub("", form[0])))
    return tuple((re.compile(_pattern(key), re.DOTALL), value) for key, value in forms)


def _pattern(template: str) -> str:
    parts = PLACE.split(template)
    return "".join(f"(?P<v{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))


@cache
def _labels(lang: Lang) -> dict[str, str]:
    found = texts(lang)
    return {} if found is None else {QUANTITIES[key].label: said for key, said in found.quantities.items()}
