"""Which technique for which patient, in which order: rules in `protocols/advise`, nothing guessed."""
