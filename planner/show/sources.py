"""All functions that make layers of a result; each gives nothing where it has nothing to show."""

from __future__ import annotations

from planner.show.augmented import augmented_layers
from planner.show.expected import expected_ice, uncertainty_tubes
from planner.show.frozen import cold_layers
from planner.show.heated import heat_layers
from planner.show.layers import LayerSource

LAYER_SOURCES: tuple[LayerSource, ...] = (
    expected_ice, heat_layers, cold_layers, augmented_layers, uncertainty_tubes,
)  # fmt: skip
