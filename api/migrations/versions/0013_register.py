"""Stock keeping: rules, routes, limits, storage places, tasks about deviations, destructions, legal hold."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REFUSED = "the custody ledger is append-only"
_ACTIONS = (
    "collected", "sealed", "packed", "handed_over", "received", "opened", "aliquoted", "consumed", "stored",
    "dispatched", "returned", "destroyed", "lost", "found", "corrected",
)  # fmt: skip
_TASK_KINDS = ("mass_differs", "missing", "unexpected", "unknown", "seal_broken", "overdue", "refused")
_TABLES = (
    "custody_disposal_item", "custody_disposal", "custody_examined", "custody_task", "storage_place", "stock_limit",
    "transport_route", "stock_rules",
)  # fmt: skip
# Table, column, type; nullable unless the type is a flag, which begins as false.
_COLUMNS = (
    ("custody_item", "place", sa.String(length=40)),
    ("custody_item", "on_hold", sa.Boolean()),
    ("custody_receiving_scan", "weighed_ug", sa.BigInteger()),
    ("custody_parcel", "refused_at", UTCDateTime()),
    ("custody_parcel", "refused_by", sa.Uuid()),
    ("custody_parcel", "refused_site_id", sa.Uuid()),
    ("custody_parcel", "refused_why", sa.String(length=500)),
    ("sample_photo", "of_seal", sa.Boolean()),
    ("sample_photo", "item_id", sa.Uuid()),
)


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _to(column: str, table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    _actions(_ACTIONS, (*_ACTIONS, "held", "released"))
    for table, name, kind in _COLUMNS:
        flag = isinstance(kind, sa.Boolean)
        column = sa.Column(name, kind, nullable=not flag, server_default=sa.false() if flag else None)
        op.add_column(table, column)
    _declared()
    _tasks()
    _disposals()


def _actions(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """SQLite builds the table anew, without its triggers; no row is touched."""
    with op.batch_alter_table("custody_event") as event:
        event.alter_column(
            "action", existing_type=_words("action", *before), type_=_words("action", *after), existing_nullable=False
        )
    if op.get_bind().dialect.name != "sqlite":
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER custody_event_refuses_{verb.lower()} BEFORE {verb} ON custody_event "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )
    taken = (
        "EXISTS (SELECT 1 FROM custody_event WHERE id = NEW.id OR seq = NEW.seq "
        "OR (item_id = NEW.item_id AND item_seq = NEW.item_seq) "
        "OR (device_id = NEW.device_id AND device_seq = NEW.device_seq))"
    )
    op.execute(
        "CREATE TRIGGER custody_event_refuses_replace BEFORE INSERT ON custody_event "
        f"WHEN {taken} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    )


def _declared() -> None:
    op.create_table(
        "stock_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("tolerance_ug", sa.BigInteger(), nullable=True),
        sa.Column("tolerance_percent", sa.Float(), nullable=True),
        sa.Column("transit_hours", sa.Integer(), nullable=True),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("retention_from", _words("retentionfrom", "collected", "reported"), nullable=True),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        _to("site_id", "stock_rules", "site"),
        _to("declared_by", "stock_rules", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_rules"),
    )
    op.create_index("ix_stock_rules_site_id", "stock_rules", ["site_id"])
    op.create_table(
        "transport_route",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_site_id", sa.Uuid(), nullable=False),
        sa.Column("to_site_id", sa.Uuid(), nullable=False),
        sa.Column("authorisation", sa.String(length=120), nullable=False),
        sa.Column("circular", sa.String(length=120), nullable=False),
        sa.Column("judicial_district", sa.String(length=80), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        _to("from_site_id", "transport_route", "site"),
        _to("to_site_id", "transport_route", "site"),
        _to("declared_by", "transport_route", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_transport_route"),
    )
    op.create_index("ix_transport_route_from_site_id", "transport_route", ["from_site_id"])
    op.create_table(
        "stock_limit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("substance_id", sa.Uuid(), nullable=True),
        sa.Column("limit_ug", sa.BigInteger(), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=300), nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        _to("site_id", "stock_limit", "site"),
        _to("substance_id", "stock_limit", "substance"),
        _to("declared_by", "stock_limit", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_limit"),
    )
    op.create_index("ix_stock_limit_site_id", "stock_limit", ["site_id"])
    op.create_table(
        "storage_place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        _to("site_id", "storage_place", "site"),
        _to("created_by", "storage_place", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_storage_place"),
        sa.UniqueConstraint("site_id", "code", name="uq_storage_place_site_id_code"),
    )
    op.create_index("ix_storage_place_site_id", "storage_place", ["site_id"])


def _tasks() -> None:
    op.create_table(
        "custody_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("kind", _words("custodytaskkind", *_TASK_KINDS), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("difference_ug", sa.BigInteger(), nullable=True),
        sa.Column("tolerance_ug", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(length=80), nullable=True),
        sa.Column("happened_at", UTCDateTime(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("settlement", _words("settlement", "explained", "books_corrected", "use_booked"), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", UTCDateTime(), nullable=True),
        sa.Column("correction_id", sa.Uuid(), nullable=True),
        _to("site_id", "custody_task", "site"),
        _to("item_id", "custody_task", "custody_item"),
        _to("parcel_id", "custody_task", "custody_parcel"),
        _to("resolved_by", "custody_task", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_custody_task"),
        sa.UniqueConstraint("subject", name="uq_custody_task_subject"),
    )
    for column in ("site_id", "item_id", "parcel_id", "resolved_at"):
        op.create_index(f"ix_custody_task_{column}", "custody_task", [column])
    op.create_table(
        "custody_examined",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_custody_examined"),
    )


def _disposals() -> None:
    op.create_table(
        "custody_disposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", UTCDateTime(), nullable=True),
        _to("site_id", "custody_disposal", "site"),
        _to("proposed_by", "custody_disposal", "account"),
        _to("confirmed_by", "custody_disposal", "account"),
        _to("cancelled_by", "custody_disposal", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_custody_disposal"),
    )
    op.create_index("ix_custody_disposal_site_id", "custody_disposal", ["site_id"])
    op.create_table(
        "custody_disposal_item",
        sa.Column("disposal_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        _to("disposal_id", "custody_disposal_item", "custody_disposal"),
        _to("item_id", "custody_disposal_item", "custody_item"),
        sa.PrimaryKeyConstraint("disposal_id", "item_id", name="pk_custody_disposal_item"),
    )
    op.create_index("ix_custody_disposal_item_item_id", "custody_disposal_item", ["item_id"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    for table, name, _ in _COLUMNS:
        op.drop_column(table, name)
    # Holds stand in the log for good; without their name the index cannot hold them.
    _actions((*_ACTIONS, "held", "released"), _ACTIONS)
