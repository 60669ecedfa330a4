"""A balloon inflated in the patient's own bone.

`shape` the balloon as its sheet describes it · `rays` what each direction from its middle meets in the bone · `inflate`
pressure against volume · `simulated` all of it for one step of a plan.
"""
