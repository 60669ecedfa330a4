"""Heating and freezing steps of a plan, simulated on the patient's own anatomy.

Of both: `tissue_map` which tissue each cell holds · `properties` what it conducts and stores · `protection` what is
done for cord and skin · `record` what is read meanwhile · `isosurface` zones · `spread` the interval from property
uncertainty · `refusals` what is refused first.
Heat: `probe` needle and generator of a device sheet · `treatment` the run of field, heat and generator · `result` what
it leaves behind · `simulated` all of it for one step · `files` fields and curves.
Cold: `cold_probe` probes and their cycles · `cold_tissue` what freezing changes · `cold_treatment` the run of cycles
and thaw · `cold_result`, `cold_simulated` and `cold_files` as for heat.
"""
