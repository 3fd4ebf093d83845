"""The job queue (a lease table on SQLite, procrastinate's own schema on PostgreSQL), and ordered readings."""

from contextlib import closing
from importlib.metadata import version

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager

from lab.kit.db import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DROP_PROCRASTINATE = """
DROP TABLE procrastinate_periodic_defers, procrastinate_events, procrastinate_jobs, procrastinate_workers CASCADE;
DO $$
DECLARE routine regprocedure;
BEGIN
    FOR routine IN SELECT oid FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
    LOOP EXECUTE 'DROP FUNCTION ' || routine || ' CASCADE'; END LOOP;
END $$;
DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
"""


def _run_script(script: str) -> None:
    # The driver's own cursor, without parameters: several statements at once, and % stays %.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(script)


def _install_procrastinate() -> None:
    _run_script(SchemaManager.get_schema())
    # A later migration that follows procrastinate's schema reads here where it starts from.
    op.execute(f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {version('procrastinate')}'")


def _create_lease_table() -> None:
    table = op.create_table(
        "job",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("task", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("run_at", UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("dead_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sqlite_autoincrement=True,
    )
    waiting = sa.and_(table.c.lease.is_(None), table.c.dead_at.is_(None))
    op.create_index("uq_job_waiting", "job", ["task", "key"], unique=True, sqlite_where=waiting)


def _create_reading_tables() -> None:
    state = sa.Enum(
        "waiting", "done", "failed", name="orderstate", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "reading_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("picture_id", sa.Uuid(), nullable=False),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("hints", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("ordered_by", sa.Uuid(), nullable=True),
        sa.Column("ordered_at", UTCDateTime(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("failure", sa.String(length=80), nullable=True),
        sa.Column("reading_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["picture_id"], ["plate_picture.id"], name="fk_reading_order_picture_id_plate_picture"),
        sa.ForeignKeyConstraint(["supersedes_id"], ["reading.id"], name="fk_reading_order_supersedes_id_reading"),
        sa.ForeignKeyConstraint(["ordered_by"], ["account.id"], name="fk_reading_order_ordered_by_account"),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name="fk_reading_order_reading_id_reading"),
        sa.PrimaryKeyConstraint("id", name="pk_reading_order"),
    )
    op.create_index("ix_reading_order_picture_id", "reading_order", ["picture_id"])
    op.create_index("ix_reading_order_state", "reading_order", ["state"])
    op.create_table(
        "reading_acceptance",
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name="fk_reading_acceptance_reading_id_reading"),
        sa.ForeignKeyConstraint(["accepted_by"], ["account.id"], name="fk_reading_acceptance_accepted_by_account"),
        sa.PrimaryKeyConstraint("reading_id", name="pk_reading_acceptance"),
    )
    op.create_table(
        "standard_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        sa.Column("lane_id", sa.Uuid(), nullable=False),
        sa.Column("retention_value_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name="fk_standard_run_reading_id_reading"),
        sa.ForeignKeyConstraint(["lane_id"], ["plate_lane.id"], name="fk_standard_run_lane_id_plate_lane"),
        sa.ForeignKeyConstraint(
            ["retention_value_id"], ["retention_value.id"], name="fk_standard_run_retention_value_id_retention_value"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_standard_run"),
        sa.UniqueConstraint("reading_id", "lane_id", name="uq_standard_run_reading_id"),
    )
    op.create_index("ix_standard_run_reading_id", "standard_run", ["reading_id"])
    op.create_index("ix_standard_run_lane_id", "standard_run", ["lane_id"])


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _install_procrastinate()
    else:
        _create_lease_table()
    _create_reading_tables()


def downgrade() -> None:
    for table in ("standard_run", "reading_acceptance", "reading_order"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        _run_script(_DROP_PROCRASTINATE)
    else:
        op.drop_table("job")
