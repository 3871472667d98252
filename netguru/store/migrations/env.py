"""The migration library's entry: runs the steps on the connection that `netguru.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from netguru.store.tables import Base


def run() -> None:
    """Run the steps inside the caller's transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        # SQLite undoes changes of tables as well, when the driver does not interfere (database.py).
        transactional_ddl=True,
        # SQLite alters a table by copying it.
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# The library executes this file under this name; an ordinary import (a documentation test) does nothing.
if __name__ == "env_py":
    run()
