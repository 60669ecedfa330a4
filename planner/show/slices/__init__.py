"""Slices of a case: along the body, along and across the needle, with what is known and what is simulated over them."""
