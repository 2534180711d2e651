"""Which tables the ledger has at its current version; the migrations lead every older ledger here."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

inspections = Table(
    "inspections",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("recipe", Text, nullable=False),
    Column("recipe_id", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("lot", Text, nullable=False),
    Column("part_number", Text, nullable=False),
    Column("frame_digest", Text, nullable=False),
    Column("frame_status", Text, nullable=False),
    Column("picture_kept", Boolean(create_constraint=False), nullable=False),
    Column("fitness", Text),
    Column("scores", Text),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("defect_class", Text),
    Column("score", Float),
    Column("limit", Float),
    Column("inspected_at", Text, nullable=False),
    Column("trigger", Integer, nullable=False),
    Column("trigger_ns", Integer, nullable=False),
    Column("frame_ns", Integer, nullable=False),
    Column("verdict_ns", Integer, nullable=False),
    Column("seal", Text, nullable=False),
    Index("inspections_by_recipe", "recipe"),
    Index("inspections_by_decision", "recipe", "decision", "number"),
    Index("inspections_by_time", "inspected_at"),
    Index("inspections_by_serial", "serial"),
)

labels = Table(
    "labels",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("inspection_id", Text, ForeignKey("inspections.id"), nullable=False),
    Column("who", Text, nullable=False),
    Column("labelled_at", Text, nullable=False),
    Column("defect_class", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("labels_by_inspection", "inspection_id"),
)

shadows = Table(
    "shadows",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("inspection_id", Text, ForeignKey("inspections.id"), nullable=False),
    Column("model_id", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("defect_class", Text),
    Column("score", Float),
    Column("limit", Float),
    Index("shadows_by_inspection", "inspection_id", "model_id", unique=True),
)

events = Table(
    "events",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("happened_at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("recipe", Text),
    Column("detail", Text, nullable=False),
    Index("events_by_kind", "kind", "recipe"),
)

examples = Table(
    "examples",
    metadata,
    Column("recipe", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("defect_class", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("lot", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("mask_digest", Text),
    Column("source", Text, nullable=False),
)

golden = Table(
    "golden",
    metadata,
    Column("recipe", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("defect_class", Text, nullable=False),
)
