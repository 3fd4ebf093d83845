"""The counter: photographs of samples, and whether a reason was stated."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sample", sa.Column("reason_stated", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "sample_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.String(length=120), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("erased_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(file_key IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_sample_photo_erased_has_no_file")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_sample_photo_sample_id_sample")),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name=op.f("fk_sample_photo_taken_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_photo")),
    )
    op.create_index(op.f("ix_sample_photo_file_key"), "sample_photo", ["file_key"], unique=False)
    op.create_index(op.f("ix_sample_photo_sample_id"), "sample_photo", ["sample_id"], unique=False)


def downgrade() -> None:
    op.drop_table("sample_photo")
    op.drop_column("sample", "reason_stated")
