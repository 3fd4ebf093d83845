"""Statistical signals: more positives than what was tested lets expect. They go to a person, never out."""
