"""events and what hangs on them"""
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.create_table(
        "photos",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("event", sa.BigInteger, sa.ForeignKey("events.id", ondelete="cascade"), nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
    )


def downgrade():
    op.drop_table("photos")
    op.drop_table("events")
