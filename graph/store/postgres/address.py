"""Reads the address of a Postgres database, and names it without its password."""

import re
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from surefoot.tools.errors import StoreError

_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for an @ in the password, and the like"


@dataclass(frozen=True)
class Address:
    """Where a database is: what libpq needs to find it, and what a person may see of that."""

    options: dict[str, Any] = field(repr=False)
    """Connection parameters by their libpq names; may hold a password."""
    where: str
    """The address without password and parameters."""


def read_address(url: str) -> Address:
    """Read a `postgresql://` address.

    Raises:
        StoreError: it cannot be read; does not repeat it, as it may hold a password.
    """
    try:
        options = conninfo_to_dict(url)
    except (psycopg.Error, UnicodeError):
        raise StoreError(f"The address of the store cannot be read: write {_FORM}.") from None
    host, port, name, user = (str(options.get(part) or "") for part in ("host", "port", "dbname", "user"))
    # A password with special characters that are not escaped ends up in the other parts.
    if "@" in f"{host}{port}{name}{user}" or not re.fullmatch(r"[0-9,]*", port):
        raise StoreError(f"The address of the store cannot be read: write {_FORM}.")
    folder = f" in {host}" if host.startswith("/") else ""
    place = "" if folder else f"{host}:{port}" if port else host
    return Address(options, f"postgresql://{f'{user}@' if user else ''}{place}/{name}{folder}")
