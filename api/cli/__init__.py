"""The ``drugcheck`` command. One module per group of commands; this one joins them."""

from api.cli.main import app, main

__all__ = ["app", "main"]
