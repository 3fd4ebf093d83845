"""Changes of the signing key, receipts given out, witnesses of checkpoints and what they were sent."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None

_REFUSED = "the log of custody is append-only"
_KEPT = ("ledger_key_change", "custody_receipt")


def upgrade() -> None:
    op.create_table(
        "ledger_key_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("old_key", sa.String(length=300), nullable=False),
        sa.Column("new_key", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_key_change"),
        sa.UniqueConstraint("old_key", name="uq_ledger_key_change_old_key"),
        sa.UniqueConstraint("new_key", name="uq_ledger_key_change_new_key"),
    )
    op.create_table(
        "custody_receipt",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("seqs", sa.JSON(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_custody_receipt"),
    )
    op.create_index("ix_custody_receipt_parcel_id", "custody_receipt", ["parcel_id"])
    op.create_table(
        "checkpoint_witness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name="fk_checkpoint_witness_added_by_account"),
        sa.PrimaryKeyConstraint("id", name="pk_checkpoint_witness"),
    )
    op.create_table(
        "checkpoint_mail",
        sa.Column("witness_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("claimed_at", UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["witness_id"], ["checkpoint_witness.id"], name="fk_checkpoint_mail_witness_id_checkpoint_witness"
        ),
        sa.PrimaryKeyConstraint("witness_id", "day", name="pk_checkpoint_mail"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for table in _KEPT:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )


def _guard_postgresql() -> None:
    for table in _KEPT:  # the function is migration 0002's
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse()"
        )


def downgrade() -> None:
    for table in ("checkpoint_mail", "checkpoint_witness", "custody_receipt", "ledger_key_change"):
        op.drop_table(table)
