"""Cement in the patient's own bone.

`flow` Darcy flow of cement and marrow as a function of arrays · `cells` the cells of a vertebra · `openings` where
cement can leave it · `material` what a sheet says of a cement · `simulated` all of it for one step · `leak` its
probability over what is not known · `met` what a burn left · `exotherm` the heat of setting · `after` stiffness and
strength · `elastic` the body as a solid · `beside` load on the neighbours · `kernels` compiled loops.
"""
