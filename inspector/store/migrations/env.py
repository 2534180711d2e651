"""On which connection migrations run: the one that holds the ledger's write lock."""

from alembic import context

from inspector.store.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most of a table; batch mode rebuilds it
)
with context.begin_transaction():
    context.run_migrations()
