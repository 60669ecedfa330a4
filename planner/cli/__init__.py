"""Thin: parse → public API → exit code."""
