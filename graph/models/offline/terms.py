"""The words in which people ask about tables."""

from surefoot.graph.models.offline.sqltext import Part
from surefoot.graph.models.offline.words import bag, row
from surefoot.nodes.evidence.words import stem


def _each(table: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in row(words)}


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in row(text))


AGGREGATES = _each(
    {
        "sum": "total sum totals summed overall",
        "avg": "average mean avg averages",
        "median": "median",
        "min": "minimum min",
        "max": "maximum max",
    }
)
UP = bag(
    "highest largest biggest maximum max most top best greatest longest latest newest oldest priciest richest tallest "
    "heaviest"
)
DOWN = bag("lowest smallest minimum min least bottom worst cheapest fewest shortest earliest youngest slowest lightest")
IN_TIME = {"oldest": "up", "earliest": "up", "newest": "down", "latest": "down", "youngest": "down"}
"""Which way rows are sorted by a date for these words."""
IMPLIED = {
    "cheapest": row("price cost fee"),
    "priciest": row("price cost fee"),
    "longest": row("length duration minutes hours days pages"),
    "shortest": row("length duration minutes hours days pages"),
    "heaviest": row("weight mass"),
    "lightest": row("weight mass"),
    "tallest": row("height"),
    "youngest": row("age"),
    "oldest": row("age"),
}
"""Columns such words speak of without naming them."""
GROUP_MARKS = bag("by per each every across")
PARTS: dict[str, Part] = {
    **dict.fromkeys(row("year yearly annual annually years"), "year"),
    **dict.fromkeys(row("month monthly months"), "month"),
    **dict.fromkeys(row("day daily days"), "day"),
    **dict.fromkeys(row("quarter quarterly quarters"), "quarter"),
}
NOT_ADDED = _stems(
    "price rating score age temperature temp rate salary wage percent percentage year height weight grade rank speed "
    "pressure humidity distance lat lon level margin"
)
"""Columns of such names are averaged where nobody says how to put them together; others are added."""
NAMES = _stems("name title id department city country region type status category code address email date")
"""Columns of such names are no amounts."""
COUNTED = _stems("unit quantity qty piece item stock seat guest visitor passenger vote point goal hour")
"""`how many` of such a column asks for its sum."""
SORT = bag("sorted sort ordered ranked rank arranged")
NOT = bag("not except excluding without n't isn't besides")
DECISIVE = bag(
    "percentage percent share ratio proportion correlation trend forecast predict rounded double half twice growth "
    "increase decrease change difference versus vs deviation variance"
)
"""Words that change the question in a way the rules do not know: they are never passed over."""
MERGED = bag("combined sorted ordered ranked grouped rated summed averaged need")
"""Words in -ed that do not limit what they stand before."""
HARMLESS = _stems(
    "sold sell selling made make brought bring work works working live lives came come place placed "
    "happen happened exist existing total overall combined together respectively altogether breakdown split grouped "
    "group different distinct unique often times time first highest lowest sorted descending ascending order ordered "
    "list compare count calculate compute determine work sum average mean add up down per euro dollar eur usd gbp pound "
    "using query_data run_python read_file result answer according based contain csv json worth size overview "
    "statistics summary report spread whole entire single individual respective show display print name title called "
    "following produce return extract person people thing kind type sort look into within inside use biggest largest "
    "smallest best worst top bottom most year month day quarter monthly yearly daily annual quarterly date recorded "
    "measured gave taken got everyone everybody somebody person generated generate released direct rated did exactly "
    "only currently back output rest schema header except excluding"
)
"""Words that change nothing about a question to a table."""
