"""Lanes and hosts of what is sent, signs of life of who sends it, and their deaths counted apart from refusals."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

_SENDING = sa.text("state = 'sending'")
_OPEN = sa.text("state IN ('waiting', 'sending')")


def _index_due(*columns: str) -> None:
    op.drop_index("ix_delivery_due", "delivery")
    op.create_index("ix_delivery_due", "delivery", list(columns), sqlite_where=_OPEN, postgresql_where=_OPEN)


def upgrade() -> None:
    for column in (
        sa.Column("lane", sa.SmallInteger(), nullable=False, server_default="2"),
        sa.Column("host", sa.Integer(), nullable=True),
        sa.Column("sender_id", sa.Uuid(), nullable=True),
        sa.Column("died", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("delivery", column)
    # Not by a batch: SQLite would build the whole table anew.
    op.execute("ALTER TABLE delivery RENAME COLUMN replayed_at TO uncounted")
    op.execute("UPDATE delivery SET lane = 0 WHERE purpose IN ('callback', 'contact')")
    _index_due("channel", "lane", "due_at")
    op.create_index(
        "ix_delivery_sender_id", "delivery", ["sender_id"], sqlite_where=_SENDING, postgresql_where=_SENDING
    )
    op.create_table(
        "delivery_sender",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_sender"),
    )


def downgrade() -> None:
    op.drop_table("delivery_sender")
    op.drop_index("ix_delivery_sender_id", "delivery")
    _index_due("due_at")
    op.execute("ALTER TABLE delivery RENAME COLUMN uncounted TO replayed_at")
    for name in ("sender_id", "died", "host", "lane"):
        op.drop_column("delivery", name)
