"""Remembered layouts, steps of a reading, pictures laid over each other, quality of plates."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = ("quality_exception", "control_point", "quality_criteria", "plate_layout", "picture_alignment")
_STEPS = ("decode", "plate", "lines", "bands", "lanes", "store")


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _plates() -> None:
    with op.batch_alter_table("reading_order") as table:
        table.add_column(sa.Column("step", _words("readingstep", *_STEPS), nullable=True))
    op.create_table(
        "picture_alignment",
        sa.Column("picture_id", sa.Uuid(), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("state", _words("alignmentstate", "waiting", "done", "failed"), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("matrix", sa.JSON(), nullable=True),
        sa.Column("likeness", sa.Float(), nullable=True),
        sa.Column("turned", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.String(length=80), nullable=True),
        sa.Column("ordered_at", UTCDateTime(), nullable=False),
        _key("picture_alignment", "picture_id", "plate_picture"),
        _key("picture_alignment", "reference_id", "plate_picture"),
        sa.PrimaryKeyConstraint("picture_id", name="pk_picture_alignment"),
    )
    _index("picture_alignment", "reference_id", "state")
    op.create_table(
        "plate_layout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=True),
        sa.Column("lanes", sa.JSON(), nullable=False),
        sa.Column("width_mm", sa.Float(), nullable=True),
        sa.Column("height_mm", sa.Float(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _key("plate_layout", "site_id", "site"),
        _key("plate_layout", "system_id", "tlc_system"),
        _key("plate_layout", "created_by", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_plate_layout"),
        sa.UniqueConstraint("site_id", "name", name="uq_plate_layout_site_id_name"),
    )
    _index("plate_layout", "site_id")


def _criteria() -> None:
    op.create_table(
        "quality_criteria",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("standards_required", sa.Boolean(), nullable=False),
        sa.Column("blank_required", sa.Boolean(), nullable=False),
        sa.Column("blank_clean", sa.Boolean(), nullable=False),
        sa.Column("window_hrf", sa.Float(), nullable=True),
        sa.Column("duplicate_limit", sa.Float(), nullable=True),
        sa.Column("westgard", sa.Boolean(), nullable=False),
        sa.Column("baseline_runs", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        _key("quality_criteria", "site_id", "site"),
        _key("quality_criteria", "declared_by", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_quality_criteria"),
        sa.UniqueConstraint("site_id", "number", name="uq_quality_criteria_site_id_number"),
    )
    _index("quality_criteria", "site_id")


def _control() -> None:
    keys = (
        ("site_id", "site"), ("system_id", "tlc_system"), ("substance_id", "substance"), ("plate_id", "plate"),
        ("lane_id", "plate_lane"), ("reading_id", "reading"),
    )  # fmt: skip
    op.create_table(
        "control_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(column, sa.Uuid(), nullable=False) for column, _ in keys),
        sa.Column("layer", sa.String(length=200), nullable=False),
        sa.Column("hrf", sa.Float(), nullable=False),
        sa.Column("u_hrf", sa.Float(), nullable=False),
        sa.Column("run_at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("replaced_at", UTCDateTime(), nullable=True),
        *(_key("control_point", column, target) for column, target in keys),
        sa.PrimaryKeyConstraint("id", name="pk_control_point"),
    )
    _index("control_point", *(column for column, _ in keys))


def _exceptions() -> None:
    op.create_table(
        "quality_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("reading_id", sa.Uuid(), nullable=True),
        sa.Column("criteria_id", sa.Uuid(), nullable=True),
        sa.Column("failures", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        _key("quality_exception", "result_id", "result"),
        _key("quality_exception", "reading_id", "reading"),
        _key("quality_exception", "criteria_id", "quality_criteria"),
        _key("quality_exception", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_quality_exception"),
    )
    _index("quality_exception", "result_id")


def upgrade() -> None:
    _plates()
    _criteria()
    _control()
    _exceptions()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    with op.batch_alter_table("reading_order") as batch:
        batch.drop_column("step")
