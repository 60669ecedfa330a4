"""The installed product proves itself: closed forms, worked examples and published figures, computed when asked."""
