"""`python -m planner` and the command `planner`."""

from __future__ import annotations

import os

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "1")
"""Matrices here are small: threads of the linear algebra only spin beside the work and take a fifth of the processor's
time. Read when numpy loads; a user's own setting stays."""


def main() -> None:
    """Run the command line."""
    os.environ.setdefault(*ONE_THREAD)
    from planner.cli.app import run  # noqa: PLC0415 - importing this module must cost nothing

    run()


if __name__ == "__main__":
    main()
