"""The bench: checklists, a laboratory's terms, a library that people edit and share, and looking back at old plates."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("look_back_mark", "look_back_hit", "library_import", "library_change", "laboratory_terms", "result_check")
# Who entered or edited a row by hand; what the shipped data say is not followed there any more.
_LIBRARY_COLUMNS = (
    ("substance", "edited_at", UTCDateTime()),
    ("tlc_system", "edited_at", UTCDateTime()),
    ("substance_synonym", "withdrawn_at", UTCDateTime()),
    ("reagent_colour", "entered_by", sa.Uuid()),
    ("retention_value", "import_id", sa.Uuid()),
)


def _account(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["account.id"], name=f"fk_{table}_{column}_account")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _results() -> None:
    op.create_table(
        "result_check",
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("item", _words("checkitem", *_ITEMS), nullable=False),
        sa.Column("answer", _words("checkanswer", "yes", "not_applicable"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        _account("account_id", "result_check"),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name="fk_result_check_result_id_result"),
        sa.PrimaryKeyConstraint("result_id", "item", name="pk_result_check"),
    )


_ITEMS = ("sample", "readings", "controls", "findings", "contradictions", "limits")


def _terms() -> None:
    op.create_table(
        "laboratory_terms",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("turnaround_days", sa.Integer(), nullable=True),
        sa.Column("urgent_hours", sa.Integer(), nullable=True),
        sa.Column("checklist_required", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        _account("changed_by", "laboratory_terms"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_laboratory_terms_site_id_site"),
        sa.PrimaryKeyConstraint("site_id", name="pk_laboratory_terms"),
    )


def _library() -> None:
    op.create_table(
        "library_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", _words("librarysubject", "substance", "system", "colour"), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        _account("changed_by", "library_change"),
        sa.PrimaryKeyConstraint("id", name="pk_library_change"),
    )
    op.create_index("ix_library_change_subject_id", "library_change", ["subject_id"])
    op.create_table(
        "library_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory", sa.String(length=160), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.Column("imported_at", UTCDateTime(), nullable=False),
        _account("imported_by", "library_import"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_library_import_site_id_site"),
        sa.PrimaryKeyConstraint("id", name="pk_library_import"),
    )
    for table, column, kind in _LIBRARY_COLUMNS:
        op.add_column(table, sa.Column(column, kind, nullable=True))


def _look_back() -> None:
    op.create_table(
        "look_back_mark",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("looked_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name="fk_look_back_mark_analysis_id_analysis"),
        sa.PrimaryKeyConstraint("analysis_id", name="pk_look_back_mark"),
    )
    op.create_table(
        "look_back_hit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("substance_id", sa.Uuid(), nullable=False),
        sa.Column("plate_id", sa.Uuid(), nullable=False),
        sa.Column("lane_index", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(length=4), nullable=False),
        sa.Column("hrf", sa.Float(), nullable=False),
        sa.Column("expected_hrf", sa.Float(), nullable=False),
        sa.Column("spread_hrf", sa.Float(), nullable=False),
        sa.Column("state", _words("hitstate", "open", "followed", "dismissed"), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        _account("decided_by", "look_back_hit"),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name="fk_look_back_hit_analysis_id_analysis"),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name="fk_look_back_hit_sample_id_sample"),
        sa.ForeignKeyConstraint(["substance_id"], ["substance.id"], name="fk_look_back_hit_substance_id_substance"),
        sa.ForeignKeyConstraint(["plate_id"], ["plate.id"], name="fk_look_back_hit_plate_id_plate"),
        sa.PrimaryKeyConstraint("id", name="pk_look_back_hit"),
        sa.UniqueConstraint("analysis_id", "substance_id", name="uq_look_back_hit_analysis_id"),
    )
    op.create_index("ix_look_back_hit_sample_id", "look_back_hit", ["sample_id"])
    op.create_index("ix_look_back_hit_state", "look_back_hit", ["state"])


def upgrade() -> None:
    _results()
    _terms()
    _library()
    _look_back()


def downgrade() -> None:
    for table, column, _ in _LIBRARY_COLUMNS:
        op.drop_column(table, column)
    for table in _TABLES:
        op.drop_table(table)
