"""How fast the planner is and how near to the truth: `python -m benchmarks`, `python -m benchmarks.accuracy`."""
