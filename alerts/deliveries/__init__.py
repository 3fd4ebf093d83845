"""Who is sent which version, and every attempt at it."""
