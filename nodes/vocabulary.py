"""Words of plans: which say nothing, which mean the same, which turn the meaning round. English; others count as they are."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FILLER = _set(
    "a all an and any are as at be by do each for from get i in into is it its of on or out please so that the their "
    "them then there these this to up use using via was which will with you your"
)
"""Left out of fingerprints, which are kept in saved runs: never change it."""

SOURCE = _set("from read reading load loading parse parsing copy copying move moving rename convert")
TARGET = _set("to into onto write writing written save saving saved store storing create called named")
"""After these a name is where something comes from, or where it goes to."""

EMPTY = _set(
    """
    acquire actually analyse analyze answer appropriate ask ascertain back based both bring calculate call carefully carry
    check collect complete compute confirm consult content contents create current data derive detail details determine
    discover display down download ensure entire establish evaluate every evidently examine execute explore extract fetch figure file
    final finally find first following full further gather generate give go grab have her here his how identify info
    information inspect invoke just keep learn list load locate look make me much must my name named necessary need needed
    next note now obtain onto order over own parse perform pick present print produce provide pull put query read record
    report request required result results retrieve return save scan search see seek set show simply some state still
    store subsequently such sure take task tell text than them themselves they thing things those through tool turn used
    usage usually value values verify view want web what when where whether while who whole whose work write yield
    """
)
"""Say that something is got, worked out or told, but not what: a plan in other words has others of them."""

_SYNONYMS = """
count tally
summary summarise summarize overview digest
combine merge join unite consolidate
compare contrast
change modify edit alter update adjust amend
remove delete erase drop discard
send mail email e-mail post submit
fix repair correct mend
test tests testing
convert transform
sort rank arrange
filter select choose
average mean
total sum
largest biggest greatest
smallest least tiniest
page webpage
site website
row line
column field
customer client
price cost
error problem bug
folder directory
install setup
user account
word term
"""

SAME = {word: group.split()[0] for group in reversed(_SYNONYMS.strip().splitlines()) for word in group.split()}
"""Word -> the word that stands for its group; where groups share a word the first one has it."""

NEGATIONS = _set("not without except excluding never no only instead unless")
"""One of them more makes another subtask of it."""
