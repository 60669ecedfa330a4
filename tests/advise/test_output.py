"""Commands, terminal, report section, page and checklist, in English and Chinese."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import planner.report.patient as patient_module
from planner.advise.indicate import indicate
from planner.advise.pathway import pathway
from planner.cli.app import run
from planner.protocol.language import texts
from planner.report.advice_words import STATE_WORDS, advice_words, grade_words
from planner.report.blocks import Plot, Table
from planner.report.patient import patient_blocks
from planner.report.patient_page import checklist_html, patient_html
from planner.report.sections import Known
from planner.report.sections import patient as section

HAN = re.compile(r"[\u4e00-\u9fff]")


def called(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        run([str(a) for a in arguments])
    return stopped.value.code, *capsys.readouterr()


@pytest.fixture
def file(patient, tmp_path):
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(patient | {"title": "[red]One[/] patient"}))
    return path


def test_indicate_answers_in_its_first_lines(capsys, file):
    code, out, _ = called(capsys, "indicate", file)
    assert code == 0
    assert "RECOMMENDED  cement, then stereotactic radiotherapy" in "\n".join(out.splitlines()[:3])
    assert len(out.splitlines()) < 40
    code, out, _ = called(capsys, "indicate", file, "--all", "--lang", "zh")
    assert code == 0
    assert "推荐  骨水泥后立体定向放疗" in out
    assert "评分权重" in out or "权重及首位不变的变动范围" in out


def test_missing_is_said_with_what_it_would_change(capsys, file, patient):
    del patient["patient"]["clotting"]["inr"]
    file.write_text(json.dumps(patient))
    _, out, _ = called(capsys, "indicate", file)
    assert "MISSING  INR" in out
    assert "0.5–1.8: cement → SBRT" in out
    _, out, _ = called(capsys, "indicate", file, "--json")
    told = json.loads(out)
    assert told["answer"] == "missing"
    assert [fact["at"] for fact in told["decisive"]] == ["patient.clotting.inr"]


def test_pathway_writes_calendar_page_and_checklist(capsys, file, tmp_path):
    out = tmp_path / "out"
    code, text, _ = called(capsys, "pathway", file, "--start", "2026-12-01", "--ics", out / "p.ics", "--out", out)
    assert code == 0
    assert "2026-12-01" in text
    assert (out / "p.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    page = (out / "patient.html").read_text()
    assert "&lt;b" not in page
    assert "[red]One[/] patient" in page
    assert "time-out" in (out / "checklist.html").read_text().lower()


def test_bad_input_leaves_nothing(capsys, file, tmp_path, patient):
    assert called(capsys, "pathway", file, "--start", "1 December")[0] == 3
    assert called(capsys, "pathway", file, "--ics", tmp_path / "no.ics")[0] == 3
    assert not (tmp_path / "no.ics").exists()
    patient["patient"]["vertebral_metastases"] = 5
    file.write_text(json.dumps(patient))
    code, _, told = called(capsys, "indicate", file)
    assert code == 3
    assert "$.patient.vertebral_metastases with $.patient.metastases" in told
    assert called(capsys, "indicate", tmp_path / "none.yaml")[0] == 3


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_section_has_its_parts(patient, lang):
    patient["advice"] = {
        "course": [{"day": "2026-06-01", "sins": 6, "metastases": 1}, {"day": "2026-11-20", "sins": 9}]
    }
    blocks = patient_blocks(indicate(patient), lang)
    assert sum(isinstance(block, Table) for block in blocks) >= 6
    (plot,) = [block for block in blocks if isinstance(block, Plot)]
    assert plot.curve.lines[0].label == "SINS"
    words = " ".join(str(block) for block in blocks)
    assert bool(HAN.search(words)) == (lang == "zh")


def test_pages_stand_alone_and_fit_the_language(patient):
    found = pathway(patient)
    for make in (patient_html, checklist_html):
        english, chinese = make(found), make(found, "zh")
        assert not re.search(r'(src|href)="(?!data:)', english)
        assert '<html lang="zh">' in chinese
        assert HAN.search(chinese)
        assert not HAN.search(english)
    assert "________" not in checklist_html(found)
    del patient["patient"]["clotting"]["inr"]
    assert "INR ________" in checklist_html(pathway(patient))


def test_a_broken_patient_costs_the_report_nothing_else(patient):
    assert section(Known({"plan": {}})) == ()
    assert section(Known({"plan": {"patient": patient["patient"], "target": patient["target"]}}))


def test_every_fixed_word_has_its_chinese():
    folder = Path(patient_module.__file__).parent
    asked = set(STATE_WORDS.values())
    for name in ("advice_words.py", "advice_text.py", "pathway_text.py", "patient.py", "patient_page.py"):
        source = (folder / name).read_text()
        asked |= set(re.findall(r"w\(lang, [\"']([^\"']+)[\"']\)", source))
        for row in re.findall(r"for words in \(([^)]*)\)", source):
            asked |= set(re.findall(r'"([^"]+)"', row))
    known = {*advice_words(), *texts("zh").page}
    assert asked - known == set()
    assert set(grade_words()) == {"guideline", "rct", "cohort", "bench", "ifu", "expert", "source_text", "assumed"}
