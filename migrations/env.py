"""Alembic environment: uses the connection it is handed, or ``-x url=…``."""

from alembic import context
from sqlalchemy import Connection

from provenance.store.engine import connect_engine
from provenance.store.schema import METADATA


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    run(handed)
else:
    url = context.get_x_argument(as_dictionary=True)["url"]
    with connect_engine(url).connect().execution_options(write=True) as opened:
        run(opened)
