"""Reads state rows without ever running code they name, and notices rows that are not as written."""

import copy
import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import ormsgpack
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde import jsonplus
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer

from surefoot.graph.store.columns import checksum
from surefoot.tools.errors import StoreError

_PLAIN = ("null", "bytes", "bytearray", "msgpack")
_PACKED = "+zlib2"
_OLDER = (
    b"\xa2ts\xd9 2026-11-21T14:00:00.000000+00:00\xa2id\xd9$1f1e5baa-81e3-65c5-8003-0c198452ce04\xa1v\x04"
    b"\xafupdated_channels\xb0channel_versions\xaechannel_values\xadversions_seen\xaclarge_values\xa9__start__"
    b"\xa9__input__\xadschema_version\xa6run_id\xa4goal\xa7subtask\xa5known\xa5taint\xaaplan_taint\xa7private"
    b"\xa9workspace\xa5avoid\xa3log\xa5queue\xa5batch\xa7results\xa4turn\xa7verdict\xa9decisions\xa7outcome"
    b"\xb0branch:to:budget\xafbranch:to:think\xb4branch:to:checkpoint\xadbranch:to:act\xb1branch:to:observe"
    b"\xb1branch:to:reflect\xb1branch:to:execute"
)
_USUAL = {
    "+zlib": _OLDER,
    _PACKED: _OLDER
    + b"\xa6budget\x81\xb0branch:to:budget\xcd\x01\x00\xa5think\x81\xafbranch:to:think\xcd\x01\x00\xaacheckpoint\x81"
    b"\xb4branch:to:checkpoint\xcd\x01\x00\xa3act\x81\xadbranch:to:act\xcd\x01\x00\xa7observe\x81\xb1branch:to:observe"
    b"\xcd\x01\x00\xa7reflect\x81\xb1branch:to:reflect\xcd\x01\x00\xa7subtask\x89\xa7task_id\xa1a\xabdescription\xa0\xac"
    b"dependencies\x90\xa6status\xa7pending\xa5tools\xc0\xaaacceptance\xa0\xa6checks\x90\xa6result\xc0\xa8attempts\x01\xa5"
    b"batch\x91\x85\xa4tool\xa4args\x81\xa9action_id\xa7call_id\xa7thought\xa7results\x90\xa4turn\xa7verdict\x84\xa9diagnosis"
    b"\xabprogressing\xaerecommendation\xa8continue\xa8evidence\x90\xabexplanation\xa0\xa7outcome\xc0\xadbranch:to:act\xc0",
}
"""What most checkpoints have in them, by the kind that was packed with it. Never to be changed, only added to."""


class StrictSerializer(jsonplus.JsonPlusSerializer):
    """LangGraph's serializer with all that can run code shut off, and a checksum on each value.

    Only LangGraph's own list of safe types comes back as objects; any other type comes back as its plain data.
    The checksum stands in the type column (`msgpack:0123456789abcdef`), so the bytes stay LangGraph's own.
    """

    def __init__(self, where: str) -> None:
        # Said outright: left out, LANGGRAPH_STRICT_MSGPACK decides, and its default runs what a row names.
        super().__init__(pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=None)
        self.where = where

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Write a value as (type with checksum, bytes)."""
        kind, data = super().dumps_typed(obj)
        return f"{kind}:{checksum(bytes(data))}", data

    def pack_typed(self, obj: Any) -> tuple[str, bytes]:
        """Write the frame of a checkpoint, which is much the same each time, packed: a fourth of its size."""
        kind, data = super().dumps_typed(obj)
        packer = zlib.compressobj(zdict=_USUAL[_PACKED])
        packed = packer.compress(data) + packer.flush()
        return f"{kind}{_PACKED}:{checksum(packed)}", packed

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Read a value back.

        Raises:
            StoreError: the row is not as it was written, or of a kind that is never written here.
        """
        try:
            kind, _, written = data[0].partition(":")
            plain, _, _ = kind.partition("+")
            if plain in _PLAIN and checksum(data[1]) == written:
                return super().loads_typed((plain, _unpacked(data[1], kind.removeprefix(plain))))
        except Exception as error:
            raise self.damaged() from error
        raise self.damaged()

    def damaged(self) -> StoreError:
        """Say that a row is not as it was written."""
        return StoreError(f"A saved state in {self.where} is damaged: put a backup in its place, or start a new run.")


def _unpacked(data: bytes, packing: str) -> bytes:
    if not packing:
        return data
    unpacker = zlib.decompressobj(zdict=_USUAL[packing])
    return unpacker.decompress(data) + unpacker.flush()


_PROBE = "surefoot.graph.store.serde"
_tripped: list[Any] = []


def trip(*args: Any, **kwargs: Any) -> None:
    """Note that reading a row has run code; only the self-test's rows name this."""
    _tripped.append((args, kwargs))


def self_test() -> None:
    """Make sure the installed LangGraph does not run what a stored row names.

    Raises:
        StoreError: it does.
    """
    strict = StrictSerializer("the self-test")
    _tripped.clear()
    with _unlogged():
        for data in _hostile():
            strict.loads_typed((f"msgpack:{checksum(data)}", data))
    if _tripped:
        raise StoreError(
            "The installed langgraph-checkpoint runs code named in stored rows: "
            "install langgraph-checkpoint 4.1.1 or newer."
        )


def hardened(checkpointer: BaseCheckpointSaver[Any]) -> BaseCheckpointSaver[Any]:
    """A person's own checkpointer, on the same storage, made to read plain data alone: the agent's states are no more.

    LangGraph's own serializer runs what a row names unless it is told not to.

    Raises:
        StoreError: its serializer is another one, and runs what a row names.
    """
    tame = copy.copy(checkpointer)
    tame.serde = _tamed(checkpointer.serde)
    _tripped.clear()
    with _unlogged():
        for data in _hostile():
            with suppress(Exception):  # to refuse is as good as to read it as data
                tame.serde.loads_typed(("msgpack", data))
    if _tripped:
        raise StoreError(
            f"The serializer of this {type(checkpointer).__name__} runs code named in stored rows: "
            "give it langgraph's JsonPlusSerializer."
        )
    return tame


def _tamed(serde: SerializerProtocol) -> SerializerProtocol:
    if type(serde) is jsonplus.JsonPlusSerializer:
        return jsonplus.JsonPlusSerializer(
            pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=None
        )
    if type(serde) is EncryptedSerializer:
        return EncryptedSerializer(serde.cipher, _tamed(serde.serde))
    return serde


def _hostile() -> Iterator[bytes]:
    """Rows that make a lax reader call `trip`, one for each way of naming code."""
    for code, payload in enumerate((["x"], ["x"], {"x": 1}, ["x"], {"x": 1}, {"x": 1})):
        call = ormsgpack.packb([_PROBE, "trip", payload, "__call__"])
        yield ormsgpack.packb(ormsgpack.Ext(code, call))


@contextmanager
def _unlogged() -> Iterator[None]:
    logger = logging.getLogger(jsonplus.__name__)

    def other(record: logging.LogRecord) -> bool:
        return not (isinstance(record.args, tuple) and _PROBE in record.args)

    logger.addFilter(other)
    try:
        yield
    finally:
        logger.removeFilter(other)


__all__ = ["StrictSerializer", "hardened", "self_test"]
