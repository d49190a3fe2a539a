"""pictures; their bytes are in the object store"""
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "pictures",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
    )


def downgrade():
    op.drop_table("pictures")
