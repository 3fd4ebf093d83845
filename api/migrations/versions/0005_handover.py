"""Handover and synchronisation: who was given a parcel, parcels being unpacked, conflicts with devices."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custody_handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "one_device", "two_devices", name="handovermode", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=True),
        sa.Column("offered_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column(
            "entry",
            sa.Enum("scanned", "typed", name="entrymode", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["giver_id"], ["account.id"], name=op.f("fk_custody_handover_giver_id_account")),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["custody_parcel.id"], name=op.f("fk_custody_handover_parcel_id_custody_parcel")
        ),
        sa.ForeignKeyConstraint(["receiver_id"], ["account.id"], name=op.f("fk_custody_handover_receiver_id_account")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["account.id"], name=op.f("fk_custody_handover_withdrawn_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_handover")),
    )
    op.create_index(op.f("ix_custody_handover_parcel_id"), "custody_handover", ["parcel_id"], unique=False)
    op.create_index(op.f("ix_custody_handover_receiver_id"), "custody_handover", ["receiver_id"], unique=False)
    op.create_table(
        "custody_receiving",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("seal_number", sa.String(length=40), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column(
            "seal_state",
            sa.Enum(
                "intact", "broken", "missing", name="sealstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("condition", sa.String(length=500), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_custody_receiving_closed_by_account")),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["custody_parcel.id"], name=op.f("fk_custody_receiving_parcel_id_custody_parcel")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_custody_receiving_site_id_site")),
        sa.ForeignKeyConstraint(["started_by"], ["account.id"], name=op.f("fk_custody_receiving_started_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_receiving")),
        sa.UniqueConstraint("parcel_id", name=op.f("uq_custody_receiving_parcel_id")),
    )
    op.create_index(op.f("ix_custody_receiving_site_id"), "custody_receiving", ["site_id"], unique=False)
    op.create_table(
        "sync_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "register",
                "event",
                "pack",
                "hand_over",
                "receive",
                name="synckind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("happened_at", UTCDateTime(), nullable=True),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=True),
        sa.Column("other_sample_id", sa.Uuid(), nullable=True),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.String(length=9), nullable=True),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("device_says", sa.JSON(), nullable=False),
        sa.Column("server_says", sa.JSON(), nullable=False),
        sa.Column("operation", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "keep_server",
                "apply_device",
                "discard",
                name="syncdecision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sync_conflict_account_id_account")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_sync_conflict_decided_by_account")),
        sa.ForeignKeyConstraint(
            ["other_sample_id"], ["sample.id"], name=op.f("fk_sync_conflict_other_sample_id_sample")
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["custody_parcel.id"], name=op.f("fk_sync_conflict_parcel_id_custody_parcel")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_sync_conflict_sample_id_sample")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_sync_conflict_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_conflict")),
        sa.UniqueConstraint("operation_id", name=op.f("uq_sync_conflict_operation_id")),
    )
    op.create_index(op.f("ix_sync_conflict_decided_at"), "sync_conflict", ["decided_at"], unique=False)
    op.create_index(op.f("ix_sync_conflict_label"), "sync_conflict", ["label"], unique=False)
    op.create_index(op.f("ix_sync_conflict_received_at"), "sync_conflict", ["received_at"], unique=False)
    op.create_index(op.f("ix_sync_conflict_sample_id"), "sync_conflict", ["sample_id"], unique=False)
    op.create_index(op.f("ix_sync_conflict_site_id"), "sync_conflict", ["site_id"], unique=False)
    op.create_table(
        "custody_receiving_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receiving_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=80), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "expected",
                "unexpected",
                "unknown",
                name="scankind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "seal_state",
            sa.Enum(
                "intact", "broken", "missing", name="sealstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("condition", sa.String(length=200), nullable=True),
        sa.Column(
            "entry",
            sa.Enum("scanned", "typed", name="entrymode", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("scanned_by", sa.Uuid(), nullable=False),
        sa.Column("scanned_at", UTCDateTime(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("booked_at", UTCDateTime(), nullable=True),
        sa.Column("refused", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["custody_item.id"], name=op.f("fk_custody_receiving_scan_item_id_custody_item")
        ),
        sa.ForeignKeyConstraint(
            ["receiving_id"],
            ["custody_receiving.id"],
            name=op.f("fk_custody_receiving_scan_receiving_id_custody_receiving"),
        ),
        sa.ForeignKeyConstraint(
            ["scanned_by"], ["account.id"], name=op.f("fk_custody_receiving_scan_scanned_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["account.id"], name=op.f("fk_custody_receiving_scan_undone_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_receiving_scan")),
    )
    op.create_index(
        op.f("ix_custody_receiving_scan_receiving_id"), "custody_receiving_scan", ["receiving_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_custody_receiving_scan_receiving_id"), table_name="custody_receiving_scan")
    op.drop_table("custody_receiving_scan")
    op.drop_index(op.f("ix_sync_conflict_site_id"), table_name="sync_conflict")
    op.drop_index(op.f("ix_sync_conflict_sample_id"), table_name="sync_conflict")
    op.drop_index(op.f("ix_sync_conflict_received_at"), table_name="sync_conflict")
    op.drop_index(op.f("ix_sync_conflict_label"), table_name="sync_conflict")
    op.drop_index(op.f("ix_sync_conflict_decided_at"), table_name="sync_conflict")
    op.drop_table("sync_conflict")
    op.drop_index(op.f("ix_custody_receiving_site_id"), table_name="custody_receiving")
    op.drop_table("custody_receiving")
    op.drop_index(op.f("ix_custody_handover_receiver_id"), table_name="custody_handover")
    op.drop_index(op.f("ix_custody_handover_parcel_id"), table_name="custody_handover")
    op.drop_table("custody_handover")
