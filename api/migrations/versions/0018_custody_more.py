"""Parcels refused at the door stand in the log; routes name the district of arrival; weighings that differ when added up."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0020"
branch_labels = None
depends_on = None

REFUSED = "the custody ledger is append-only"
_ACTIONS = (
    "collected", "sealed", "packed", "handed_over", "received", "opened", "aliquoted", "consumed", "stored",
    "dispatched", "returned", "destroyed", "lost", "found", "corrected", "held", "released",
)  # fmt: skip
_KINDS = ("mass_differs", "missing", "unexpected", "unknown", "seal_broken", "overdue", "refused")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _actions(_ACTIONS, (*_ACTIONS, "refused"))
    _kinds(_KINDS, (*_KINDS, "sum_differs"))
    op.add_column(
        "transport_route",
        sa.Column("arrival_district", sa.String(length=80), nullable=False, server_default=""),
    )


def _kinds(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    with op.batch_alter_table("custody_task") as task:
        task.alter_column(
            "kind", existing_type=_words("custodytaskkind", *before), type_=_words("custodytaskkind", *after),
            existing_nullable=False,
        )  # fmt: skip


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


def downgrade() -> None:
    op.drop_column("transport_route", "arrival_district")
    # What was refused stands in the log for good; without its name the index cannot hold it.
    op.execute("DELETE FROM custody_task WHERE kind = 'sum_differs'")
    _kinds((*_KINDS, "sum_differs"), _KINDS)
    _actions((*_ACTIONS, "refused"), _ACTIONS)
