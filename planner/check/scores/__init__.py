"""Scores evaluated: answers in, a value with its class and breakdown out; a missing item is never guessed."""

from planner.check.scores.evaluate import score
from planner.check.scores.result import ScoreResult

__all__ = ["ScoreResult", "score"]
