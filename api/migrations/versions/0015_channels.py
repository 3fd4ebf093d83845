"""What a subscription leaves out: substances it does not ask for, and hours in which nothing is sent."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0015"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("substances", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False, server_default="UTC"),
    ):
        op.add_column("subscription", column)
    op.create_table(
        "alert_acknowledgement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_alert_acknowledgement_delivery_id_delivery"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_acknowledgement"),
        sa.UniqueConstraint("delivery_id", name="uq_alert_acknowledgement_delivery_id"),
    )


def downgrade() -> None:
    op.drop_table("alert_acknowledgement")
    for name in ("timezone", "quiet_until", "quiet_from", "substances"):
        op.drop_column("subscription", name)
