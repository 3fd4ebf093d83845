"""Writing to the person who brought a sample: that something waits for them, and never what."""
