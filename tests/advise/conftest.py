from __future__ import annotations

import copy

import pytest

from planner.advise.books import book


@pytest.fixture
def patient():
    """A complete patient file of the vignettes: renal, one lesion, SINS 9."""
    return copy.deepcopy(book("vignettes")["base"])
