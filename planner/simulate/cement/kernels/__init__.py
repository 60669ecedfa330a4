"""Compiled loops of the flow of cement."""
