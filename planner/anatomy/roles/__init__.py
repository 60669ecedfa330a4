"""Roles of structures: what can be told from a vertebra beyond its label."""
