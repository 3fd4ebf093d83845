"""An analysis is kept once however often it is sent; an answer has words for professionals beside the person's."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("analysis", sa.Column("client_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_analysis_client_id"), "analysis", ["client_id"], unique=True)
    op.add_column("result", sa.Column("professional_texts", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("result", "professional_texts")
    op.drop_index(op.f("ix_analysis_client_id"), table_name="analysis")
    op.drop_column("analysis", "client_id")
