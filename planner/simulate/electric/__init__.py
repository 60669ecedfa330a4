"""The radio-frequency field: from conductivity and needles to potential, current and heat."""
