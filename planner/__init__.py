"""Checks a planned procedure on a vertebra against cited limits and shows it in 3D."""
