"""What a reply says right at its own answer that leaves none: an example, a bound, another quantity, somebody else's.

Not the denial in its sentence (standing, denials), nor second thoughts (afterthoughts). Law: every pattern is linear in
the text; no gold answer is looked at.
"""

import re

from generators.answers.language.patterns import any_of, mentions

_NEAR = 160
"""Characters round an answer that may say whose it is, or of what."""
_EXAMPLE = (
    r"\b(?:for (?:example|instance)|e\.g\.?|such as)[,:]? ?$|, (?:like|as in):? ?$"
    r"|\b(?:format|template|placeholder|sample|dummy|example)(?: (?:answer|reply|output|box|value))?"
    r"(?: (?:is|would be|of|like|should be))?:? ?$"
    r"|\b(?:look|appear|read|written|typed|formatted|shown|displayed|something)s? like(?: this| so| that)?[,:]? ?$"
    r"|(?:^|[.,:;] )(?:please )?(?:put|write|give|enter|place|provide|present|state|format|submit|box)\b[^.\n]{0,40}"
    r"\b(?:answer|result)s?\b[^.\n]{0,20}\b(?:as|like|in the form)(?: (?:this|so))?[,:]? ?$"
    r"|(?:^|[.,:;] )(?:please )?(?:finish|end|conclude|respond|reply|answer|close) (?:by|with)\b[^.\n]{0,20} ?$"
    r"|\byour (?:final )?(?:answer|result)\b[^.\n]{0,20}\b(?:as|like)(?: (?:this|so))?[,:]? ?$"
)
_OTHER = r"(?:easier|simpler|previous|earlier|different|modified|original|harder)"
_QUANTITY = (
    r"\b(?!(?:value|form|expression|version|part|all|set|name)\b)[a-z]+(?:,? \w+)? (?:of|in|than) (?:the|my|our|your)"
    r" (?:final |correct |actual |true )?answer(?: (?:mod|when|in|to|divided|is divided)\b[^,;.]{0,40})?"
    r" (?:is|are|was|equals)(?: exactly)?[ :]*$"
    r"|\b(?:twice|double|half|triple|times|minus|plus) (?:the|my|our|your) answer (?:is|was|equals)[ :]*$"
    r"|\banswer (?:mod|modulo|squared|cubed|doubled|halved|plus|minus|times|divided by)\b[^,;.]{0,30}(?:is"
    r"|equals)[ :]*$"
    r"|\banswer (?:ends|begins|starts) (?:in|with)[ :]*$|\banswer has[ :]*$"
    rf"|\b{_OTHER} (?:version|question|problem|figure|exercise|case|variant|one) (?:is|was|would be)[ :]*$"
)
"""What is said of the answer, or of another question's, and is not the answer."""
_BOUND = (
    r"(?<!least )(?<!greatest )(?<!sharp )(?<!tight )(?<!minimum )(?<!maximum )\b(?:upper|lower|crude"
    r"|trivial) (?:estimate|bound"
    r"|limit|estimate)(?: \w+){0,3} (?:is|of|was|by)[ :]*$"
    r"|\b(?:answer|result|value|total|count|it) (?:is|must be|should be|would be|can be)(?: \w+ly| thus)?"
    r" (?:at (?:most|least)|no (?:more|fewer|less|greater|larger|smaller) than|bounded (?:above |below )?by)[ :]*$"
    r"|\b(?:answer|result|total) (?:must |should |will |has to )?(?:lies?|falls?|is somewhere) (?:in|within|inside"
    r"|between|among|near)[ :]*$"
)
_WORKS = any_of("manual key textbook book solutions? internet web source forum wikipedia google chatgpt claude gemini")
_PEOPLE = any_of("teacher tutor professor friend classmate colleague brother sister roommate student solver coworker")
_OTHERS = (
    rf"\baccording to (?:[a-z]+['’]?s? ){{0,2}}(?:{_PEOPLE}|{_WORKS})s?\b[^.]*$"
    r"|\b[Aa]ccording to (?-i:(?!The\b|Vieta|Pythag|Euler|Fermat|Heron|Newton|Bayes|Pick|De )[A-Z][a-z]+),[^.]*$"
    r"|\b(?:some(?:one|body)|anyone|others|(?:an?|the) (?:user|commenter|poster|blogger))(?: (?:on|at|from|in) \w+)?"
    r" (?:got|posted|wrote|answered|commented|suggested|says?|said)[ :]*$"
    rf"|\b(?:my|another|our|one|some|a fellow) (?:other |old )?(?:{_PEOPLE}|{_WORKS})s? (?:got|gets|found|finds"
    r"|obtained|obtains|computed|wrote|writes|ended up with|arrived at|came up with)"
    r"(?: an answer of| the answer| the value)?[ :]*$"
)
_BEFORE = re.compile("|".join((_EXAMPLE, _QUANTITY, _BOUND, _OTHERS)), re.IGNORECASE)
_BEFORE_WORDS = (
    "xample", "nstance", "e.g", "uch as", "ormat", "emplate", "laceholder", "ample", "ummy", " like", " as",
    "f the answer", "f my answer", "f our answer", "f your answer", "n the answer", "n your answer", "n my answer",
    "nswer ends", "nswer begins", "nswer starts", "nswer has", "asier", "impler", "revious", "arlier", "ifferent",
    "odified", "riginal", "arder", "bound", "stimate", "at most", "t least", " than", "lie", "fall", "omewhere",
    "ccording", "got",
    "gets", "found", "find", "btain", "omputed", "wr", "ended up", "rrived", "ame up", "posted", "nswered",
    "ommented", "uggested", "said", "say", "nswer mod", "nswer squared",
    "nswer cubed", "nswer doubled", "nswer halved", "nswer plus", "nswer minus", "nswer times", "nswer divided",
    "e the answer",
    "s the answer", "f the answer", "us the answer", "e my answer", "s my answer", "inish", "nd by", "nd with",
    "nclude",
    "espond", "eply",
)  # fmt: skip
_MARKS = r"[\s$*})\]]*"
_PAUSE = r"[\s$*})\]\"”.,;:!?…—–-]*"
_BEHIND = re.compile(
    rf"{_MARKS},? (?:for (?:example|instance)|as an example|or (?:similar|whatever|so on)|like (?:that|this|so))\b"
    rf"|{_MARKS}(?:is |are )?(?:half |twice |part |a \w+ )?of (?:the|my|our) (?:final |correct )?answer\b"
    rf"|{_MARKS}would (?:be|have been|hold|work|follow)\b"
    rf"|{_PAUSE}(?:but |and |which |that |this |it )*(?:comes? out|holds?|works?|is (?:right|correct|true|valid"
    rf"|obtained"
    r"|reached|the answer)) (?:only|just|solely) (?:if|when|under|for|in)\b"
    rf"|{_MARKS}(?:is|was|counts|gives) (?:the|all) [^.,;:\n]{{1,60}}(?:, not |[;,] (?:but |and |whereas "
    rf"|while )?[^.\n]{{1,60}}"
    r"\b(?:asked|wanted|needed|sought|required)\b)"
    rf"|{_PAUSE}(?:but |and |which |that |this |it )*(?:is|was|['’]s|seemed|looked|appeared|comes from)"
    r"(?: (?:only|just|merely|really|actually))?(?: (?:an?|the))?(?: (?:\w+ )?(?:upper|lower) bound\b"
    r"| (?:answer|solution|result|value|one)? ?(?:to|for|of|from) (?:the|an?) (?:previous|other|earlier|easier|simpler"
    r"|wrong|different)\b"
    r"| (?:obtained|found|got(?:ten)?|what you get) (?:by|from|with) (?:\w+ ){0,2}(?:double|over|mis)"
    r"| ?(?:right|correct|plausible|promising|reasonable|fine)\b[^.\n]{0,20}\b(?:but|yet|however|until)\b)"
    rf"|{_MARKS}[(\[](?:an? |the |only |just ){{0,2}}(?:upper|lower|crude) bound\b"
    rf"|{_PAUSE}(?:\(\s?)?(?:i (?:just )?(?:made (?:this|that|it) up|guessed)|picked at random|at random"
    r"|with probability\b|with (?:low|little) confidence)"
    rf"|{_MARKS}(?:[(\[]?(?:✗|✘|❌|╳|👎|🚫|⛔|×\s*$)|नहीं)|\s+[(\[] ?[×x*✕] ?[)\]]\W*$",
    re.IGNORECASE,
)
"""What behind an answer calls it an example, a bound, another question's, a guess, or crosses it out."""
_FAILING = re.compile(
    rf"{_PAUSE}(?:(?:but|yet|and|however|though|although|unfortunately|sadly|alas|no|nope|hmm+)[,.!]? )*"
    r"(?:this|that|it|which|the (?:check|test|verification|value|result|last one)|my (?:check|test|answer|result))"
    r"(?: \w+ly| also| still| then| would)? "
    r"(?:violates?|contradicts?|fails?|ignores?|neglects?|overlooks?|forgets?|misses|omits|over-?counts?|under-?counts?"
    r"|double[- ]?counts?|breaks (?:the|one|our)|counts? [^.,;]{1,40} twice"
    r"|(?:cannot|can['’]t) be (?:right|correct|so|true|possible)\b"
    r"|(?:does|did|do|could|can|will|would)(?: not|n['’]t) (?:\w+ly )?(?:satisf\w+|work|hold|fit|match|meet|make sense"
    r"|add up|check out|account)"
    r"|leads to an? (?:contradiction|absurdity)"
    r"|(?:is|was)(?: not|n['’]t) (?:\w+ly )?(?:an? (?:valid |possible )?(?:solution|root|answer)|the (?:answer"
    r"|solution)|right|correct|valid|possible|allowed|acceptable|what)\b)"
    r"|[^\n]{0,160}\b(?:so|hence|thus|therefore),? (?:this|that|it|which)(?: is|['’]s)(?: not|n['’]t)"
    r" (?:an? |the |our )?(?:solution|root|answer|valid|possible)\b"
    r"|[^\n]{0,80}\b(?:yet|but|however),? (?:the |this |that |my |our |it )?(?:check|test|verification)? ?fails\b",
    re.IGNORECASE,
)
"""The next sentence or clause, where it says of the answer that it fails."""
_FAILING_WORDS = (
    "iolate", "ontradict", "ail", "gnore", "eglect", "overlook", "orget", "misses", "omits", "count", "breaks",
    "cannot", "n't", "n’t", " not ",
)  # fmt: skip


def is_aside(before: str) -> bool:
    """Say whether what stands right before an answer makes it an example, a bound, another quantity or another's."""
    near = before[-_NEAR:].rstrip(" $*`({[\\")
    return mentions(near, _BEFORE_WORDS) and _BEFORE.search(near + " ") is not None


def is_disclaimed(behind: str) -> bool:
    """Say whether what stands right behind an answer calls it an example, a bound, a guess or another's."""
    return _BEHIND.match(behind[:_NEAR]) is not None


def fails(behind: str) -> bool:
    """Say whether the clause or sentence behind an answer says that it fails: "but that violates the second"."""
    near = behind[: 2 * _NEAR]
    return mentions(near, _FAILING_WORDS) and _FAILING.match(near) is not None
