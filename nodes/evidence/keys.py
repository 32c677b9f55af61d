"""Finds what things are known by where their identifier has another name: an aircraft by its tail number."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from surefoot.nodes.evidence.parameters import GENERIC, Need
from surefoot.nodes.evidence.phrases import Phrase
from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.words import IDENTIFIERS, name_terms

__all__ = ["keys_of", "with_keys"]


def keys_of(promises: Sequence[Promise]) -> Mapping[Phrase, tuple[Phrase, ...]]:
    """Say for a thing what else identifies it: {("aircraft",): (("tail", "number"),)}.

    A parameter identifies what all the tools that take it, and nothing else, speak of and one of them gives. What has an
    identifier of its own name is known by that.
    """
    named = {_core(phrase) for promise in promises for need in promise.needs for phrase in need.phrases}
    takers: dict[Phrase, list[Promise]] = {}
    for promise in promises:
        if len(promise.required) == 1:
            for phrase in promise.required[0].phrases[:1]:
                takers.setdefault(phrase, []).append(promise)
    given = {thing for promise in promises for thing in _given(promise)}
    found: dict[Phrase, list[Phrase]] = {}
    for key, tools in takers.items():
        core = _core(key)
        if core and core[-1] not in given and core[-1] not in GENERIC:
            for thing in _known_by(core, tools):
                if thing in named:
                    continue
                found.setdefault(thing, []).append(key)
    return {thing: tuple(keys) for thing, keys in found.items()}


def with_keys(promise: Promise, keys: Mapping[Phrase, tuple[Phrase, ...]]) -> Promise:
    """Let the parameters that take such a key take the thing's identifier, whatever it is called elsewhere."""
    things = {key: thing for thing, known in keys.items() for key in known}
    needs = tuple(_named(need, things) for need in promise.needs)
    if needs == promise.needs:
        return promise
    own = {things[phrase] for need in promise.needs for phrase in need.phrases[:1] if phrase in things}
    yields = tuple(replace(each, record=each.record or each.phrase in own) for each in promise.yields)
    return replace(promise, needs=needs, yields=yields)


def _named(need: Need, things: Mapping[Phrase, Phrase]) -> Need:
    thing = next((things[phrase] for phrase in need.phrases[:1] if phrase in things), None)
    return need if thing is None else replace(need, phrases=(*need.phrases, (*thing, "id")))


def _known_by(core: Phrase, tools: Sequence[Promise]) -> Iterator[Phrase]:
    """Name the things that tools which take a key have in common: `crew id` and `crew member`, `tail number` and `aircraft`."""
    common = frozenset.intersection(*(promise.prose.union(name_terms(promise.tool)) for promise in tools)) - set(core)
    called = Counter(owner for promise in tools for owner in {each.phrase[: len(core) + 1] for each in promise.yields})
    longer = [owner for owner in sorted(called) if owner[:-1] == core and owner[-1] in common - IDENTIFIERS]
    if longer:
        yield from (owner for owner in longer[:1] if called[owner] > 1)
        return
    shared = [thing for promise in tools for thing in _given(promise) if thing in common]
    yield from dict.fromkeys((thing,) for thing in shared[:1])


def _given(promise: Promise) -> Iterator[str]:
    """Name the things a tool gives as such: a record, or a thing and nothing of it."""
    if not promise.lists:
        for each in promise.yields:
            core = _core(each.phrase)
            if core and (each.record or len(core) == 1) and len(core) == len(each.phrase):
                yield core[-1]


def _core(phrase: Phrase) -> Phrase:
    return tuple(word for word in phrase if word not in IDENTIFIERS)
