"""Tasks, rules, episodes, alerts, subscriptions and deliveries."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = (
    "episode",
    "evaluation",
    "alert",
    "escalation_step",
    "subscription",
    "alert_version",
    "callback_task",
    "subscription_endpoint",
    "alert_approval",
    "alert_basis",
    "alert_proposal",
    "alert_transition",
    "callback_task_event",
    "delivery",
    "episode_result",
    "delivery_attempt",
)


def upgrade() -> None:
    op.create_table(
        "episode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("sold_as", sa.String(length=200), nullable=True),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("last_joined_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode")),
    )
    op.create_index(op.f("ix_episode_closed_at"), "episode", ["closed_at"], unique=False)
    op.create_index(op.f("ix_episode_last_joined_at"), "episode", ["last_joined_at"], unique=False)
    op.create_index(op.f("ix_episode_signature"), "episode", ["signature"], unique=False)
    op.create_index(
        "uq_episode_open",
        "episode",
        ["signature"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "registered",
                "imported",
                "submitted",
                "verified",
                "amended",
                "retracted",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rules_version", sa.String(length=40), nullable=False),
        sa.Column("firings", sa.JSON(), nullable=False),
        sa.Column("found_by_sweep", sa.Boolean(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("subject_id", "stage", name=op.f("uq_evaluation_subject_id_stage")),
    )
    op.create_index(op.f("ix_evaluation_subject_id"), "evaluation", ["subject_id"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "tier",
            sa.Enum("T0", "T1", "T2", "T3", name="tier", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column("rule_ids", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_alert_episode_id_episode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_created_at"), "alert", ["created_at"], unique=False)
    op.create_index(op.f("ix_alert_episode_id"), "alert", ["episode_id"], unique=False)
    op.create_table(
        "escalation_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("after_min", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "worker",
                "peer_worker",
                "courier",
                "chemist",
                "verifier",
                "coordinator",
                "alert_approver",
                "administrator",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_escalation_step_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
        sa.UniqueConstraint("site_id", "after_min", "role", name=op.f("uq_escalation_step_site_id_after_min_role")),
    )
    op.create_index(op.f("ix_escalation_step_site_id"), "escalation_step", ["site_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "network",
                "professionals",
                "public",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_subscription_created_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_table(
        "alert_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "alert",
                "update",
                "cancel",
                "retract",
                name="versionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "graded",
                "issued",
                "updated",
                "expired",
                "cancelled",
                "retracted",
                name="alertstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("message_params", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("grade", sa.JSON(), nullable=True),
        sa.Column("graded_by", sa.Uuid(), nullable=True),
        sa.Column("override_reason", sa.String(length=1000), nullable=True),
        sa.Column("override_by", sa.Uuid(), nullable=True),
        sa.Column("release_reason", sa.String(length=1000), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("countersign_by", UTCDateTime(), nullable=True),
        sa.Column("countersigned_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("issued_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_version_alert_id_alert")),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_alert_version_author_id_account")),
        sa.ForeignKeyConstraint(
            ["countersigned_by"], ["account.id"], name=op.f("fk_alert_version_countersigned_by_account")
        ),
        sa.ForeignKeyConstraint(["graded_by"], ["account.id"], name=op.f("fk_alert_version_graded_by_account")),
        sa.ForeignKeyConstraint(["override_by"], ["account.id"], name=op.f("fk_alert_version_override_by_account")),
        sa.ForeignKeyConstraint(["released_by"], ["account.id"], name=op.f("fk_alert_version_released_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_version")),
        sa.UniqueConstraint("alert_id", "number", name=op.f("uq_alert_version_alert_id_number")),
    )
    op.create_index(op.f("ix_alert_version_alert_id"), "alert_version", ["alert_id"], unique=False)
    op.create_index(op.f("ix_alert_version_countersign_by"), "alert_version", ["countersign_by"], unique=False)
    op.create_index(op.f("ix_alert_version_expires_at"), "alert_version", ["expires_at"], unique=False)
    op.create_index(op.f("ix_alert_version_issued_at"), "alert_version", ["issued_at"], unique=False)
    op.create_index(op.f("ix_alert_version_state"), "alert_version", ["state"], unique=False)
    op.create_table(
        "callback_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "done", name="taskstate", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.String(length=20), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("message_params", sa.JSON(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", UTCDateTime(), nullable=True),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("escalate_at", UTCDateTime(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("said", sa.String(length=1000), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["account.id"], name=op.f("fk_callback_task_acknowledged_by_account")
        ),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_callback_task_confirmed_by_account")),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_callback_task_sample_id_sample")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_callback_task_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_task")),
    )
    op.create_index(op.f("ix_callback_task_escalate_at"), "callback_task", ["escalate_at"], unique=False)
    op.create_index(op.f("ix_callback_task_sample_id"), "callback_task", ["sample_id"], unique=False)
    op.create_index(op.f("ix_callback_task_site_id"), "callback_task", ["site_id"], unique=False)
    op.create_index(op.f("ix_callback_task_state"), "callback_task", ["state"], unique=False)
    op.create_index(
        "uq_callback_task_open",
        "callback_task",
        ["sample_id", "cause"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "subscription_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("email", "webhook", name="channelkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "unconfirmed",
                "active",
                "unsubscribed",
                "gone",
                name="endpointstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("confirm_hash", sa.LargeBinary(), nullable=False),
        sa.Column("confirm_until", UTCDateTime(), nullable=False),
        sa.Column("unsubscribe_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_subscription_endpoint_subscription_id_subscription")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_endpoint")),
        sa.UniqueConstraint("confirm_hash", name=op.f("uq_subscription_endpoint_confirm_hash")),
        sa.UniqueConstraint(
            "subscription_id", "channel", name=op.f("uq_subscription_endpoint_subscription_id_channel")
        ),
        sa.UniqueConstraint("unsubscribe_hash", name=op.f("uq_subscription_endpoint_unsubscribe_hash")),
    )
    op.create_index(op.f("ix_subscription_endpoint_state"), "subscription_endpoint", ["state"], unique=False)
    op.create_index(
        op.f("ix_subscription_endpoint_subscription_id"), "subscription_endpoint", ["subscription_id"], unique=False
    )
    op.create_table(
        "alert_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_alert_approval_account_id_account")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["alert_version.id"], name=op.f("fk_alert_approval_version_id_alert_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_approval")),
        sa.UniqueConstraint(
            "version_id", "edition", "account_id", name=op.f("uq_alert_approval_version_id_edition_account_id")
        ),
    )
    op.create_index(op.f("ix_alert_approval_version_id"), "alert_approval", ["version_id"], unique=False)
    op.create_table(
        "alert_basis",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_basis_alert_id_alert")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_alert_basis_result_id_result")),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_alert_basis_sample_id_sample")),
        sa.PrimaryKeyConstraint("alert_id", "result_id", name=op.f("pk_alert_basis")),
    )
    op.create_index(op.f("ix_alert_basis_sample_id"), "alert_basis", ["sample_id"], unique=False)
    op.create_table(
        "alert_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("update", "cancel", name="proposalkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open", "taken", "dismissed", name="proposalstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_proposal_alert_id_alert")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_alert_proposal_decided_by_account")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_alert_proposal_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_proposal")),
        sa.UniqueConstraint("alert_id", "result_id", name=op.f("uq_alert_proposal_alert_id_result_id")),
    )
    op.create_index(op.f("ix_alert_proposal_alert_id"), "alert_proposal", ["alert_id"], unique=False)
    op.create_index(op.f("ix_alert_proposal_state"), "alert_proposal", ["state"], unique=False)
    op.create_table(
        "alert_transition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "edit",
                "override",
                "grade",
                "approve",
                "release",
                "countersign",
                "discard",
                "replace",
                "expire",
                "lapse",
                name="alertaction",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "from_state",
            sa.Enum(
                "draft",
                "graded",
                "issued",
                "updated",
                "expired",
                "cancelled",
                "retracted",
                name="from_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "draft",
                "graded",
                "issued",
                "updated",
                "expired",
                "cancelled",
                "retracted",
                name="to_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_alert_transition_account_id_account")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["alert_version.id"], name=op.f("fk_alert_transition_version_id_alert_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_transition")),
    )
    op.create_index(op.f("ix_alert_transition_version_id"), "alert_transition", ["version_id"], unique=False)
    op.create_table(
        "callback_task_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "opened",
                "fact",
                "acknowledged",
                "escalated",
                "confirmed",
                name="taskeventkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("message_params", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_callback_task_event_account_id_account")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["callback_task.id"], name=op.f("fk_callback_task_event_task_id_callback_task")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_task_event")),
        sa.UniqueConstraint("task_id", "source_key", name=op.f("uq_callback_task_event_task_id_source_key")),
    )
    op.create_index(op.f("ix_callback_task_event_task_id"), "callback_task_event", ["task_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "alert",
                "confirmation",
                "callback",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("email", "webhook", name="channelkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("endpoint_id", sa.Uuid(), nullable=True),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "paused",
                "sending",
                "sent",
                "dead",
                "withdrawn",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("replayed_at", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_delivery_account_id_account")),
        sa.ForeignKeyConstraint(["after_id"], ["delivery.id"], name=op.f("fk_delivery_after_id_delivery")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["subscription_endpoint.id"], name=op.f("fk_delivery_endpoint_id_subscription_endpoint")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["callback_task.id"], name=op.f("fk_delivery_task_id_callback_task")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["alert_version.id"], name=op.f("fk_delivery_version_id_alert_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("task_id", "step", "account_id", name=op.f("uq_delivery_task_id_step_account_id")),
        sa.UniqueConstraint("version_id", "endpoint_id", name=op.f("uq_delivery_version_id_endpoint_id")),
    )
    op.create_index(op.f("ix_delivery_after_id"), "delivery", ["after_id"], unique=False)
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index(op.f("ix_delivery_endpoint_id"), "delivery", ["endpoint_id"], unique=False)
    op.create_index(op.f("ix_delivery_task_id"), "delivery", ["task_id"], unique=False)
    op.create_index(op.f("ix_delivery_version_id"), "delivery", ["version_id"], unique=False)
    op.create_table(
        "episode_result",
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_episode_result_episode_id_episode")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_episode_result_result_id_result")),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_episode_result_sample_id_sample")),
        sa.PrimaryKeyConstraint("episode_id", "result_id", name=op.f("pk_episode_result")),
    )
    op.create_index(op.f("ix_episode_result_sample_id"), "episode_result", ["sample_id"], unique=False)
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_attempt_delivery_id_delivery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_delivery_attempt_delivery_id_number")),
    )
    op.create_index(op.f("ix_delivery_attempt_delivery_id"), "delivery_attempt", ["delivery_id"], unique=False)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
