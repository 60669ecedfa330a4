"""`python -m planner` and the command `planner`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from planner.cli.app import run  # noqa: PLC0415 - importing this module must cost nothing

    run()


if __name__ == "__main__":
    main()
