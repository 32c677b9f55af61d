"""Keeps everything of the runs in one Postgres database, for many processes and machines."""

from surefoot.graph.store.artifacts import Shelf
from surefoot.graph.store.locks import Locks
from surefoot.graph.store.postgres.address import read_address
from surefoot.graph.store.postgres.checkpoints import Checkpointer
from surefoot.graph.store.postgres.locks import AdvisoryLocks
from surefoot.graph.store.postgres.opening import open_database
from surefoot.graph.store.postgres.shelf import ByteTable
from surefoot.graph.store.serde import self_test
from surefoot.graph.store.tables import Tables


class PostgresStore(Tables):
    """A store in the schema `surefoot` of a Postgres database (13 or newer, UTF8).

    Each run that is worked on takes a connection beside the store's own, which has to be a session of the server: a
    pooler in front of it must not hand out connections per transaction.

    Deleting a run deletes its rows and frees their room. What Postgres cannot promise: that no byte of them is left
    in the freed room before it is used again, in the write-ahead log, in replicas that lag, or in backups.

    Raises:
        StoreError: on opening, if the database cannot be reached or written, or has something else in that schema.
    """

    checkpoint_tables = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")

    def __init__(self, url: str) -> None:
        self_test()
        database = open_database(read_address(url))
        self.database = database
        self.locks: Locks = AdvisoryLocks(database)
        self.shelf: Shelf = ByteTable(database)
        self.checkpointer = Checkpointer(database)
