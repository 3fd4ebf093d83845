"""The record that the rules have looked at a fact, so that a missed one shows."""
