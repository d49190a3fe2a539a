"""source is not used any more since release 3"""
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.drop_column("notes", "source")


def downgrade():
    op.execute("alter table notes add source text")
