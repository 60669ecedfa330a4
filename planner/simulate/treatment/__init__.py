"""Heating steps of a plan, simulated on the patient's own anatomy.

`tissue_map` which tissue each cell holds · `properties` what it conducts and stores · `probe` needle and generator of a
device sheet · `treatment` the run of field, heat and generator · `result` what it leaves behind · `isosurface` zones
· `spread` the interval from property uncertainty · `simulated` all of it for one step · `files` fields and curves.
"""
