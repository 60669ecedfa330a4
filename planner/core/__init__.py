"""Base model, quantity table, units at the door, sourced numbers, errors, provenance."""
