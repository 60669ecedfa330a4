"""What physics says of a plan: fields of heat and cold, balloon and cement, and the zone a device sheet promises."""
