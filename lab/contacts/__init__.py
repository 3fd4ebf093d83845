"""Optional contacts of people who brought a sample: kept apart, sealed, and erased for good."""
