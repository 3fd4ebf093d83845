"""What a person changed on a reading is kept with the order and with the reading that carries it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("reading", "reading_order"):
        op.add_column(table, sa.Column("edits", sa.JSON(), nullable=True))


def downgrade() -> None:
    for table in ("reading_order", "reading"):
        op.drop_column(table, "edits")
