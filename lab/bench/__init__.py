"""The bench: what waits at a laboratory, and the terms it declares for itself."""
