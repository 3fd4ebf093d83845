"""A network's own rule sets, episodes that people merge and split, statistical signals, a photograph on an alert."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLES = ("signal", "episode_act", "rules_edit", "network_rules")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _to(column: str, table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    _rules()
    _episodes()
    _signals()
    with op.batch_alter_table("alert_version") as version:
        version.add_column(sa.Column("photo_id", sa.Uuid(), nullable=True))
        version.create_foreign_key(op.f("fk_alert_version_photo_id_sample_photo"), "sample_photo", ["photo_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("alert_version") as version:
        version.drop_constraint(op.f("fk_alert_version_photo_id_sample_photo"), type_="foreignkey")
        version.drop_column("photo_id")
    for table in _TABLES:
        op.drop_table(table)
    with op.batch_alter_table("episode") as episode:
        for column in ("merged_into_id", "split_from_id"):
            episode.drop_constraint(op.f(f"fk_episode_{column}_episode"), type_="foreignkey")
        episode.drop_index(op.f("ix_episode_merged_into_id"))
        episode.drop_column("merged_into_id")
        episode.drop_column("split_from_id")


def _rules() -> None:
    op.create_table(
        "network_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("based_on", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("state", _words("rulesetstate", "draft", "active", "replaced", "discarded"), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("activated_by", sa.Uuid(), nullable=True),
        sa.Column("activated_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        _to("created_by", "network_rules", "account"),
        _to("activated_by", "network_rules", "account"),
        _to("ended_by", "network_rules", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_network_rules"),
        sa.UniqueConstraint("version", name="uq_network_rules_version"),
    )
    for state in ("draft", "active"):
        op.create_index(
            f"uq_network_rules_{state}", "network_rules", ["state"], unique=True,
            sqlite_where=sa.text(f"state = '{state}'"), postgresql_where=sa.text(f"state = '{state}'"),
        )  # fmt: skip
    op.create_table(
        "rules_edit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rules_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        _to("rules_id", "rules_edit", "network_rules"),
        _to("account_id", "rules_edit", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_rules_edit"),
    )
    op.create_index("ix_rules_edit_rules_id", "rules_edit", ["rules_id"])


def _episodes() -> None:
    with op.batch_alter_table("episode") as episode:
        for column in ("merged_into_id", "split_from_id"):
            episode.add_column(sa.Column(column, sa.Uuid(), nullable=True))
            episode.create_foreign_key(op.f(f"fk_episode_{column}_episode"), "episode", [column], ["id"])
        episode.create_index(op.f("ix_episode_merged_into_id"), ["merged_into_id"], unique=False)
    op.create_table(
        "episode_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("kind", _words("episodeactkind", "merged", "split", "moved", "closed"), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        _to("episode_id", "episode_act", "episode"),
        _to("other_id", "episode_act", "episode"),
        _to("account_id", "episode_act", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_episode_act"),
    )
    op.create_index("ix_episode_act_episode_id", "episode_act", ["episode_id"])
    op.create_index("ix_episode_act_other_id", "episode_act", ["other_id"])


def _signals() -> None:
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("substance", sa.String(length=200), nullable=False),
        sa.Column("sold_as", sa.String(length=200), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("positive", sa.Integer(), nullable=False),
        sa.Column("tested", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=False),
        sa.Column("q_value", sa.Float(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("state", _words("signalstate", "open", "looked_at", "dismissed"), nullable=False),
        sa.Column("found_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        _to("decided_by", "signal", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_signal"),
        sa.UniqueConstraint("substance", "sold_as", "week", name="uq_signal_substance_sold_as_week"),
    )
    op.create_index("ix_signal_state", "signal", ["state"])
    op.create_index("ix_signal_found_at", "signal", ["found_at"])
