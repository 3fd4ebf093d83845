"""A laboratory with samples on its bench."""

from tests.lab.sharing import bench, session

__all__ = ["bench", "session"]
