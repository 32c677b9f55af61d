"""The store in a Postgres database; needs the extra `postgres`."""

from surefoot.graph.store.postgres.address import read_address
from surefoot.graph.store.postgres.opening import is_there, try_out
from surefoot.graph.store.postgres.store import PostgresStore

__all__ = ["PostgresStore", "is_there", "read_address", "try_out"]
