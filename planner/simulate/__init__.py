"""What physics says of a plan. So far: the zone a device sheet promises; fields come with the solvers."""
