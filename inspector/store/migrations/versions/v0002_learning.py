"""Version 2: what learning remembers; a golden part stays golden for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "examples",
        sa.Column("recipe", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("defect_class", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("lot", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("mask_digest", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
    )
    op.create_table(
        "golden",
        sa.Column("recipe", sa.Text, primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("defect_class", sa.Text, nullable=False),
    )
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER golden_no_{change.lower()} BEFORE {change} ON golden "
            "BEGIN SELECT RAISE(ABORT, 'a golden part stays golden'); END"
        )
    op.execute("PRAGMA user_version = 2")
