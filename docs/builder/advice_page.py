"""How advice is come by: the rules, weights, sequence, checks and models as a page."""

from __future__ import annotations

from collections.abc import Iterable

from planner.advise.books import Cited, criteria, facts_table, indications, techniques, tumours
from planner.advise.checks import bone_checks, modalities, questions
from planner.advise.fractions import schemes
from planner.advise.pathway import disciplines, events
from planner.advise.response import skeletal_events
from planner.advise.risk import risk_models
from planner.core.sourced import Source, references

EXAMPLE = """title: Renal metastasis of L3
patient:
  primary: renal
  pain_vas: 7
  pain_type: mechanical
  metastases: 1
  vertebral_metastases: 1
  levels_to_treat: 1
  organ_metastases: none
  expected_survival: 9 months
  irradiated_before: false
  implant_at_level: false
  wish: none
  neurology: {frankel: e, sphincter: false}
  scores: {sins: 9, escc: "0", ecog: 1}
  lesion: {size: 22 mm, cord_distance: 15 mm, vessel_distance: 20 mm, height_loss: 10 %, posterior_wall_intact: true}
  clotting: {inr: 1.1, platelets_per_nl: 210}
  contraindications: {infection: false, cement_or_contrast_allergy: false, bleeding_disorder: false,
                      pacemaker: false, new_deficit: false}
target: {level: L3, lesion_type: lytic}
advice: {start: "2026-12-01"}
"""
"""A patient file; a test reads it."""

_HEAD = f"""# Advice: which technique for whom, in which order

Generated from `protocols/advise` by `python docs/build.py`; the rules below stand there as data that a clinician can read and change.

```yaml
{EXAMPLE}```

`planner indicate patient.yaml` ranks the techniques (`--all` with every rule, source and sensitivity, `--json` for machines,
`--lang zh`); `planner pathway patient.yaml --start 2026-12-01 --ics pathway.ics --out pages` lays out the sequence, as calendar and
as pages to print. Both also take a whole plan, whose geometry then answers for size, height lost and distances. A report of a plan
with a `patient` has the same as its section. `planner validate --only advise` holds the engine against patients with known answers.

## How an answer comes about

- **Nothing is guessed.** A fact that is not stated is missing. A rule is true, false, or waits for the facts named. Numbers are
  intervals: SINS with an item missing, survival from the class of a score, sizes with the error of their voxels.
- **State.** *Recommended*: an indication holds and every contraindication is excluded. *Waits*: one of them is undecided.
  *Not indicated*: none holds. *Not available here*: the department does not name it. *Contraindicated*: one holds.
- **Score.** Weight × need of this patient × what the technique gives, summed over the criteria, over the sum of weights; rules add
  or cost points. Ranking goes by state and then by the lower end: what is missing counts at its worst.
- **Answer.** The first of the recommended; `missing`, with the facts that decide, where completing them could put another one first;
  to the board where nothing is indicated and allowed.
- **How sure.** The range of each weight in which the first stays first (exact, the scores are straight lines in it), and for each
  missing fact what would lead for each answer.
- A contraindication never raises a technique, and more pain never lowers vertebroplasty: laws that are tested.
- Where sources disagree all their views are stored and printed. Weights and values are house judgement, marked so.
"""


def advice_page() -> str:
    """Return the page."""
    return "\n".join([
        _HEAD, _techniques(), _weights(), _rules(), _facts(), _tumours(), _sequence(), _schemes(), _bone(), _images(), _risk(),
        _events(),
    ])  # fmt: skip


def _table(heading: str, head: str, rows: Iterable[str], lead: str = "") -> str:
    ruled = "|".join("---" for _ in head.split("|"))
    return "\n".join([f"## {heading}", "", *([lead, ""] if lead else []), f"| {head} |", f"|{ruled}|", *rows, ""])


def _cited(source: Source) -> str:
    one = references()[source.ref]
    told = f"[{source.ref}]({one.link})" if one.link else one.citation
    return f"{told} ({source.grade}, {source.flag})" + (f" {source.note}" if source.note else "")


def _more(rule: Cited) -> str:
    also = [f"{references()[a.ref].citation}: {a.says} ({a.flag})" for a in rule.also]
    views = [f"**{references()[v.ref].citation}** {v.says.en} ({v.flag})" for v in rule.views]
    return "".join(f"<br>{words}" for words in (*also, *views))


def _techniques() -> str:
    rows = (
        f"| `{name}` | {row.title.en} | {row.title.zh} | {', '.join(row.parts) or '–'} | {', '.join(row.tags)} | "
        f"{', '.join(row.steps) or 'named, not planned'} |"
        for name, row in techniques().items()
    )
    return _table("Techniques", "name | technique | 技术 | joins | rules speak of it as | steps of a plan", rows)


def _weights() -> str:
    names = list(techniques())
    rows = (
        f"| {row.title.en} | {row.weight:g} | `{row.need.fact}` {', '.join(f'{x:g}→{y:g}' for x, y in row.need.points)} | "
        + " | ".join(f"{row.gives[name]:g}" for name in names)
        + f" | {_cited(row.source)} |"
        for row in criteria().values()
    )
    return _table("Weights", "criterion | weight | need | " + " | ".join(names) + " | source", rows)


def _rules() -> str:
    marks = {"indicates": "indicates", "forbids": "**forbids**", "costs": "costs", "adds": "adds", "board": "board"}
    rows = (
        f"| `{r.id}` | {r.origin} | {marks[r.effect]}{f' {r.points:g}' if r.points else ''}{' + board' if r.board else ''} | "
        f"{', '.join(r.for_)} | `{r.when}` | {r.title.en}. {r.because.en}{_more(r)} | {_cited(r.source)} |"
        for r in indications()
    )
    return _table(
        "Rules of choice", "rule | origin | effect | for | when | in words | source", rows,
        "`document` marks the rules of the two source texts, which stand first.",
    )  # fmt: skip


def _facts() -> str:
    rows = (
        f"| `{name}` | {row.title.en} | {row.title.zh} | `{row.at}` | "
        f"{', '.join(row.values) if row.values else 'yes, no' if row.kind == 'yes_no' else f'{row.low:g}–{row.high:g} {row.unit}'} |"
        for name, row in facts_table().items()
    )
    return _table("Facts", "fact | in words | 中文 | where it is stated | what it may be", rows)


def _tumours() -> str:
    rows = (
        f"| `{name}` | {row.title.en} | {row.kind} | {row.radiosensitivity} | {_cited(row.source)} |"
        for name, row in tumours().items()
    )
    return _table("Tumours", "primary | in words | kind | radiosensitivity | source", rows)


def _sequence() -> str:
    rows = (
        f"| `{e.id}` | {e.days[0]:+d} … {e.days[1]:+d} from {e.anchor} | {e.title.en} | "
        f"{', '.join(disciplines()[name].en for name in e.who)} | {', '.join(e.for_) or 'all'} | "
        f"{f'`{e.when}`' if e.when else 'always'} | {e.because.en}{_more(e)} | {_cited(e.source)} |"
        for e in events()
    )
    return _table("Sequence", "event | days | what | who | for | when | because | source", rows)


def _schemes() -> str:
    rows = (
        f"| `{s.id}` | {s.dose_gy:g} Gy in {s.fractions} | {s.kind} | `{s.when}` | {s.title.en}. {s.because.en} | {_cited(s.source)} |"
        for s in schemes()
    )
    return _table("Fraction schemes", "scheme | dose | kind | when | in words | source", rows)


def _bone() -> str:
    rows = (
        f"| `{c.id}` | {c.phase} | `{c.applies}` | `{c.when}` | {c.action.en} {c.because.en}{_more(c)} | {_cited(c.source)} |"
        for c in bone_checks()
    )
    return _table(
        "Bone protection", "check | phase | for whom | asks for action when | what to do and why | source", rows
    )


def _images() -> str:
    shows = (f"| {m.title.en} | {m.shows.en} | {m.misses.en} | {_cited(m.source)} |" for m in modalities().values())
    asks = (
        f"| `{q.id}` | {q.title.en} | `{q.asks}` | {(' or ' if q.any else ' and ').join(modalities()[n].title.en for n in q.use)} | "
        f"{q.at_most_days:g} days | {_cited(q.source)} |"
        for q in questions()
    )
    return _table("Images", "image | shows | misses | source", shows) + "\n" + _table(
        "Questions to images", "question | in words | asked when | by | at most | source", asks
    )  # fmt: skip


def _risk() -> str:
    rows = (
        f"| `{m.id}` | {m.title.en} | {m.population.en} | {m.discrimination.en} | `{m.within}` | {m.caveat.en} | {_cited(m.source)} |"
        for m in risk_models()
    )
    return _table(
        "Risk models", "model | risk | population | discrimination | only where | to be known | source", rows,
        "Evaluated as published; outside its range a model refuses. No model was trained here.",
    )  # fmt: skip


def _events() -> str:
    found = skeletal_events()
    listed = "; ".join(text.en for text in found.events.values())
    return (
        f"## Skeletal-related events\n\n{found.definition.en} Counted: {listed}. Beside: "
        f"{'; '.join(t.en for t in found.beside.values())}. {_cited(found.source)}\n"
    )
