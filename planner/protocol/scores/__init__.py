"""Score tables as data: items, points, classes, and who published them."""
