"""Quantities × rules → findings → one verdict. Pure: no files, no printing."""
