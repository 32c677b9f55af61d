"""Chooses the rule for a clause and follows it; where its tool fails, tries one other."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from surefoot.graph.models.offline import changes, data, files, find, lookups, read, unknown, write
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.steps import CannotDo, Failed, Refused, Steps, call
from surefoot.graph.models.offline.words import bag
from surefoot.graph.models.offline.world import World

HONEST = (
    "This is the offline model, which follows rules and is not a language model. For free-form goals set a real model: "
    "surefoot run ... --model openai:NAME with OPENAI_API_KEY (and OPENAI_BASE_URL for a local server)."
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing the model knows how to do, and the tools it takes."""

    name: str
    tools: tuple[str, ...]
    fits: Callable[[Clause, World], float]
    steps: Callable[[Clause, World], Steps[str]]
    either: tuple[str, ...] = ()
    """One of these will do."""

    def needs(self, clause: Clause) -> tuple[str, ...]:
        if self.name == "move" and clause.family == "copy":
            return ("read_file", "write_file")
        return self.tools


RULES = (
    Rule("delete", ("delete_file",), changes.fits_delete, changes.delete),
    Rule("arithmetic", ("calculate",), lookups.fits_arithmetic, lookups.arithmetic),
    Rule("write", ("write_file",), write.fits_write, write.write),
    Rule("move", ("move_file",), changes.fits_move, changes.move),
    Rule("fetch", ("fetch_url",), lookups.fits_fetch, lookups.fetch),
    Rule("edit", ("edit_file",), changes.fits_edit, changes.edit),
    Rule("code", ("run_python",), lookups.fits_code, lookups.code),
    Rule("compare", ("read_file",), read.fits_compare, read.compare),
    Rule("find", ("search_files",), find.fits_find, find.find),
    Rule("sizes", ("list_files",), files.fits_sizes, files.sizes),
    Rule("data", (), data.fits, data.answer, either=("query_data", "read_file")),
    Rule("read", ("read_file",), read.fits_read, read.read),
    Rule("list", ("list_files",), files.fits_list, files.list_all),
    Rule("together", (), lookups.fits_together, lookups.together),
)
RULED = bag(
    "list_files read_file search_files write_file edit_file move_file delete_file query_data calculate "
    "run_python fetch_url ask_human give_up find_tools read_output"
)
"""Tools that rules or the agent itself use; the rest is matched by schema."""
_ENOUGH = 0.5


def understood(clause: Clause, world: World) -> bool:
    """Whether some rule or tool fits a clause."""
    return bool(_ways(clause, world))


def ruled(clause: Clause, world: World) -> bool:
    """Whether a rule fits a clause, whose tools there are."""
    return any(_rating(rule, clause, world) >= _ENOUGH for rule in RULES)


def work(clause: Clause, world: World) -> Steps[str]:
    """Do what a clause asks for.

    Raises:
        CannotDo: no rule or tool fits, or those that fit failed.
    """
    if clause.conditional and not lookups.fits_arithmetic(clause, world):
        raise CannotDo("This depends on a condition, which the rules cannot judge. " + HONEST)
    if clause.negated:
        raise CannotDo("This says what not to do; there is nothing to do for it.")
    ways = _ways(clause, world)
    if not ways and "find_tools" in world.tools and not world.searched:
        yield from call("find_tools", query=" ".join([clause.text, *_lacking(clause, world)]))
    reasons = []
    for steps in ways[:2]:
        try:
            return (yield from steps())
        except Refused:
            raise
        except Failed as error:
            reasons.append(str(error))
        except CannotDo as error:
            reasons.append(str(error))
    if reasons:
        raise CannotDo(" ".join(dict.fromkeys(reasons)))
    raise CannotDo(f"No rule and no tool fits {clause.text!r}. {HONEST}")


def _ways(clause: Clause, world: World) -> list[Callable[[], Steps[str]]]:
    """List the ways to do a clause, best first."""
    ways: list[tuple[float, Callable[[], Steps[str]]]] = []
    for rule in RULES:
        if (rating := _rating(rule, clause, world)) >= _ENOUGH:
            ways.append((rating, lambda r=rule: r.steps(clause, world)))  # type: ignore[misc]
    for rating, tool in unknown.ranked(clause, world, RULED):
        ways.append((rating, lambda t=tool: unknown.use(t, clause, world, RULED)))  # type: ignore[misc]
    return [way for _, way in sorted(ways, key=lambda entry: -entry[0])]


def _rating(rule: Rule, clause: Clause, world: World) -> float:
    """Rate a rule for a clause; 0 = its tools are not there."""
    one_of = not rule.either or any(tool in world.tools for tool in rule.either)
    if not one_of or not all(tool in world.tools for tool in rule.needs(clause)):
        return 0.0
    rating = rule.fits(clause, world)
    forced = re.search(r"\busing (\w+)", clause.text)
    if forced and forced[1] in (*rule.tools, *rule.either):
        return 0.99 if rating or rule.name == "list" else 0.0
    return rating


def _lacking(clause: Clause, world: World) -> list[str]:
    """Name the tools of the best rule that fits but for tools that are not on offer."""
    rated = [(rule.fits(clause, world), rule.needs(clause)) for rule in RULES]
    return list(max(rated, key=lambda entry: entry[0], default=(0.0, ()))[1]) if any(r for r, _ in rated) else []
