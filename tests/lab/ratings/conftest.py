"""A testing point and a laboratory in the session's database."""

from tests.lab.sharing import bench, session

__all__ = ["bench", "session"]
