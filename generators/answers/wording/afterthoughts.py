"""Second thoughts behind an answer, and the word that it is no more than a guess. Not denials of it (denials).

Behind an answer a clause that turns round ("wait", "actually", "on reflection"), owns up to a slip ("I misread"), or
holds the answer against what the question asks for takes it back, unless a later word confirms it. Law: every pattern
is linear in the text; no gold answer is looked at.
"""

import re

from generators.answers.language.patterns import mentions

MAX_REMARK = 400
"""Characters behind an answer in which it may be thought over again."""
_CLAUSE = (
    r"(?:^|[.!?…:;,—–−\n]|--| - )[\s$*})\]\"”(]*"
    r"(?:(?:but|oh|ah|well|ok(?:ay)?|um+|uh|and|so|hmm+|no|yet|except|though|although|however)[,.…!\s]+){0,3}"
)
_TURN = re.compile(
    rf"{_CLAUSE}(?:(?:wait|hold (?:on|up)|hang on|hmm+|nope)(?=\W*$|\s*[,.!?…;:—–-]|[ ]+(?:no|not|i|let|that|this|it"
    rf"|the"
    r"|we|there|actually|what|is|isn|maybe|a|\d)\b)"
    r"|no(?=[!:.—–]|, (?:it|that|this|the answer|i|we)\b)"
    r"|(?:in hindsight|come to think|thinking (?:it over|about it|again)|looking (?:at it )?(?:again|back|closer)"
    r"|(?:up)?on (?:second|further|closer|more)?\s?(?:thoughts?|reflection|inspection|examination|consideration"
    r"|a closer))"
    r"|(?:scrap|scratch|strike|forget|disregard|ignore) (?:that|this|it|the above|my)\b"
    r"|after (?:re-?(?:check|calc|count|comput|read|view|think|consider|vis)|double[- ]check|another look|a second look"
    r"|correct|fix)\w*|oh,? no\b"
    r"|(?:oops|whoops|correction|erratum|my (?:bad|mistake|apologies)|apologies|i take (?:that|it) back)\b"
    r"|let me (?:redo|rethink|reconsider|recalculate|recompute|recount|rework|revise|start over|try again"
    r"|fix|correct)\b)"
    r"|(?:[.!?…\n]|--|[—–])[\s$*})\]\"”(]*(?:but |oh,? |well,? |hmm+,? ){0,2}actually,? "
    r"(?:no|not|it|that|this|the|i|we|there|wait|\d)",
    re.IGNORECASE,
)
"""A clause that turns away from what stands before it."""
_SLIP = re.compile(
    r"\bi (?:think |believe |fear |see |now |just |also |may |might |must |could |have |had |did |probably |realiz\w+ "
    r"|realis\w+ |notic\w+ |that |i ){0,6}(?:forgot|misread|mis(?:count|calc|tak|took|appl|under|interp)\w*"
    r"|(?:double|over|under)[- ]?count\w*|overlooked|messed|mixed|swapped|made an? (?:\w+ ){0,2}(?:error|mistake|slip"
    r"|typo)|(?:used|took|read|copied|solved|answered|counted|plugged in) the (?:wrong|other|\w+ (?:rather than"
    r"|instead of))|should have \w+"
    r"|(?:never|failed to|did(?: not|n['’]t)|have(?: not|n['’]t)) (?:subtract|account|includ|count|add|divid|multipl"
    r"|convert|carr|handl|appl|remov)\w*)"
    r"|\b(?:but|though|although|however|except that),? i (?:then |also )?(?:dropped|ignored|omitted|skipped|lost|missed"
    r"|neglected|mis\w+)\b"
    r"|\b(?:it|that|this|answer|result|total|value|count|which)(?: really| actually)? (?:should|ought to) (?:really "
    r"|actually |instead )?(?:be|have been|read|equal) [$\\({]*[-−]?\d"
    r"|[;,:.—–-] ?(?:but |yet |whereas |while |however,? )the (?:question|problem|exercise) (?:asks|wants|asked"
    r"|is about)\b|[;—–] ?the (?:question|problem|exercise) (?:asks|wants|asked|is about)\b"
    r"|\b(?:not what (?:the|this) (?:question|problem)|isn['’]t what)\b"
    r"|\b(?:used|uses|using|took|takes|read|reads) \S+ instead of \S",
    re.IGNORECASE,
)
"""What owns up to a slip, or holds the answer against what is asked for."""
_SAYS_OTHER = (
    "wait", "Wait", "old on", "old up", "ang on", "mm", "no", "No", "ctually", "hindsight", "fter ", "think",
    "hinking", "ooking",
    "thought", "reflec", "inspec", "examin", "consid", "a closer", "crap ", "cratch", "trike ", "orget", "isregard",
    "gnore", "ops", "orrection", "rratum", "my ", "My ", "pologies", "take", "et me", "forgot", "mis", "count",
    "overlooked", "messed", "mixed", "swapped", "mistake", "error", "the wrong", "should", "ought", "never", "failed",
    "dropped", "omitted", "skipped", "lost", "neglected", "the question", "the problem", "the exercise", "instead of",
    "n't", "n’t",
)  # fmt: skip
_CONFIRMED = re.compile(
    r"\b(?:correct|right|confirm\w*|verified|checks? out|holds?|matches|consistent|stands?|works?|agrees?|fine|good|yes"
    r"|ok(?:ay)?|indeed|same (?:answer|result|value|number)|all is well)\b|[✓✅]",
    re.IGNORECASE,
)
_UNCONFIRMED = re.compile(r"(?:\b(?:not|never|cannot|hardly|if|no|longer)|n['’]t)(?: \w+){0,2} ?$", re.IGNORECASE)
_GUESSED = re.compile(
    r"\b(?:picked|chose|chosen|guessed?|drawn?) (?:\S+ )?at random\b|\brandom (?:number|guess|pick|answer|choice)\b"
    r"|\bmade (?:this|it|that|them) up\b|\b(?:wild|blind|pure|complete|total|lucky|educated) (?:guess|stab|shot)\b"
    r"|\b(?:no|not a|haven['’]t a) clue\b|\b(?!100)\d{1,2} ?% (?:sure|confident|certain)\b"
    r"|\b(?:very |with |quite )?(?:low|little|minimal) confidence\b"
    r"|\bnot (?:at all |very |too |really |fully )?confident\b"
    r"|(?:\bi(?:['’]ve| have|['’]m)? |^|[.,] )(?:ran|run|running|out) out of (?:time|space|tokens|ideas)\b"
    r"|\bfor lack of a better\b|\bshot in the dark\b|\bcoin (?:flip|toss) says\b|\bjust (?:guessing|a guess"
    r"|a placeholder)\b",
    re.IGNORECASE,
)
"""What calls the answer a guess, whatever it goes on to say."""
_GIVES_UP = re.compile(
    r"\bI(?: am|['’]m|['’]ve been| was| have been)? (?:sorry[^.\n]{0,20} )?(?:really |simply |just |honestly )?(?:can"
    r"(?: ?not|['’]t)|could not|couldn['’]t|was unable to|unable to|not able to|failed to|don['’]t know how to)"
    r" (?:\w+ )?(?:solve|answer|determine|help|verify|finish|complete|reproduce)\b|\bno idea\b"
    r"|\bnot (?:\w+ ){0,2}(?:sure|certain)\b|\bI(?:['’]ll| will| must| have to)? give up\b|\bI(?: am|['’]m) stuck\b"
    r"|\b(?:did|have)(?: not|n['’]t) (?:actually )?(?:compute|calculate|check|verif|solve)\w*(?: (?:it|this|that))?\b",
    re.IGNORECASE,
)
"""What says that the answer is not known, unless it goes on to find it."""
_GIVING_UP = (
    "andom", "this up", "it up", "that up", "them up", "clue", "% sure", "% con", "% cer", "guess", "stab", "shot in",
    "confiden", "out of", "lack of", "coin ", "placeholder", "idea", "give up", "stuck", "sure", "certain",
    "I can", "I could", "I am",
    "I'm", "I’m", "I was", "I have", "I've", "I really", "I simply", "I just", "I honestly", "I fail", "I don", "I un",
    "not compute", "not calc", "not check", "not verif", "not solve", "not actually", "n't compute", "n't calc",
    "n't check", "n't verif", "n't solve", "n't actually", "n’t",
)  # fmt: skip
_GOES_ON = re.compile(r"\b(?:so|therefore|thus|hence|instead|let me|let's|however we|but we)\b", re.IGNORECASE)


def rethinks(behind: str) -> bool:
    """Say whether what stands behind an answer turns away from it, and does not confirm it afterwards."""
    tail = behind[:MAX_REMARK]
    if not mentions(tail, _SAYS_OTHER):
        return False
    found = _TURN.search(tail) or _SLIP.search(tail)
    return found is not None and not is_confirmed(behind, max(found.end(), len(behind) - MAX_REMARK))


def is_confirmed(text: str, begin: int = 0) -> bool:
    """Say whether a text, from a place on, calls something right, and not in a clause that denies it."""
    return any(
        _UNCONFIRMED.search(text, max(begin, found.start() - 24), found.start()) is None
        for found in _CONFIRMED.finditer(text, begin)
    )


def gives_up(text: str) -> bool:
    """Say whether the end of a text says that its writer does not know: "I cannot solve this", "I made it up"."""
    tail = text[-MAX_REMARK:]
    if not mentions(tail, _GIVING_UP):
        return False
    if _GUESSED.search(tail) is not None:
        return True
    last = None
    for found in _GIVES_UP.finditer(tail):
        last = found
    return last is not None and _GOES_ON.search(tail, last.end()) is None
