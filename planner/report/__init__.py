"""The verdict in words: a page that opens offline, and lines for a terminal."""

from planner.report.html import report_html
from planner.report.text import report_text

__all__ = ["report_html", "report_text"]
