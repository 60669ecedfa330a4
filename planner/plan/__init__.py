"""What the operator intends: patient, target, device sheets, trajectories, steps; read from a plan file."""
