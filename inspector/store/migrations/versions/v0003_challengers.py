"""Version 3: what a challenger would have decided, beside the model that did; it can only be appended to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "shadows",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("inspection_id", sa.Text, sa.ForeignKey("inspections.id"), nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("defect_class", sa.Text),
        sa.Column("score", sa.Float),
        sa.Column("limit", sa.Float),
    )
    op.create_index("shadows_by_inspection", "shadows", ["inspection_id", "model_id"], unique=True)
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER shadows_no_{change.lower()} BEFORE {change} ON shadows "
            "BEGIN SELECT RAISE(ABORT, 'shadows can only be appended to'); END"
        )
    op.execute("PRAGMA user_version = 3")
