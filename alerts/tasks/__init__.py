"""Call-back tasks (T0): the person at risk is told first, and nobody forgets to."""
