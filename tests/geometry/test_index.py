"""Trees of surfaces: kept while there is room, the one longest unused goes first."""

from __future__ import annotations

import pytest

from planner.geometry import index
from planner.geometry.tessellate import unit_sphere


@pytest.fixture
def kept(monkeypatch):
    found: dict = {}
    monkeypatch.setattr(index, "_kept", found)
    return found


def test_a_mesh_keeps_its_trees(kept):
    ball = unit_sphere(1)
    assert index.index_of(ball) is index.index_of(ball)
    assert list(kept) == [ball]


@pytest.mark.parametrize("limit", ["KEPT_FACES", "KEPT_SURFACES"])
def test_the_longest_unused_goes_first(kept, monkeypatch, limit):
    balls = [unit_sphere(1) for _ in range(4)]
    monkeypatch.setattr(index, limit, 3 * (len(balls[0].faces) if limit == "KEPT_FACES" else 1))
    for ball in (*balls[:3], balls[0], balls[3]):
        index.index_of(ball)
    assert list(kept) == [balls[2], balls[0], balls[3]]


def test_a_mesh_larger_than_all_room_is_still_served(kept, monkeypatch):
    monkeypatch.setattr(index, "KEPT_FACES", 1)
    ball = unit_sphere(1)
    assert index.index_of(ball).mesh is ball
    assert list(kept) == [ball]
