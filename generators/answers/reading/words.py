"""What a reply says that something is, in words: "The capital is Paris", "17 is a prime number". Not numbers (stated).

Law: one statement is read, the last that announces an answer or else the last of all; what it denies or doubts is no
answer. It may be read in several ways, all of the same statement: with or without the noun behind an adjective.
"""

import re

from generators.answers.language.patterns import any_of
from generators.answers.reading.sentences import explains, sentences, without_markup
from generators.answers.wording.denials import is_hedge, retracts
from generators.answers.wording.prose import after_cue, is_order
from generators.answers.wording.standing import fault_before, fault_round
from generators.malformed import Malformed

MAX_WORDS_CHARS = 300
_MARKED = re.compile(
    r"\*\*([^*\n]{1,80})\*\*|(?<![*\w])\*([^*\n]{1,80})\*(?![*\w])|`([^`\n]{1,80})`"
    r"|[\"“„«「『]([^\"”“»」』\n]{1,80})[\"”“»」』]"
    r"|(?<!\w)'([^'\n]{1,80})'(?!\w)|(?<!\w)__([^_\n]{1,80})__(?!\w)|\\(?:text|textbf|mathrm)\{([^{}]{1,80})\}"
)
"""A piece of a sentence that is emphasised or quoted."""
_COPULA = re.compile(
    r"(?:(?<!\w)(?:is|are|was|were|be|becomes?|called|named|known as|equals|gives?|gets?|get|got|obtain|spells?"
    r"|yields?|means?"
    r"|says?|reads?|as|it's|that's|he's|she's|est|es|ist|è|é|är|jest|adalah|là|это|heißt|lautet|se llama|s'appelle"
    r"|si chiama"
    r"|falls on|fell on|lands on|comes|chose|chooses|picked|selected|faces|facing|points|heads|makes?|forms?"
    r"|produces?|choose|pick|say)(?!\w)"
    r"|[:=：→]|=>|->|是|为|為|は|은|는|叫)\s*",
    re.IGNORECASE,
)
_ADVERBS = re.compile(
    r"\W*(?:(?:indeed|clearly|definitely|certainly|simply|just|therefore|thus|hence|then|also|in fact|of course"
    r"|obviously"
    r"|exactly|always|necessarily|now|so|actually|surely|undoubtedly|really|truly|evidently|naturally|most likely"
    r"|finally"
    r"|donc|also|entonces|quindi|итак|i'd say|i would say|i say|i think|i believe|it is|it's|it must be|it has to be"
    r"|it was"
    r"|it would be|that would be|that is|that's|this is|must be|would be|will be|the answer|answer|the word|the name"
    r"|the city"
    r"|the string|the text|the month|the day|the color|the colour|called|named|known as|to be|be|is|facing"
    r"|heading|pointing)[\s,:]+)+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r",? (?:which|who|whose|that is|because|since|as|for|so|(?:even )?though|although|followed by|whereas|while|but|not"
    r"|when|where|given|due|by|if|thanks"
    r"|according"
    r"|after|before|in this case|of course|indeed|and (?:not|so|therefore|thus|hence|the|it|he|she|we|its|his|her))\b.*"
    r"|, (?:the|an?|[A-Z]\w+['’]s|which|who|its|his|her|our|la|le|el|die|der|das|il|in|from|rather|too"
    r"|with)\b.*|\s*\(.*|\s*（.*|，.*"
    r"|\s+in (?:colou?r|shape|nature|total|size|all)\b.*|\s[-–—]{1,2}\s.*|;\s+(?:it|he|she|this|that|the|they|we"
    r"|because|since|note)\b.*|\.\s.*|[。！].*",
    re.DOTALL | re.IGNORECASE,
)
"""What explains a predicate and does not belong to it."""
_CONDITION = re.compile(
    r"\s*(?:since|because|as|if|when|given|for|although|while|after|before|by|from|with|in|on|at|looking"
    r"|based)\b[^,]{1,160},\s+",
    re.IGNORECASE,
)
_CONCESSION = re.compile(r"(?<=\w),? (?:even though|though|although|whereas)\b", re.IGNORECASE)
_OPENING = re.compile(
    r"\W*(?:(?:so|thus|hence|therefore|then|finally|and|ok|okay|in conclusion|in summary|consequently|clearly"
    r"|definitely|overall"
    r"|answer|final answer|donc|also|daher|entonces|quindi|итак|поэтому|因此|所以|よって|따라서|it follows that"
    r"|we conclude that"
    r"|this means(?: that)?|we get|we see that|i'd say|i would say|i say|i'd go with|my answer is|it's|it is|that's"
    r"|certainly"
    r"|obviously|surely|of course|the answer is)[\s,:.]*)+",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"(?:an?|the|un|une|le|la|les|el|los|las|il|lo|der|die|das|ein|eine|einen|uma?|een|het|de|en|ett|l'"
    r"|l’)\s*(?<=[\s'’])(?=\S)",
    re.IGNORECASE,
)
_NOUNS = any_of(
    "number integer function triangle quadrilateral polygon shape figure graph matrix set sequence series event process"
    " relation color colour city town country animal person man woman day month year season planet element gas metal"
    " word"
    " letter one thing value answer option choice team player knight type kind statement equation curve line angle"
    " solution way"
    " nombre número numero zahl triángulo dreieck ville ciudad stadt fonction función funktion"
)
_NOUN = re.compile(rf"(.*\S)\s+{_NOUNS}s?", re.DOTALL | re.IGNORECASE)
_NEITHER = re.compile(r"(neither|both|none)\b.*", re.IGNORECASE)
_DEFINITE = re.compile(r"(?:the|our|my|la|le|el|il|der|die|das|your) (?!same|opposite|only if)", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*)(?: (?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|of|de|the|von|van|da|di))*")
_SUBJECT_ALONE = re.compile(
    r"([A-ZÀ-ÖØ-Þ][\w'’-]+) (?:wins|won|does|did|is|was|has|can|will|(?:finish(?:ed|es)|came|comes|arrive[ds]"
    r"|placed|ranks) first)[.!]?"
)
"""A name of which a sentence says no more than that it is the one."""
_RATHER = re.compile(r"not [^,;.]{1,60}?,? (?:but|rather) (?:rather )?", re.IGNORECASE)
"""What is denied before what is meant: "not Lyon but"."""
_CLAUSE = re.compile(r"(?:,? (?:and|but|whereas|while)|,) (?=\w+ (?:is|are|was|were)\b)|; ")


def said_words(text: str) -> tuple[str, ...]:
    """Return the readings of what a text says in words, the likeliest first.

    Raises:
        Malformed: when it says nothing, denies or doubts it, or takes it back.
    """
    cued = after_cue(text)
    if cued == "":
        raise Malformed("no answer found", text[:100])
    parts = sentences(cued if cued is not None else text)
    if not parts:
        raise Malformed("no words", text[:100])
    if cued is not None:
        statement, behind = parts[0], parts[1:]
    else:
        statement, behind = _deciding(parts)
    if retracts(" ".join(behind)) or (cued is not None and _changed(behind)):
        raise Malformed("the answer is taken back", text[:100])
    found = _readings(statement, cued=cued is not None)
    faults = [_fault_round(statement, reading, behind) for reading in found]
    kept = tuple(reading for reading, fault in zip(found, faults, strict=True) if not fault)
    if not kept:
        raise Malformed(next(iter(faults), "no answer found"), statement[:100])
    return kept


def _fault_round(statement: str, reading: str, behind: list[str]) -> str:
    """Return what is wrong with a reading of a statement by what stands round it, "" where it stands."""
    copula = _COPULA.search(statement)
    at = max(statement.find(reading, copula.end() if copula is not None else 0), statement.find(reading))
    before, after = (statement[:at], statement[at + len(reading) :]) if at >= 0 else ("", "")
    return fault_round(without_markup(before) + " ", " ".join((after, *behind)))


_CHANGE = re.compile(
    r"\W*(?:or|but|however|actually|wait|no|correction|alternatively|maybe|perhaps|possibly)\b", re.IGNORECASE
)


def _changed(behind: list[str]) -> bool:
    """Say whether the sentence behind an answer opens with a change of mind."""
    return bool(behind) and _CHANGE.match(behind[0]) is not None


_NAME_ALONE = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’.-]*(?: [A-ZÀ-ÖØ-Þ][\w'’.-]*){0,2}[.!]")
_GOES_ON = re.compile(
    r"(?:It|He|She|They|This|That|These|Its|His|Her|Their) (?:is|was|are|were|has|had|have|became|[a-z]+s)\b"
)
"""What tells more of the name that is the sentence before it."""


def _deciding(parts: list[str]) -> tuple[str, list[str]]:
    """Return the sentence that answers and those behind it: the first before an explanation, else the last."""
    if len(parts) > 1 and len(parts[0]) <= MAX_WORDS_CHARS:
        named = _NAME_ALONE.fullmatch(without_markup(parts[0])) is not None and _GOES_ON.match(parts[1]) is not None
        if named or explains(without_markup(parts[1])):
            return parts[0], parts[1:]
    return parts[-1], []


def _readings(statement: str, *, cued: bool) -> tuple[str, ...]:
    """Return the ways in which a statement can be read."""
    plain = without_markup(statement)
    if plain.endswith(("?", "？")) or is_hedge(plain, but_or=True) or is_order(plain):
        raise Malformed("a hedge is no answer", statement[:100])
    found: list[str] = []
    marked = [m for m in _MARKED.finditer(statement) if not _is_label(m)]
    emphasised = {next(filter(None, m.groups())).strip(" .,!:") for m in marked}
    if len(emphasised) == 1:
        before, after = statement[: marked[-1].start()], statement[marked[-1].end() :]
        if fault := fault_round(before, after):
            raise Malformed(fault, statement[:100])
        found.append(emphasised.pop())
    found += _predicates(plain, cued=cued)
    return tuple(dict.fromkeys(reading for reading in found if reading))


def _is_label(match: re.Match[str]) -> bool:
    """Say whether an emphasised piece is a heading such as "**Answer:**"."""
    inner = next(filter(None, match.groups())).strip().lower()
    return inner.endswith((":", "：")) or inner in ("answer", "final answer", "conclusion")


def _predicates(plain: str, *, cued: bool) -> list[str]:
    """Return what a plain sentence says that something is, and the sentence itself without its opening."""
    bare = _behind(_RATHER, _behind(_OPENING, plain))
    whole = _behind(_ADVERBS, bare)
    if len(whole) < len(plain) and (fault := fault_before(plain[: len(plain) - len(whole)])):
        raise Malformed(fault, plain[:100])
    found = _with_nouns(_TAIL.sub("", whole, count=1))
    if (alone := _SUBJECT_ALONE.fullmatch(bare)) is not None:
        found.append(alone[1])
    if cued:
        return [whole, *found]
    clause = _CONCESSION.split(_behind(_CONDITION, bare), maxsplit=1)[0]
    if len(_COPULA.findall(clause)) > 1 and _CLAUSE.search(clause) and not _TAIL.search(clause):
        return found
    main = _CLAUSE.split(clause, maxsplit=1)
    if len(main) > 1 and re.search(r"\band\b", clause[len(main[0]) : len(clause) - len(main[1])]):
        return found
    copula = next(iter(_COPULA.finditer(main[0])), None)
    if copula is None:
        return found
    if fault := fault_before(main[0][: copula.end()]):
        raise Malformed(fault, plain[:100])
    subject, said = main[0][: copula.start()].strip(), main[0][copula.end() :]
    said = _behind(_ADVERBS, said)
    if (rather := _RATHER.match(said)) is not None:
        said = said[rather.end() :]
    if re.match(r"(?:not|n't|never|no longer|hardly|pas|nicht|kein\w*|no|не|不)(?!\w)", said, re.IGNORECASE):
        raise Malformed("the answer is denied", plain[:100])
    found += _with_nouns(_TAIL.sub("", said, count=1))
    if _DEFINITE.match(said) and _SUBJECT.fullmatch(subject):
        found.append(subject)
    return found


def _behind(opening: re.Pattern[str], text: str) -> str:
    """Return a text without what it opens with."""
    found = opening.match(text)
    return text[found.end() :] if found is not None else text


def _with_nouns(said: str) -> list[str]:
    """Return a predicate as it is, without its article, and without the general noun behind an adjective."""
    said = said.strip(" .,!:;")
    bare = _behind(_ARTICLE, said)
    found = [said, bare]
    if (noun := _NOUN.fullmatch(bare)) is not None:
        found.append(noun[1])
    if (neither := _NEITHER.fullmatch(bare)) is not None:
        found.append(neither[1])
    return found
