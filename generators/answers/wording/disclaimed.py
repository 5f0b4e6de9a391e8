"""What a reply says of its own answer that leaves none: an example, a guess, another question's, or second thoughts.

Not the denial in its sentence (standing, denials). Law: every pattern is linear in the text; no gold answer is looked
at; second thoughts that end in a confirmation leave the answer standing.
"""

import re

from generators.answers.language.patterns import mentions

MAX_REMARK = 400
"""Characters behind an answer in which it may be thought over again."""
_EXAMPLE = re.compile(
    r"(?:\b(?:for (?:example|instance)|e\.g\.?|such as)[,:]? ?"
    r"|\b(?:format|form|style)(?: (?:is|would be|of|like))?:? ?"
    r"|\b(?:put|write|give|enter|place|provide|present|state|format|submit)\b[^.\n]{0,40}\b(?:answer|result)s?\b"
    r"[^.\n]{0,20}\b(?:as|like|in the form)[,:]? ?)$",
    re.IGNORECASE,
)
_EXAMPLE_WORDS = ("xample", "nstance", "e.g", "uch as", "ormat", "style")
_AS = (" as", " like", " form")
_SAID_OF = (
    "f the answer", "f my answer", "f our answer", "f your answer", "nswer ends", "nswer begins", "nswer starts",
    "nswer has", "asier", "impler", "revious", "other", "arlier", "ifferent", "bound",
)  # fmt: skip
_EXAMPLE_BEHIND = re.compile(
    r"[\s$*})\].]*,? (?:for (?:example|instance)|as an example|or (?:similar|whatever|so on)|like (?:that|this|so))\b",
    re.IGNORECASE,
)
_OF_ANSWER = re.compile(
    r"\b(?:digits?|half|part|sum|double|twice|multiple|square|percentage)(?: \w+){0,2} of (?:the|my|our|your) answer"
    r" (?:is|are|was|equals)[ :$*]*$|\banswer (?:ends|begins|starts) (?:in|with)[ :$*]*$|\banswer has[ :$*]*$"
    r"|\b(?:easier|simpler|previous|other|earlier|different) (?:version|question|problem|figure|one)"
    r" (?:is|was|would be)[ :$*]*$|\b(?:upper|lower) bound (?:is|of|was)[ :$*]*$",
    re.IGNORECASE,
)
"""What is said of the answer, or of another question's, and is not the answer."""
_PART_BEHIND = re.compile(
    r"[\s$*})\]]*(?:is |are )?(?:half |twice |part |a \w+ )?of (?:the|my|our) (?:final |correct )?answer\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"[\s$*})\].,;:—–-]*(?:but |and |which |that |this |it )*(?:is|was|['’]s|seemed|looked|appeared|comes from)"
    r"(?: (?:only|just|merely|really|actually))?(?: (?:an?|the))?(?: (?:\w+ )?(?:upper|lower) bound\b"
    r"| (?:answer|solution|result|value|one)? ?(?:to|for|of) (?:the|an?) (?:previous|other|earlier|easier|simpler|wrong"
    r"|different)\b"
    r"| (?:obtained|found|got(?:ten)?|what you get) (?:by|from|with) (?:\w+ ){0,2}(?:double|over|mis)"
    r"| ?(?:right|correct|plausible|promising|reasonable|fine)\b[^.\n]{0,20}\b(?:but|yet|however|until)\b)"
    r"|[\s$*})\]]*[(\[](?:an? |the |only |just ){0,2}(?:upper|lower) bound\b"
    r"|[\s$*})\],.;—–-]*(?:\(\s?)?(?:i (?:just )?(?:made (?:this|that|it) up|guessed)|picked at random|at random"
    r"|with probability\b|with (?:low|little) confidence)"
    r"|[\s$*})\],;—–-]*but (?:then )?i (?:dropped|forgot|missed|made|lost|mis\w+|overlooked|ignored)\b"
    r"|[\s$*})\]]*(?:✗|✘|❌|╳|नहीं)",
    re.IGNORECASE,
)
"""What behind an answer calls it a bound, another question's, a guess, or what only seemed right."""
_AGAIN = re.compile(
    r"(?:^[\s$*})\]]*|[.!?…:;,—–−-]+[\s$*})\]]*)(?:but |oh,? |ah,? |hmm+[,.…]* |no,? ){0,2}"
    r"(?:wait|hold on|hang on|hmm+|no(?=:|, (?:it|that|this|the answer)\b))(?!\w)",
    re.IGNORECASE,
)
_NO_SOLUTION = re.compile(
    r"\b(?:so|hence|thus|therefore),? (?:this|that|it|which)(?: is|['’]s)(?: not|n['’]t) (?:an? |the |our )?(?:solution"
    r"|root|answer|valid|possible)"
    r"|\b(?:yet|but|however),? (?:the |this |that |my |our |it )?(?:check|test|verification)? ?fails\b",
    re.IGNORECASE,
)
"""What a check behind an answer ends in that refuses it."""
_AGAIN_WORDS = (
    "wait",
    "Wait",
    "old on",
    "ang on",
    "mm",
    "no:",
    "no,",
    "No:",
    "No,",
    "not a",
    "n't a",
    "n’t a",
    "fails",
    "not the",
    "not valid",
)
_CONFIRMED = re.compile(
    r"(?<!not )(?<!n't )(?<!n’t )\b(?:correct|right|confirm\w*|verified|checks? out|holds?|matches|consistent|stands?"
    r"|works?|agrees?|fine|good|yes|ok(?:ay)?|indeed|same (?:answer|result|value|number))\b|[✓✅]",
    re.IGNORECASE,
)
_GIVES_UP = re.compile(
    r"\bI(?: am|['’]m|['’]ve been| was| have been)? (?:sorry[^.\n]{0,20} )?(?:really |simply |just |honestly )?(?:can"
    r"(?: ?not|['’]t)|could not|couldn['’]t|was unable to|unable to|not able to|failed to|don['’]t know how to)"
    r" (?:\w+ )?(?:solve|answer|determine|help|verify)\b"
    r"|\b(?:no|not a|haven['’]t a) clue\b|\bno idea\b|\b(?:picked|chose|chosen|guessed?|drawn?) (?:\S+ )?at random\b"
    r"|\brandom (?:number|guess|pick|answer|choice)\b|\bmade (?:this|it|that|them) up\b"
    r"|\b(?!100)\d{1,2} ?% (?:sure|confident|certain)\b|\b(?:did|have)(?: not|n['’]t) (?:actually )?"
    r"(?:compute|calculate|check|verif|solve)\w*(?: (?:it|this|that))?\b",
    re.IGNORECASE,
)
_GIVING_UP = (
    "I can", "I could", "I am", "I'm", "I’m", "I was", "I have", "I've", "I really", "I simply", "I just", "I honestly",
    "I fail", "I don", "I un", "clue", "idea", "andom", "this up", "it up", "that up", "them up", "% sure",
    "% con", "% cer",
    "not compute", "not calc", "not check", "not verif", "not solve", "not actually", "n't compute", "n't calc",
    "n't check", "n't verif", "n't solve", "n't actually", "n’t",
)  # fmt: skip
_GOES_ON = re.compile(r"\b(?:so|therefore|thus|hence|instead|let me|let's|however we|but we)\b", re.IGNORECASE)


def is_aside(before: str) -> bool:
    """Say whether what stands right before an answer makes it an example, or something said of the answer alone."""
    near = before[-120:].rstrip(" $*`({[\\")
    maybe = near.rstrip(":,").endswith(_AS) or mentions(near, _EXAMPLE_WORDS)
    if maybe and _EXAMPLE.search(near + " ") is not None:
        return True
    return mentions(near, _SAID_OF) and _OF_ANSWER.search(near) is not None


def is_disclaimed(behind: str) -> bool:
    """Say whether what stands right behind an answer calls it an example, a bound, a guess or another question's."""
    near = behind[:160]
    return (
        _ELSEWHERE.match(near) is not None
        or _PART_BEHIND.match(near) is not None
        or _EXAMPLE_BEHIND.match(near) is not None
    )


def rethinks(behind: str) -> bool:
    """Say whether what stands behind an answer thinks it over again, or refuses it by a check, and does not confirm."""
    tail = behind[:MAX_REMARK]
    if not mentions(tail, _AGAIN_WORDS):
        return False
    found = _AGAIN.search(tail) or _NO_SOLUTION.search(tail)
    return found is not None and _CONFIRMED.search(behind, max(found.end(), len(behind) - MAX_REMARK)) is None


def gives_up(text: str) -> bool:
    """Say whether the end of a text says that its writer does not know: "I cannot solve this", "I made it up"."""
    tail = text[-MAX_REMARK:]
    if not mentions(tail, _GIVING_UP):
        return False
    last = None
    for found in _GIVES_UP.finditer(tail):
        last = found
    return last is not None and _GOES_ON.search(tail, last.end()) is None
