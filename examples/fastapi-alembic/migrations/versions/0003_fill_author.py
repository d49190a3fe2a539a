"""the author of old notes comes from their source"""
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.execute("update notes set author = source where source is not null")
    with op.get_context().autocommit_block():
        op.execute("create index concurrently if not exists notes_author on notes (author)")


def downgrade():
    op.execute("drop index if exists notes_author")
