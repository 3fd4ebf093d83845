"""Whether a plate's standards and blanks are as its laboratory declared, and how they run over time."""
