"""Leads, as they come in."""
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("create table leads (id bigint generated always as identity primary key, name text not null)")


def downgrade():
    op.execute("drop table leads")
