"""Version 1: what a station remembers; inspections, labels and events can only be appended to."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _inspections()
    op.create_table(
        "labels",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("inspection_id", sa.Text, sa.ForeignKey("inspections.id"), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("labelled_at", sa.Text, nullable=False),
        sa.Column("defect_class", sa.Text, nullable=False),
        sa.Column("regions", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("labels_by_inspection", "labels", ["inspection_id"])
    op.create_table(
        "events",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("happened_at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("recipe", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("events_by_kind", "events", ["kind", "recipe"])
    for table in ("inspections", "labels", "events"):
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} can only be appended to'); END"
            )
    op.execute(f"PRAGMA application_id = {0x494E5350}")
    op.execute("PRAGMA user_version = 1")


def _inspections() -> None:
    op.create_table(
        "inspections",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("recipe", "recipe_id", "model_id", "station")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("serial", "lot", "part_number")),
        sa.Column("frame_digest", sa.Text, nullable=False),
        sa.Column("frame_status", sa.Text, nullable=False),
        sa.Column("picture_kept", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("fitness", sa.Text),
        sa.Column("scores", sa.Text),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("defect_class", sa.Text),
        sa.Column("score", sa.Float),
        sa.Column("limit", sa.Float),
        sa.Column("inspected_at", sa.Text, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("trigger", "trigger_ns", "frame_ns", "verdict_ns")),
        sa.Column("seal", sa.Text, nullable=False),
    )
    op.create_index("inspections_by_recipe", "inspections", ["recipe"])
    op.create_index("inspections_by_decision", "inspections", ["recipe", "decision", "number"])
    op.create_index("inspections_by_time", "inspections", ["inspected_at"])
    op.create_index("inspections_by_serial", "inspections", ["serial"])
