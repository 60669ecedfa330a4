"""Compiled loops of the electric field; imported when a field is solved."""
