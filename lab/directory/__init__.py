"""The directory of services: where a person can find somebody to talk to."""
