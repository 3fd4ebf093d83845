"""Keys are random UUIDv4: they hold no clock and no order (DESIGN.md, principle 2)."""

from uuid import UUID, uuid4

Id = UUID


def new_id() -> UUID:
    """A fresh random key."""
    return uuid4()
