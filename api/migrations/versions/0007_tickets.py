"""Tickets: pre-printed labels, what people say of an answer."""

import sqlalchemy as sa
from alembic import op

from lab.kit.db import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SOURCES = sa.Enum(
    "issued", "device", "label", "reissued", name="ticketsource", native_enum=False, create_constraint=True, length=40
)


def upgrade() -> None:
    with op.batch_alter_table("ticket") as ticket:
        ticket.add_column(sa.Column("revoked_by", sa.Uuid(), nullable=True))
        ticket.add_column(sa.Column("source", _SOURCES, nullable=False, server_default="issued"))
        ticket.add_column(sa.Column("issued_by", sa.Uuid(), nullable=True))
        ticket.create_foreign_key(op.f("fk_ticket_revoked_by_account"), "account", ["revoked_by"], ["id"])
        ticket.create_foreign_key(op.f("fk_ticket_issued_by_account"), "account", ["issued_by"], ["id"])
    with op.batch_alter_table("ticket") as ticket:
        ticket.alter_column("source", server_default=None)
    op.create_index(
        "ix_result_given_out",
        "result",
        ["sample_id"],
        sqlite_where=sa.text("reported_at IS NOT NULL OR preliminary = 1"),
        postgresql_where=sa.text("reported_at IS NOT NULL OR preliminary"),
    )
    gone = sa.text("state IN ('returned', 'destroyed', 'lost')")
    op.create_index("ix_custody_item_gone", "custody_item", ["sample_id"], sqlite_where=gone, postgresql_where=gone)
    _labels()
    _telling()
    _ratings()


def _labels() -> None:
    op.create_table(
        "label_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("with_tickets", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("printed_by", sa.Uuid(), nullable=False),
        sa.Column("printed_at", UTCDateTime(), nullable=False),
        sa.Column("voided_at", UTCDateTime(), nullable=True),
        sa.Column("voided_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["printed_by"], ["account.id"], name=op.f("fk_label_batch_printed_by_account")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_label_batch_site_id_site")),
        sa.ForeignKeyConstraint(["voided_by"], ["account.id"], name=op.f("fk_label_batch_voided_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_batch")),
    )
    op.create_index(op.f("ix_label_batch_printed_at"), "label_batch", ["printed_at"], unique=False)
    op.create_index(op.f("ix_label_batch_site_id"), "label_batch", ["site_id"], unique=False)
    op.create_table(
        "printed_label",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["label_batch.id"], name=op.f("fk_printed_label_batch_id_label_batch")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_printed_label")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_printed_label_ticket_hash")),
    )
    op.create_index(op.f("ix_printed_label_batch_id"), "printed_label", ["batch_id"], unique=False)


def _telling() -> None:
    op.create_table(
        "answer_told",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "told_here", "not_reached", name="toldoutcome", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_answer_told_account_id_account")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_answer_told_result_id_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_told")),
    )
    op.create_index(op.f("ix_answer_told_result_id"), "answer_told", ["result_id"], unique=False)
    op.create_table(
        "answer_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum("amended", "retracted", name="noticecause", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_answer_notice_closed_by_account")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_answer_notice_result_id_result")),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_answer_notice_sample_id_sample")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_answer_notice_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_notice")),
        sa.UniqueConstraint("result_id", "cause", name=op.f("uq_answer_notice_result_id_cause")),
    )
    op.create_index(op.f("ix_answer_notice_closed_at"), "answer_notice", ["closed_at"], unique=False)
    op.create_index(op.f("ix_answer_notice_sample_id"), "answer_notice", ["sample_id"], unique=False)
    op.create_index(op.f("ix_answer_notice_site_id"), "answer_notice", ["site_id"], unique=False)


def _ratings() -> None:
    op.create_table(
        "rating",
        sa.Column("rater", sa.LargeBinary(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("rated_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("contact", sa.Integer(), nullable=True),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_rating_site_id_site")),
        sa.PrimaryKeyConstraint("rater", name=op.f("pk_rating")),
    )
    op.create_index(op.f("ix_rating_rated_on"), "rating", ["rated_on"], unique=False)
    op.create_index(op.f("ix_rating_site_id"), "rating", ["site_id"], unique=False)
    op.create_table(
        "remark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rater", sa.LargeBinary(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_remark_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
        sa.UniqueConstraint("rater", name=op.f("uq_remark_rater")),
    )
    op.create_index(op.f("ix_remark_site_id"), "remark", ["site_id"], unique=False)
    op.create_index(op.f("ix_remark_written_on"), "remark", ["written_on"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_custody_item_gone", "custody_item")
    op.drop_index("ix_result_given_out", "result")
    for name in ("remark", "rating", "answer_notice", "answer_told", "printed_label", "label_batch"):
        op.drop_table(name)
    with op.batch_alter_table("ticket") as ticket:
        ticket.drop_constraint("fk_ticket_issued_by_account", type_="foreignkey")
        ticket.drop_constraint("fk_ticket_revoked_by_account", type_="foreignkey")
        ticket.drop_column("issued_by")
        ticket.drop_column("source")
        ticket.drop_column("revoked_by")
