"""What tools promise, what results are worth, and who is to blame: pure functions over descriptions and logs.

words       stems, identifiers apart, how alike two words are
phrases     noun phrases and literals in prose
promises    what each tool needs and yields, and what its description warns of
lexicon     how well what is yielded fits what is needed, in the words of this tool set
asked       what a goal asks for, and what it gives
derive      the cheapest ways from what is known to what is asked, backward
provenance  every value of a log, and the action that produced it
plausible   whether a value looks like what it is to be
blame       which value and which source is to be doubted, and what stays sound
"""
