"""The report on paper: PDF without a browser, a system font or a display."""

from planner.report.printed.document import report_pdf

__all__ = ["report_pdf"]
