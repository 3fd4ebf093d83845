"""Optional contacts, and how call-backs reach people."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


_PURPOSES = ("alert", "confirmation", "callback")
_CHANNELS = ("email", "webhook")
_EVENTS = ("opened", "fact", "acknowledged", "escalated", "confirmed")
_ROLES = ("worker", "peer_worker", "courier", "chemist", "verifier", "coordinator", "alert_approver", "administrator",
          "auditor")  # fmt: skip
_STATES = ("waiting", "paused", "sending", "sent", "dead", "withdrawn")
_ENDPOINTS = ("unconfirmed", "active", "unsubscribed", "gone")
_NEW_PURPOSES = (*_PURPOSES, "contact")
_NEW_CHANNELS = (*_CHANNELS, "sms", "push")
_NEW_EVENTS = ("opened", "fact", "acknowledged", "escalated", "not_reached", "handed_over", "messaged", "confirmed")


def upgrade() -> None:
    _contacts()
    _roads_to_workers()
    _deliveries(_PURPOSES, _NEW_PURPOSES, _CHANNELS, _NEW_CHANNELS)
    with op.batch_alter_table("delivery") as delivery:
        delivery.add_column(sa.Column("target", sa.String(length=40), nullable=True))
        delivery.add_column(sa.Column("contact_id", sa.Uuid(), nullable=True))
        delivery.add_column(sa.Column("cause", sa.String(length=60), nullable=True))
        delivery.drop_constraint(op.f("uq_delivery_task_id_step_account_id"), type_="unique")
        delivery.create_unique_constraint(
            op.f("uq_delivery_task_id_step_account_id_target"), ["task_id", "step", "account_id", "target"]
        )
        delivery.create_unique_constraint(op.f("uq_delivery_contact_id_cause"), ["contact_id", "cause"])
        delivery.create_index(op.f("ix_delivery_contact_id"), ["contact_id"], unique=False)
        _restated(delivery, state=_words("deliverystate", *_STATES))
        _restated(delivery, purpose=_words("purpose", *_NEW_PURPOSES), channel=_words("channelkind", *_NEW_CHANNELS))
    _events(_EVENTS, _NEW_EVENTS)
    _schedules()


def downgrade() -> None:
    op.drop_table("escalation_step")
    _old_schedule()
    op.execute("DELETE FROM callback_task_event WHERE kind IN ('not_reached', 'handed_over', 'messaged')")
    _events(_NEW_EVENTS, _EVENTS)
    op.execute(
        "DELETE FROM delivery_attempt WHERE delivery_id IN"
        " (SELECT id FROM delivery WHERE purpose = 'contact' OR channel IN ('sms', 'push'))"
    )
    op.execute("DELETE FROM delivery WHERE purpose = 'contact' OR channel IN ('sms', 'push')")
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_index(op.f("ix_delivery_contact_id"))
        delivery.drop_constraint(op.f("uq_delivery_contact_id_cause"), type_="unique")
        delivery.drop_constraint(op.f("uq_delivery_task_id_step_account_id_target"), type_="unique")
        delivery.create_unique_constraint(
            op.f("uq_delivery_task_id_step_account_id"), ["task_id", "step", "account_id"]
        )
        for name in ("cause", "contact_id", "target"):
            delivery.drop_column(name)
        _restated(delivery, state=_words("deliverystate", *_STATES))
        _restated(delivery, purpose=_words("purpose", *_NEW_PURPOSES), channel=_words("channelkind", *_NEW_CHANNELS))
    _deliveries(_NEW_PURPOSES, _PURPOSES, _NEW_CHANNELS, _CHANNELS)
    for name in ("staff_phone", "push_device", "contact"):
        op.drop_table(name)


def _restated(table: object, **columns: sa.Enum) -> None:
    """Keep the checks of columns that do not change: SQLite builds the table anew and would forget them."""
    if op.get_bind().dialect.name == "sqlite":
        for name, kind in columns.items():
            table.alter_column(name, type_=kind, existing_type=sa.String(40), existing_nullable=False)  # type: ignore[attr-defined]


def _contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("contactkind", "email", "sms"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(length=1000), nullable=False),
        sa.Column("key_day", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("consent_text_version", sa.String(length=20), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_contact_sample_id_sample")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("sample_id", "kind", name=op.f("uq_contact_sample_id_kind")),
    )
    op.create_index(op.f("ix_contact_sample_id"), "contact", ["sample_id"], unique=False)


def _roads_to_workers() -> None:
    op.create_table(
        "push_device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("p256dh", sa.LargeBinary(length=65), nullable=False),
        sa.Column("auth", sa.LargeBinary(length=16), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("reached_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_push_device_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_device")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_device_endpoint")),
    )
    op.create_index(op.f("ix_push_device_account_id"), "push_device", ["account_id"], unique=False)
    op.create_table(
        "staff_phone",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_staff_phone_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_staff_phone")),
    )


def _deliveries(
    purposes: tuple[str, ...], new_purposes: tuple[str, ...], channels: tuple[str, ...], new_channels: tuple[str, ...]
) -> None:
    with op.batch_alter_table("subscription_endpoint") as endpoint:
        endpoint.alter_column(
            "channel", existing_type=_words("channelkind", *channels), type_=_words("channelkind", *new_channels),
            existing_nullable=False,
        )  # fmt: skip
        _restated(endpoint, state=_words("endpointstate", *_ENDPOINTS))
    with op.batch_alter_table("delivery") as delivery:
        delivery.alter_column(
            "purpose", existing_type=_words("purpose", *purposes), type_=_words("purpose", *new_purposes),
            existing_nullable=False,
        )  # fmt: skip
        delivery.alter_column(
            "channel", existing_type=_words("channelkind", *channels), type_=_words("channelkind", *new_channels),
            existing_nullable=False,
        )  # fmt: skip
        _restated(delivery, state=_words("deliverystate", *_STATES))


def _events(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    with op.batch_alter_table("callback_task_event") as event:
        event.alter_column(
            "kind", existing_type=_words("taskeventkind", *before), type_=_words("taskeventkind", *after),
            existing_nullable=False,
        )  # fmt: skip


def _schedules() -> None:
    """Nothing wrote a schedule of a site's own before this; the table is made anew."""
    with op.batch_alter_table("callback_task") as task:
        task.add_column(sa.Column("handed_to", sa.Uuid(), nullable=True))
        task.create_foreign_key(op.f("fk_callback_task_handed_to_account"), "account", ["handed_to"], ["id"])
        _restated(task, state=_words("taskstate", "open", "done"))
    op.drop_table("escalation_step")
    op.create_table(
        "escalation_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("after_min", sa.Integer(), nullable=False),
        sa.Column("role", _words("role", *_ROLES), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.CheckConstraint("(role IS NULL) <> (account_id IS NULL)", name=op.f("ck_escalation_step_role_or_person")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_escalation_step_account_id_account")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_escalation_step_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
    )
    op.create_index(op.f("ix_escalation_step_site_id"), "escalation_step", ["site_id"], unique=False)


def _old_schedule() -> None:
    with op.batch_alter_table("callback_task") as task:
        task.drop_constraint(op.f("fk_callback_task_handed_to_account"), type_="foreignkey")
        task.drop_column("handed_to")
        _restated(task, state=_words("taskstate", "open", "done"))
    op.create_table(
        "escalation_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("after_min", sa.Integer(), nullable=False),
        sa.Column("role", _words("role", *_ROLES), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_escalation_step_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
        sa.UniqueConstraint("site_id", "after_min", "role", name=op.f("uq_escalation_step_site_id_after_min_role")),
    )
    op.create_index(op.f("ix_escalation_step_site_id"), "escalation_step", ["site_id"], unique=False)
