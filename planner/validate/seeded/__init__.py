"""Errors planted in sound plans: each must be caught by its own rule, and the sound plan must be silent about it."""
