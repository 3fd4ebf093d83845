"""Alerts to telephones, browsers and chat rooms; who is told when nobody acknowledges; a part of a photograph."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_STATES = ("waiting", "paused", "sending", "sent", "dead", "withdrawn")
_ENDPOINTS = ("unconfirmed", "active", "unsubscribed", "gone")
_PURPOSES = ("alert", "confirmation", "callback", "contact")
_CHANNELS = ("email", "webhook", "sms", "push")
_NEW_PURPOSES = (*_PURPOSES, "unread")
_NEW_CHANNELS = (*_CHANNELS, "chat")
_ROLES = ("worker", "peer_worker", "courier", "chemist", "verifier", "coordinator", "alert_approver", "administrator",
          "auditor")  # fmt: skip


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column("subscription", sa.Column("label", sa.String(length=100), nullable=True))
    with op.batch_alter_table("subscription_endpoint") as endpoint:
        endpoint.add_column(sa.Column("secret", sa.LargeBinary(length=81), nullable=True))
        endpoint.alter_column(
            "address", existing_type=sa.String(500), type_=sa.String(1000), existing_nullable=False
        )  # fmt: skip
        _channel(endpoint, _CHANNELS, _NEW_CHANNELS)
        _restated(endpoint, state=_words("endpointstate", *_ENDPOINTS))
    _deliveries(_PURPOSES, _NEW_PURPOSES, _CHANNELS, _NEW_CHANNELS)
    op.add_column("sample_photo", sa.Column("cropped_from", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_sample_photo_cropped_from"), "sample_photo", ["cropped_from"], unique=False)
    _unread()


def downgrade() -> None:
    op.drop_table("unread_notice")
    op.drop_table("unread_step")
    # What was cut out for a warning goes, and its file with the next sweep.
    op.execute(
        "UPDATE alert_version SET photo_id = NULL WHERE photo_id IN"
        " (SELECT id FROM sample_photo WHERE cropped_from IS NOT NULL)"
    )
    op.execute("DELETE FROM sample_photo WHERE cropped_from IS NOT NULL")
    op.drop_index(op.f("ix_sample_photo_cropped_from"), "sample_photo")
    op.drop_column("sample_photo", "cropped_from")
    _forget_new_roads()
    _deliveries(_NEW_PURPOSES, _PURPOSES, _NEW_CHANNELS, _CHANNELS)
    with op.batch_alter_table("subscription_endpoint") as endpoint:
        _channel(endpoint, _NEW_CHANNELS, _CHANNELS)
        endpoint.alter_column(
            "address", existing_type=sa.String(1000), type_=sa.String(500), existing_nullable=False
        )  # fmt: skip
        endpoint.drop_column("secret")
        _restated(endpoint, state=_words("endpointstate", *_ENDPOINTS))
    op.drop_column("subscription", "label")


def _forget_new_roads() -> None:
    """What the older tables cannot hold: deliveries and endpoints of roads that they do not know."""
    endpoints = "SELECT id FROM subscription_endpoint WHERE channel IN ('chat', 'sms', 'push') OR length(address) > 500"
    gone = f"purpose = 'unread' OR channel = 'chat' OR endpoint_id IN ({endpoints})"
    op.execute(f"UPDATE delivery SET after_id = NULL WHERE {gone}")  # noqa: S608 -- as above
    for table in ("alert_acknowledgement", "delivery_attempt"):
        op.execute(f"DELETE FROM {table} WHERE delivery_id IN (SELECT id FROM delivery WHERE {gone})")  # noqa: S608
    op.execute(f"DELETE FROM delivery WHERE {gone}")  # noqa: S608 -- as above
    op.execute(f"DELETE FROM subscription_endpoint WHERE id IN ({endpoints})")  # noqa: S608 -- as above


def _channel(table: object, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    table.alter_column(  # type: ignore[attr-defined]  # Alembic's batch operations have no public type
        "channel", existing_type=_words("channelkind", *before), type_=_words("channelkind", *after),
        existing_nullable=False,
    )  # fmt: skip


def _deliveries(
    purposes: tuple[str, ...], new_purposes: tuple[str, ...], channels: tuple[str, ...], new_channels: tuple[str, ...]
) -> None:
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column(
            "purpose", existing_type=_words("purpose", *purposes), type_=_words("purpose", *new_purposes),
            existing_nullable=False,
        )  # fmt: skip
        _channel(delivery, channels, new_channels)
        _restated(delivery, state=_words("deliverystate", *_STATES))


def _restated(table: object, **columns: sa.Enum) -> None:
    """Keep the checks of columns that do not change: SQLite builds the table anew and would forget them."""
    if op.get_bind().dialect.name == "sqlite":
        for name, kind in columns.items():
            table.alter_column(name, type_=kind, existing_type=sa.String(40), existing_nullable=False)  # type: ignore[attr-defined]  # as above


def _unread() -> None:
    op.create_table(
        "unread_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tier", _words("tier", "T0", "T1", "T2", "T3"), nullable=False),
        sa.Column("after_min", sa.Integer(), nullable=False),
        sa.Column("role", _words("role", *_ROLES), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(role IS NULL) <> (account_id IS NULL)", name=op.f("ck_unread_step_role_or_person")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_unread_step_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unread_step")),
    )
    op.create_table(
        "unread_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("after_min", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["alert_version.id"], name=op.f("fk_unread_notice_version_id_alert_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unread_notice")),
        sa.UniqueConstraint("version_id", "after_min", name=op.f("uq_unread_notice_version_id_after_min")),
    )
    op.create_index(op.f("ix_unread_notice_version_id"), "unread_notice", ["version_id"], unique=False)
