"""Compiled kernels of heat; importing this package imports numba, so it is imported inside functions only."""
