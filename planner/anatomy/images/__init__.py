"""Readers of image files, one module a format; each gives volumes whose axes run closest to +L, +P, +S."""
