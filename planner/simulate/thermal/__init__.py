"""Heat in tissue: Pennes' equation on tensor grids, thermal dose, and the public kernel `bioheat`.

`grid` where the cells lie · `steps` how time is cut · `faces` conductances between cells · `solver` the engine that
steps
through a treatment · `exposure` what a treatment leaves behind (extremes, doses) · `damage` cited laws of damage ·
`left` what a later step goes on from · `bioheat` the whole as one function of arrays · `kernels` compiled loops.
"""
