"""Tissues of a map by their number."""

NAMES = (
    "muscle", "cancellous_bone", "lytic_tumour", "blastic_tumour", "spinal_cord", "csf", "epidural_fat", "nerve",
    "intervertebral_disc", "blood", "lung", "titanium", "pmma", "carbon_dioxide", "dextrose_5", "saline", "air",
)  # fmt: skip
"""Tissues by their number in a map; muscle fills what no surface claims. Bone is `cancellous_bone` by density."""
NUMBER = {name: number for number, name in enumerate(NAMES)}
