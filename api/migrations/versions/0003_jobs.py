"""The job queue: a lease table on SQLite, procrastinate's own schema on PostgreSQL."""

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
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(script)


def _install_procrastinate() -> None:
    _run_script(SchemaManager.get_schema())
    # A later migration that follows procrastinate's schema reads here where it starts from.
    op.execute(f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {version('procrastinate')}'")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _install_procrastinate()
        return
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


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _run_script(_DROP_PROCRASTINATE)
        return
    op.drop_table("job")
