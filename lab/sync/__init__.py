"""A device's outbox arriving: what was done without network, taken in in order, and what a person must decide."""
