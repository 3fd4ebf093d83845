"""By which roads workers are reached at night: their browsers, their telephones."""
