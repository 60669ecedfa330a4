"""Shapes, distances and volumes: pure functions on arrays and closed surfaces, LPS millimetres throughout."""
