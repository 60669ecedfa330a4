"""References speak CSL and nothing else, so that reference managers read the file as it stands."""

from __future__ import annotations

import pytest

from planner.core.bibliography import Reference
from planner.core.errors import InputError
from planner.core.resources import data_folder
from planner.core.sourced import References, references
from planner.core.validation import validated
from planner.core.yamlio import parse_mapping

# Variables of CSL 1.0.2 (csl-data.json of the style language's own schema) that may stand in an item.
CSL = {
    "id", "type", "title", "author", "container-title", "volume", "issue", "page", "number", "chapter-number",
    "archive", "archive_location", "issued", "DOI", "PMID", "PMCID", "URL", "note", "custom",
}  # fmt: skip
ONE = {"id": "fisher2010", "type": "article-journal", "title": "SINS", "custom": {"kind": "guideline"}}


def test_every_item_is_csl_and_survives_the_round_trip():
    assert len(references()) >= 149
    for key, item in references().items():
        told = item.as_csl()
        assert set(told) <= CSL
        assert told["id"] == key
        assert validated(Reference, told) == item
        assert all(set(name) <= {"family", "given", "literal"} for name in told.get("author", ()))


def test_the_file_says_nothing_that_the_model_drops():
    raw = parse_mapping((data_folder("protocols") / "references.yaml").read_text(encoding="utf-8"))
    assert [item.as_csl() for item in references().values()] == raw["references"]


@pytest.mark.parametrize(
    ("authors", "said", "short"),
    [
        ([{"family": "Fisher"}, {"literal": "et al."}], "Fisher et al", "Fisher et al. 2010"),
        ([{"family": "Belkoff"}, {"family": "Molloy"}], "Belkoff and Molloy", "Belkoff and Molloy 2010"),
        ([{"literal": "US FDA"}], "US FDA", "US FDA 2010"),
        ([{"family": "Hasgall", "given": "PA"}, {"family": "B"}, {"family": "C"}], "Hasgall PA, B, C", "Hasgall et al. 2010"),
    ],
)  # fmt: skip
def test_citation(authors, said, short):
    place = {"container-title": "Spine", "volume": "35", "page": "E1221", "issued": {"date-parts": [[2010]]}}
    item = validated(Reference, ONE | {"author": authors, "DOI": "10.1097/x", "PMID": "123"} | place)
    assert item.citation == f"{said}. SINS. Spine 35:E1221. 2010"
    assert item.short == short
    assert item.link == "https://doi.org/10.1097/x"
    assert item.identifiers == "DOI 10.1097/x, PMID 123"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"DOI": "doi:10.1/x"}, "DOI"), ({"PMID": 123}, "PMID"), ({"PMCID": "123"}, "PMCID"), ({"venue": "Spine"}, "venue"),
        ({"type": "paper"}, "type"), ({"issued": {"date-parts": [["2010"]]}}, "issued"), ({"author": [{}]}, "author"),
        ({"custom": {"kind": "rumour"}}, "kind"), ({"id": "Fisher 2010"}, "id"), ({"URL": "ftp://x"}, "URL"),
    ],
)  # fmt: skip
def test_what_is_not_csl_is_refused(wrong, where):
    with pytest.raises(InputError, match=where):
        validated(Reference, ONE | wrong)


def test_an_id_stands_once():
    with pytest.raises(InputError, match="each id once"):
        validated(References, {"references": [ONE, ONE]})
