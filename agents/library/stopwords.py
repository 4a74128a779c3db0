"""The English words that carry no content: dropped from queries and from the measures of support."""

# A usual English list, then the words that make a question ("what", "how many") and would match almost any text,
# then what is left of "don't" or "she'll" once the tokenizer has split it.
_WORDS = """
a about above after again against all also am an and any are as at be because been before being below between both
but by can cannot could did do does doing down during each either else ever few for from further had has have having
he her here hers herself him himself his i if in into is it its itself just may me might more most must my myself
neither no nor not of off on once only onto or other our ours ourselves out over own per rather same shall she should
since so some such than that the their theirs them themselves then there these they this those though through thus to
too under until unto up upon us very was we were will with within without would yet you your yours yourself yourselves

what which who whom whose when where why how many much

s t d ll m re ve don didn doesn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn
"""

STOP_WORDS = frozenset(_WORDS.split())
