"""who wrote it: a column that the release before does not mind"""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("notes", sa.Column("author", sa.Text, server_default="nobody"))


def downgrade():
    op.drop_column("notes", "author")
