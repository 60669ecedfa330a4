"""Labels of a scene in another language: fixed words are exchanged, names, numbers and levels stay."""

from __future__ import annotations

import re

from planner.protocol.language import Lang, page_word, texts

_WORD = re.compile(r"[A-Za-z][A-Za-z ]*[A-Za-z]|[A-Za-z]")


def told(label: str, lang: Lang) -> str:
    """Return a label with each run of words that the language knows exchanged; others stay as they are."""
    found = texts(lang)
    if found is None:
        return label
    if label in found.page:
        return page_word(lang, label)
    return _WORD.sub(lambda run: _run(run.group(), lang), label)


def _run(words: str, lang: Lang) -> str:
    """Exchange the longest known beginning, then the rest; what is unknown stays."""
    parts = words.split(" ")
    done = []
    while parts:
        for n in range(len(parts), 0, -1):
            run = " ".join(parts[:n])
            new = page_word(lang, run)
            if new != run:
                done.append(new)
                parts = parts[n:]
                break
        else:
            done.append(parts.pop(0))
    return " ".join(done)
