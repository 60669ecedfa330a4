"""Anatomy × plan × simulation become named quantities with value, place and interval; one function a quantity."""
