"""By what things are known whose identifier has another name."""

from evident import promises, tool

from surefoot.nodes.evidence.toolset import Toolset

AIRFRAME = tool("aircraft", "Airframe data by tail number.", "tail_number")
SEATS = tool("seats_of_aircraft", "How many seats an aircraft has.", "tail_number")


def known_by(*tools: dict[str, object]) -> dict[str, list[str]]:
    toolset = Toolset(promises(*tools).values())
    return {" ".join(thing): [" ".join(key) for key in keys] for thing, keys in toolset.keys.items()}


def test_a_thing_is_known_by_what_all_its_tools_are_asked_with() -> None:
    assert known_by(AIRFRAME, SEATS) == {"aircraft": ["tail number"]}


def test_what_has_an_identifier_of_its_own_name_is_known_by_that() -> None:
    assert known_by(AIRFRAME, SEATS, tool("hangar", "Returns the hangar of an aircraft.", "aircraft_id")) == {}


def test_the_identifier_of_one_thing_does_not_identify_what_belongs_to_it() -> None:
    tariff = tool("tariff", "Returns the record of a tariff.", "tariff_code")
    assert known_by(tariff, tool("supplier", "Returns the supplier of a tariff.", "tariff_code")) == {}


def test_half_a_name_identifies_the_whole() -> None:
    duties = tool("roster", "Returns the crew member duty list.", "crew_id")
    base = tool("base", "Returns rank and base of a crew member.", "crew_id")
    assert known_by(duties, base) == {"crew member": ["crew id"]}


def test_a_parameter_that_takes_such_a_key_takes_the_things_identifier() -> None:
    [need] = Toolset(promises(AIRFRAME, SEATS).values()).promises["seats_of_aircraft"].needs
    assert need.phrases == (("tail", "number"), ("aircraft", "id"))


def test_where_tools_take_the_id_of_a_copy_a_copy_is_a_thing_and_no_warning() -> None:
    shelf = tool("describe_copy", "Returns the shelf a copy stands on.", "copy_id")
    price = tool("price_copy", "Returns the price of an item.", "item_id")
    found = Toolset(promises(shelf, price).values()).promises
    assert (found["describe_copy"].distance, found["price_copy"].distance) == (0.0, 0.0)
    assert Toolset(promises(price).values()).promises["price_copy"].distance > 0.5
