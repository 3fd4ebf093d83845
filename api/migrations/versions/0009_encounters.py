"""Encounters, questionnaires, the directory of services, the network's own pages, the person code."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = (
    "person_visit",
    "encounter_orientation",
    "encounter_sample",
    "encounter_module",
    "encounter",
    "questionnaire",
    "service_entry",
    "training",
    "protocol",
    "network_setting",
    "account_invitation",
)
_SITE_COLUMNS = ("hours", "languages", "country")


def _account(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["account.id"], name=f"fk_{table}_{column}_account")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _site() -> None:
    op.add_column("site", sa.Column("country", sa.String(length=2), nullable=False, server_default="BE"))
    op.add_column("site", sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("site", sa.Column("hours", sa.String(length=200), nullable=False, server_default=""))


def _people() -> None:
    op.create_table(
        "account_invitation",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        _account("account_id", "account_invitation"),
        _account("created_by", "account_invitation"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_account_invitation"),
    )
    op.create_index("ix_account_invitation_account_id", "account_invitation", ["account_id"])
    op.create_table(
        "network_setting",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        _account("changed_by", "network_setting"),
        sa.PrimaryKeyConstraint("name", name="pk_network_setting"),
    )


def _training() -> None:
    op.create_table(
        "protocol",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _account("created_by", "protocol"),
        sa.PrimaryKeyConstraint("id", name="pk_protocol"),
        sa.UniqueConstraint("title", "version", name="uq_protocol_title_version"),
    )
    op.create_table(
        "training",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("protocol_id", sa.Uuid(), nullable=False),
        sa.Column("trained_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("trained_by", sa.String(length=120), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        _account("account_id", "training"),
        _account("recorded_by", "training"),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocol.id"], name="fk_training_protocol_id_protocol"),
        sa.PrimaryKeyConstraint("id", name="pk_training"),
    )
    op.create_index("ix_training_account_id", "training", ["account_id"])
    op.create_index("ix_training_protocol_id", "training", ["protocol_id"])


def _directory() -> None:
    kinds = ("csapa", "caarud", "hsa", "helpline", "emergency", "poison_centre", "self_support", "other")
    op.create_table(
        "service_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _words("servicekind", *kinds), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("telephone", sa.String(length=40), nullable=True),
        sa.Column("web", sa.String(length=300), nullable=True),
        sa.Column("hours", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=400), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("source_url", sa.String(length=300), nullable=True),
        sa.Column("source_read_on", sa.Date(), nullable=True),
        sa.Column("starter_key", sa.String(length=40), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        _account("confirmed_by", "service_entry"),
        _account("created_by", "service_entry"),
        _account("changed_by", "service_entry"),
        sa.PrimaryKeyConstraint("id", name="pk_service_entry"),
        sa.UniqueConstraint("starter_key", name="uq_service_entry_starter_key"),
    )
    op.create_index("ix_service_entry_valid_until", "service_entry", ["valid_until"])


def _link(table: str, *targets: tuple[str, str]) -> None:
    op.create_table(
        table,
        *(sa.Column(column, sa.Uuid(), nullable=False) for column, _ in targets),
        *(
            sa.ForeignKeyConstraint([name], [f"{other}.id"], name=f"fk_{table}_{name}_{other}")
            for name, other in targets
        ),
        sa.PrimaryKeyConstraint(*(column for column, _ in targets), name=f"pk_{table}"),
    )


def _encounters() -> None:
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", _words("questionnaireorigin", "shipped", "network"), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=True),
        sa.Column("placed_at", UTCDateTime(), nullable=False),
        _account("placed_by", "questionnaire"),
        sa.PrimaryKeyConstraint("id", name="pk_questionnaire"),
        sa.UniqueConstraint("name", "version", "origin", name="uq_questionnaire_name_version_origin"),
    )
    op.create_table(
        "encounter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_encounter_site_id_site"),
        sa.ForeignKeyConstraint(["corrects_id"], ["encounter.id"], name="fk_encounter_corrects_id_encounter"),
        _account("recorded_by", "encounter"),
        sa.PrimaryKeyConstraint("id", name="pk_encounter"),
        sa.UniqueConstraint("client_id", name="uq_encounter_client_id"),
        sa.UniqueConstraint("corrects_id", name="uq_encounter_corrects_id"),
    )
    op.create_index("ix_encounter_site_id", "encounter", ["site_id"])
    op.create_index("ix_encounter_met_on", "encounter", ["met_on"])
    _link("encounter_module", ("encounter_id", "encounter"), ("questionnaire_id", "questionnaire"))
    _link("encounter_sample", ("encounter_id", "encounter"), ("sample_id", "sample"))
    op.create_index("ix_encounter_sample_sample_id", "encounter_sample", ["sample_id"])
    _link("encounter_orientation", ("encounter_id", "encounter"), ("entry_id", "service_entry"))


def _person_codes() -> None:
    op.create_table(
        "person_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_person_visit_site_id_site"),
        sa.PrimaryKeyConstraint("id", name="pk_person_visit"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_person_visit_year", "person_visit", ["year"])


def upgrade() -> None:
    _site()
    _people()
    _training()
    _directory()
    _encounters()
    _person_codes()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    for column in _SITE_COLUMNS:
        op.drop_column("site", column)
