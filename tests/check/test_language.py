"""Rules, findings and reports in Chinese: nothing missing, nothing changed but the words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import messages
import pytest

import planner.report.findings as words
from planner.check.verdict import check_plan
from planner.cli.app import run
from planner.core.errors import InputError
from planner.core.quantity import QUANTITIES
from planner.core.validation import validated
from planner.protocol import language
from planner.protocol.language import PHRASES, Texts, checked_language, spoken, texts, untranslated
from planner.protocol.load import load_protocol
from planner.protocol.messages import told
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
    report, cli = Path(page_module).parent, Path(words.__file__).parents[1] / "cli"
    sources = [*report.glob("*.py"), cli / "run_protocol.py", cli / "run_score.py"]
    source = "".join(path.read_text() for path in sources)
    asked |= set(re.findall(r"page_word\((?:row\.|self\.)?lang, ['\"]([^'\"]+)['\"]\)", source))
    asked |= set(re.findall(r"\bt\('([^']+)'\)", source)) | set(re.findall(r'\bt\("([^"]+)"\)', source))
    asked |= {"months", "weeks", "days", "to", "step", "level", "session", "block", "advise", "note"}
    asked |= set(re.findall(r'^        \("([a-z]+)", ', (cli / "run_protocol.py").read_text(), flags=re.M))
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


def test_command_in_chinese(capsys, tmp_path, no_picture):
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


IGNORED = {
    "calcium` and `albumin", "leave out the sections, or the two totals", "levels 1–{1}, as {2} has",
    "; a canal modelled from the vertebrae never stands for the cord",
}  # fmt: skip
"""Names of keys, and problems of input, which are told in English; the last is the end of a sentence that is there."""


def test_every_sentence_of_the_program_is_there():
    asked = set(messages.templates()) - IGNORED
    assert {sentence: messages.templates()[sentence] for sentence in asked - set(texts("zh").messages)} == {}


def test_no_sentence_is_left_over_and_every_value_is_kept():
    asked = set(messages.templates())
    spoken_only = {"{1}; a canal modelled from the vertebrae never stands for the cord"}
    for english, chinese in texts("zh").messages.items():
        assert HAN.search(chinese) or not re.search("[a-z]{3}", english), english
        assert set(re.findall(r"\{\d\}", english)) == set(re.findall(r"\{\d\}", chinese)), english
        if "{" in english and re.search("[a-z]{3}", english):
            assert english in asked | spoken_only, f"{english!r} is said nowhere"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("measured to the thecal sac, which at L3 holds the cauda equina (region: cauda)",
         "测至硬膜囊，L3 处其内为马尾（区域：马尾）"),
        ("it depends on SINS: the plan has no `patient.scores`", "取决于 SINS 评分：方案中没有 `patient.scores`"),
        ("not in the labels: aorta, lung_left", "未标注：主动脉、左肺"),
        ("the sheet's zone is for 90 °C (planned 80) and 360 s (planned 300)",
         "器械表的消融区对应 90 °C（计划 80）和360 s（计划 300）"),
        ("nobody ever said this", "nobody ever said this"),
    ],
)  # fmt: skip
def test_sentences_are_known_by_their_form(english, chinese):
    if english.startswith("it depends"):
        english = english.replace("SINS", QUANTITIES["sins_score"].label)
    assert told(english, "zh") == chinese
    assert told(english, "en") == english


def test_lint_of_the_shipped_books_asks_for_every_translation(capsys, monkeypatch):
    def called():
        with pytest.raises(SystemExit) as stopped:
            run(["protocol", "lint"])
        return stopped.value.code, *capsys.readouterr()

    assert called()[0] == 0
    whole = texts("zh")
    lacking = whole.with_(rules={key: text for key, text in whole.rules.items() if key != "ABL-COVER"})
    monkeypatch.setattr(language, "texts", lambda lang: None if lang == "en" else lacking)
    code, out, err = called()
    assert (code, out) == (3, "")
    assert "lang/zh.yaml.rules.ABL-COVER" in err
