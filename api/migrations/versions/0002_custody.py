"""Items, parcels, the ledger and its checkpoints."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_entry", "ledger_checkpoint", "custody_event")
REFUSED = "the custody ledger is append-only"


def upgrade() -> None:
    op.create_table(
        "custody_text",
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.String(length=2000), nullable=False),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_custody_text")),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_checkpoint")),
        sa.UniqueConstraint("size", "key_id", name=op.f("uq_ledger_checkpoint_size_key_id")),
    )
    op.create_index(op.f("ix_ledger_checkpoint_size"), "ledger_checkpoint", ["size"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_entry")),
    )
    op.create_table(
        "custody_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("item_seq", sa.Integer(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "collected",
                "sealed",
                "packed",
                "handed_over",
                "received",
                "opened",
                "aliquoted",
                "consumed",
                "stored",
                "dispatched",
                "returned",
                "destroyed",
                "lost",
                "found",
                "corrected",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("device_seq", sa.Integer(), nullable=True),
        sa.Column("occurred_at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["ledger_entry.seq"], name=op.f("fk_custody_event_seq_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_event")),
        sa.UniqueConstraint("device_id", "device_seq", name=op.f("uq_custody_event_device_id_device_seq")),
        sa.UniqueConstraint("item_id", "item_seq", name=op.f("uq_custody_event_item_id_item_seq")),
        sa.UniqueConstraint("seq", name=op.f("uq_custody_event_seq")),
    )
    op.create_index(op.f("ix_custody_event_parcel_id"), "custody_event", ["parcel_id"], unique=False)
    op.create_index(op.f("ix_custody_event_sample_id"), "custody_event", ["sample_id"], unique=False)
    op.create_table(
        "custody_parcel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seal_number", sa.String(length=40), nullable=False),
        sa.Column("from_site_id", sa.Uuid(), nullable=False),
        sa.Column("to_site_id", sa.Uuid(), nullable=False),
        sa.Column("legal_basis", sa.String(length=300), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "packed",
                "in_transit",
                "received",
                name="parcelstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("packed_at", UTCDateTime(), nullable=False),
        sa.Column("handed_over_at", UTCDateTime(), nullable=True),
        sa.Column("received_at", UTCDateTime(), nullable=True),
        sa.Column(
            "seal_state",
            sa.Enum(
                "intact", "broken", "missing", name="sealstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["from_site_id"], ["site.id"], name=op.f("fk_custody_parcel_from_site_id_site")),
        sa.ForeignKeyConstraint(["to_site_id"], ["site.id"], name=op.f("fk_custody_parcel_to_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_parcel")),
    )
    op.create_index(op.f("ix_custody_parcel_from_site_id"), "custody_parcel", ["from_site_id"], unique=False)
    op.create_index(op.f("ix_custody_parcel_state"), "custody_parcel", ["state"], unique=False)
    op.create_index(op.f("ix_custody_parcel_to_site_id"), "custody_parcel", ["to_site_id"], unique=False)
    op.create_table(
        "custody_return_basis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["declared_by"], ["account.id"], name=op.f("fk_custody_return_basis_declared_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_return_basis")),
    )
    op.create_table(
        "custody_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "at_site",
                "in_transit",
                "at_laboratory",
                "returned",
                "destroyed",
                "lost",
                name="itemstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("seal_number", sa.String(length=40), nullable=True),
        sa.Column("held_ug", sa.BigInteger(), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("head_event_id", sa.Uuid(), nullable=True),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["custody_item.id"], name=op.f("fk_custody_item_parent_id_custody_item")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_custody_item_sample_id_sample")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_custody_item_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_item")),
    )
    op.create_index(op.f("ix_custody_item_conflict"), "custody_item", ["conflict"], unique=False)
    op.create_index(op.f("ix_custody_item_parent_id"), "custody_item", ["parent_id"], unique=False)
    op.create_index(op.f("ix_custody_item_sample_id"), "custody_item", ["sample_id"], unique=False)
    op.create_index(op.f("ix_custody_item_site_id"), "custody_item", ["site_id"], unique=False)
    op.create_index(op.f("ix_custody_item_state"), "custody_item", ["state"], unique=False)
    op.create_table(
        "custody_parcel_item",
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "expected",
                "received",
                "missing",
                "unexpected",
                name="manifest",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["custody_item.id"], name=op.f("fk_custody_parcel_item_item_id_custody_item")
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["custody_parcel.id"], name=op.f("fk_custody_parcel_item_parcel_id_custody_parcel")
        ),
        sa.PrimaryKeyConstraint("parcel_id", "item_id", name=op.f("pk_custody_parcel_item")),
    )
    op.create_index(op.f("ix_custody_parcel_item_item_id"), "custody_parcel_item", ["item_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
            )
    # INSERT OR REPLACE deletes without asking the trigger above, so an insert over an existing row is refused too.
    for table, taken in {
        "ledger_entry": "NEW.seq IS NOT (SELECT COALESCE(MAX(seq) + 1, 0) FROM ledger_entry)",
        "ledger_checkpoint": "EXISTS (SELECT 1 FROM ledger_checkpoint WHERE id = NEW.id "
        "OR (size = NEW.size AND key_id = NEW.key_id))",
        "custody_event": "EXISTS (SELECT 1 FROM custody_event WHERE id = NEW.id OR seq = NEW.seq "
        "OR (item_id = NEW.item_id AND item_seq = NEW.item_seq) "
        "OR (device_id = NEW.device_id AND device_seq = NEW.device_seq))",
    }.items():
        op.execute(
            f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} "
            f"WHEN {taken} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION custody_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse()"
        )
    at_end = "(SELECT COALESCE(MAX(seq) + 1, 0) FROM ledger_entry)"
    op.execute(
        "CREATE FUNCTION ledger_entry_at_end() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NEW.seq IS DISTINCT FROM {at_end} THEN "
        f"RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entry_at_end BEFORE INSERT ON ledger_entry "
        "FOR EACH ROW EXECUTE FUNCTION ledger_entry_at_end()"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_custody_parcel_item_item_id"), table_name="custody_parcel_item")
    op.drop_table("custody_parcel_item")
    op.drop_index(op.f("ix_custody_item_state"), table_name="custody_item")
    op.drop_index(op.f("ix_custody_item_site_id"), table_name="custody_item")
    op.drop_index(op.f("ix_custody_item_sample_id"), table_name="custody_item")
    op.drop_index(op.f("ix_custody_item_parent_id"), table_name="custody_item")
    op.drop_index(op.f("ix_custody_item_conflict"), table_name="custody_item")
    op.drop_table("custody_item")
    op.drop_table("custody_return_basis")
    op.drop_index(op.f("ix_custody_parcel_to_site_id"), table_name="custody_parcel")
    op.drop_index(op.f("ix_custody_parcel_state"), table_name="custody_parcel")
    op.drop_index(op.f("ix_custody_parcel_from_site_id"), table_name="custody_parcel")
    op.drop_table("custody_parcel")
    op.drop_index(op.f("ix_custody_event_sample_id"), table_name="custody_event")
    op.drop_index(op.f("ix_custody_event_parcel_id"), table_name="custody_event")
    op.drop_table("custody_event")
    op.drop_table("ledger_entry")
    op.drop_index(op.f("ix_ledger_checkpoint_size"), table_name="ledger_checkpoint")
    op.drop_table("ledger_checkpoint")
    op.drop_table("custody_text")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION custody_refuse")
        op.execute("DROP FUNCTION ledger_entry_at_end")
