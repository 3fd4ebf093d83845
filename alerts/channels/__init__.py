"""Channels: one file each. A channel knows how to send one message, and nothing of databases."""
