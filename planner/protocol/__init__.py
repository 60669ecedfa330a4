"""What is allowed, as data: rules with limit, reason, source and grade, gathered in books."""
