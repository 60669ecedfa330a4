"""Rules, findings and reports in Chinese: nothing missing, nothing changed but the words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import planner.report.findings as words
from planner.check.verdict import check_plan
from planner.cli.app import run
from planner.core.errors import InputError
from planner.core.quantity import QUANTITIES
from planner.core.validation import validated
from planner.protocol.language import PHRASES, Texts, checked_language, spoken, texts, untranslated
from planner.protocol.load import load_protocol
from planner.report.html import VERDICTS
from planner.report.html import __file__ as page_module

HAN = re.compile(r"[\u4e00-\u9fff]")


def test_nothing_is_missing_and_nothing_is_left_over():
    assert untranslated(load_protocol(), tuple(QUANTITIES)) == []


def test_a_missing_translation_is_told():
    book = load_protocol()
    changed = book.with_(rules=(*book.rules[1:], book.rules[0].with_(id="NEW-RULE")))
    assert {p.path for p in untranslated(changed, (*QUANTITIES, "new_mm"))} == {
        "lang/zh.yaml.rules.NEW-RULE", f"lang/zh.yaml.rules.{book.rules[0].id}", "lang/zh.yaml.quantities.new_mm",
    }  # fmt: skip


@pytest.mark.parametrize("rule", load_protocol().rules, ids=lambda rule: rule.id)
def test_texts_are_chinese_and_keep_their_numbers(rule):
    told = spoken(rule, "zh")
    for key in ("title", "because", "remedy"):
        assert HAN.search(getattr(told, key))
    assert told.limit == rule.limit
    big = set(re.findall(r"\d+(?:\.\d+)?", rule.title))
    assert big <= set(re.findall(r"\d+(?:\.\d+)?", told.title)) | {str(n) for n in range(6)}, "a figure of the title"


def test_phrases_take_the_same_values():
    for key, english in PHRASES.items():
        places = set(re.findall(r"{(\w+)}", english))
        assert set(re.findall(r"{(\w+)}", texts("zh").phrases[key])) == places


def test_every_fixed_word_of_the_page_is_there():
    template = (Path(page_module).parent / "templates" / "report.html.j2").read_text()
    asked = set(re.findall(r"t\('([^']+)'\)", template)) | {w for v in VERDICTS.values() for w in v[1:]}
    asked |= {*words.OUTCOME_WORDS.values(), *words.GRADE_WORDS.values(), *words.GROUPS.values()}
    source = Path(words.__file__).read_text() + (Path(page_module).parent / "text.py").read_text()
    asked |= set(re.findall(r"page_word\((?:row\.|self\.)?lang, ['\"]([^'\"]+)['\"]\)", source))
    assert asked - set(texts("zh").page) == set()


def test_words_change_and_nothing_else(case_of):
    case = case_of("rfa", "cement")
    english, chinese = check_plan(case), check_plan(case, lang="zh")
    told = {"title", "because", "remedy", "label"}
    for one, other in zip(english.findings, chinese.findings, strict=True):
        assert one.model_dump(exclude=told) == other.model_dump(exclude=told)
        assert HAN.search(other.title)
    assert english.word == chinese.word
    assert english.provenance.protocol == chinese.provenance.protocol


def test_command_in_chinese(capsys, tmp_path):
    raw = {
        "planner": 1, "anatomy": {"parametric": {"level": "L3", "levels": "only", "tissues": False}}, "frame": "LPS",
        "target": {"level": "L3"},
        "steps": [{"kind": "vertebroplasty", "cement": {"material": "pmma_generic", "volume": "4 mL"},
                   "access": {"entry": [45.7, 77.5, 6.8], "target": [0.7, -5.9, 0.5], "gauge": 13}}],
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(raw))

    def called(*arguments):
        with pytest.raises(SystemExit) as stopped:
            run([str(a) for a in arguments])
        return stopped.value.code, *capsys.readouterr()

    code, out, _ = called("check", tmp_path / "plan.json", "--no-simulate", "--lang", "zh", "--out", tmp_path / "out")
    assert code in {0, 1, 2}
    assert "未评估" in out
    page = (tmp_path / "out/report.html").read_text()
    assert '<html lang="zh">' in page
    assert "判断结果" in page
    assert json.loads((tmp_path / "out/result.json").read_text())["lang"] == "zh"
    assert "根治方案" in called("protocol", "explain", "ABL-COVER", "--lang", "zh")[1]
    assert called("check", tmp_path / "plan.json", "--lang", "fr")[0] == 3


def test_other_languages_and_damaged_files_are_refused():
    with pytest.raises(InputError, match="en or zh"):
        checked_language("de")
    with pytest.raises(InputError):
        validated(Texts, {"rules": {"X": {"title": "x"}}, "quantities": {}, "phrases": {}, "page": {}})
