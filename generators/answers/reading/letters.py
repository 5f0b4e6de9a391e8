"""The one option that a reply affirms by its letter: "This leaves D", "So (D)". Not the content of options (choices).

Law: what is denied, listed, asked or only mentioned is not affirmed; options that are joined are affirmed together.
"""

import re

from generators.answers.language.patterns import any_of
from generators.answers.reading.affirmed import Affirmed, last_affirmed
from generators.answers.reading.sentences import without_markup
from generators.answers.wording.denials import DENIAL, refuses_last
from generators.answers.wording.standing import fault_before
from generators.malformed import Malformed

_NEAR = 80


_SMALL = any_of(
    "that only just simply clearly definitely indeed likely therefore thus hence then the an? us me options?"
    " choices? answers?"
    " letter statement alternative response correct right best final most with is to be in for one it it's we you"
    " have must"
    " should would will of all la le el il lo die der das o a opción opção lettre letra lettera buchstabe"
    " alternativa réponse"
    " respuesta antwort variant"
)
_AFFIRMING = any_of(
    "is are was be it's that's choos(?:e|ing) chose pick(?:ed|ing)? select(?:ed|ing)? go(?:ing)?_(?:with|for) went_with"
    " goes?_(?:to|with) vote_for say leav(?:es?|ing) left_with remain(?:s"
    "|ing)? rather but therefore thus hence so then clearly"
    " definitely certainly obviously finally conclude favou?rs? supports? points?_to leads?_(?:us_)?to match(?:es)?"
    " corresponds?_(?:to|with) indicates? equals namely only prefer settle_on answer ans est sont es son ist sind è"
    " é är er jest"
    " to adalah là choisis elijo wähle scelgo escolho ответ выбираю это"
)
_AFFIRMED_BEFORE = re.compile(
    rf"(?:(?<!\w){_AFFIRMING}(?!\w)|[:=→⇒：—]|=>|\bi\.e\.,?|[,;(] ?(?=option|choice|answer)|[答选選]案?|选择|選擇|是"
    rf"|为|為|正解は|答えは|정답은|답은)"
    rf"(?: ?(?<!\w){_SMALL}(?!\w)|选项|選項)*[\s:：]*$",
    re.IGNORECASE,
)
_RIGHT = (
    any_of(
        "only best better strongest right correct true valid proper appropriate accurate intended final logical"
        " possible"
        " most_\\w+ one_that one_remaining sole bonne correcta? richtige? corretta certa exacte? верн\\w* правильн\\w*"
    )
    + r"\b|answer\b|winner\b|way to go|satisf|works?\b|makes (?:the most |more |best )?sense|fits?\b|holds\b"
    r"|match|remains?\b|survives|is left|meets?\b"
    r"|agrees|follows|wins|stands"
)
_AFFIRMED_AFTER = re.compile(
    r",?(?: alone| only| itself)?(?: (?:is|was|seems|appears|must be|has to be|would be|being|remains|est|es|ist|è|é)"
    r"(?: to be)?)?(?: (?:indeed|clearly|definitely|therefore|thus|in fact|actually|obviously|exactly|certainly))?"
    rf"(?: (?:the|an?|our|my|la|le|el|die|der|il|o|a))? (?:{_RIGHT})"
    r"|\s?(?:选项|選項)?(?:是?正确|是?對|是?对|が正解|が正し|が答え|が適|이 정답|가 정답|이 맞|가 맞|이다|입니다"
    r"|です|だ[。.]?$)"
    r"|,? (?:because|since|as it)\b"
    r"|[\s,，。.]*(?:而?不是|并非|(?:and |but )?not|non|nicht|rather than|instead of) ?(?:option )?\(?[A-Z]\b",
    re.IGNORECASE,
)
_EXCLUDING = any_of(
    "eliminat[a-z]+ exclud[a-z]+ discard[a-z]* reject[a-z]* rul(?:e|es|ed|ing)_out cross(?:ed|ing)?_out unlike except"
    " against wrong incorrect neither nor non pas nicht statt descart\\w+ élimin\\w+ exclu\\w* исключ\\w+"
)
_DENIED_BEFORE = re.compile(
    rf"(?<!not be )(?<!n't be )(?<!which is )(?<!that is )\b{_EXCLUDING}"
    rf"(?! (?:statement|sentence|claim|equation|pair\w*|match|one)\b)(?: (?:{_SMALL}|both|either))*[\s:]*$"
    r"|(?:排除|不是|不选|不選|并非|而非|而不是)(?:选项|選項)?\s*$|\band so (?:is|are|does|do) $",
    re.IGNORECASE,
)
_WRONG = (
    any_of(
        "wrong incorrect false invalid impossible eliminated excluded ruled_out rejected discarded out\\b too\\b"
        " not\\b never\\b"
        " fail violat contradict ignor lack miss off\\b unlikely irrelevant unsupported weak inconsistent absurd"
        " unreasonable"
        " overstat falsch faux fausse incorrecta? falsa? errad sbagliat unten неверн"
    )
    + r"|has the wrong|has no"
)
_DENIED_AFTER = re.compile(
    r"(?: (?:both|all|also|each|clearly|therefore|alone))*(?: (?:is|are|was|were|can be|could be|has been|have been"
    r"|gets?"
    r"|seems?|looks?|would be))?(?: (?:both|all|also|clearly|definitely|simply|just|obviously|therefore|either))*"
    rf"(?: (?:{_WRONG})|n['’]t\b| (?:ca|do|does|is|are|wo|would)n['’]t\b| cannot\b)"
    r"|\s?(?:选项|選項)?(?:是?错|是?不对|不正确|不符合|都不|均不|也不|は間違|は誤|ではな|は틀|неверн|не подход"
    r"|не явля)",
    re.IGNORECASE,
)
_EDGE = r"A-Za-z0-9_'’"
_TOKEN = re.compile(
    rf"\(([A-Z])\)|\[([A-Z])\]"
    rf"|(?<![{_EDGE}+*/^=<>\\-])([A-Z])(?![{_EDGE}°]|\s?[=+*/^<>](?!>)|\s?-\s?[A-Z\d]|\.[A-Z])"
)
_JOIN = re.compile(
    r"\s*(?:,?\s*(?:and|or|nor|et|ou|und|oder|y|o|e|и|или)\s|[,/&、，]|和|或|及|と|または|와|과)\s*", re.IGNORECASE
)
_RANGE = re.compile(r"\s*(?:through|thru|to|until|[-–—~]|至|到|から|bis|à)\s*", re.IGNORECASE)
_LISTING = re.compile(
    r"\b(?:options|choices|among|between|from|alternatives|letters|statements|weigh(?:ing)?|compar(?:e|ing)"
    r"|consider(?:ing)?|of)(?: (?:the|all|of|options|choices))*[\s:(]*$",
    re.IGNORECASE,
)
OPENERS = (
    "(?:"
    + any_of(
        "in_conclusion in_summary in_short to_conclude overall consequently accordingly so thus therefore"
        " hence then ok okay definitely clearly finally final answer answering my the our best correct right"
        " option choice letter ans it's it_is i'?d_say i_would_say i_say is must_be would_be and result response"
        " solution"
        " indeed absolutely certainly surely of_course obviously donc also entonces quindi итак ответ réponse"
        " respuesta antwort"
        " risposta resposta la die el opción lösung 答案 答 正解 정답"
    )
    + r"[\s,:：.'*-]*)*"
)
_BARE = re.compile(
    rf"\W*{OPENERS}[(\[]?([A-Z])(?:[)\]]?\W*$|[)\].:：]+(?:\s|$)(.*)|\s?[-–—]\s(.*)|[)\]]\s?(.*)"
    r"|[)\]]?,? (?:i'm|i am|because|since|as|given|due|for|denn|weil|car|porque|perché|потому)\b(.*))",
    re.DOTALL | re.IGNORECASE,
)
"""A sentence that is nothing but an option: its letter, with or without its content or its reason."""
_CUED = re.compile(
    r"\b(?:answers?|ans|option|choice|choose|chose|pick|select|go(?:ing)? with|conclude|correct|réponse|respuesta"
    r"|resposta|risposta|antwort|opción|alternativa|ответ)\b|答案|正解|选|選|정답|답",
    re.IGNORECASE,
)
_OR_MORE = re.compile(r"\W{0,3}(?:or|and|ou|et|oder|und|o|y|e|или|и|或|和)(?!\w)\s*\W?(?:[A-Z]\b|-?\d|maybe|perhaps)")
"""What sets another candidate beside an option."""
_NOT_LETTER = re.compile(r"\W*(?:no|wrong|incorrect|false)\b", re.IGNORECASE)
_CONTENT = re.compile(
    r"\W*(?:not (?:enough|sufficient|determin|given|applicable|listed|known|stated|necessarily|possible to)"
    r"|(?:cannot|can['’]t|can not) be (?:determined|inferred|concluded|known|answered|found)|none of|neither\b"
    r"|no (?:solutions?|effect|change|answer|such|real|correct)|insufficient|impossible to)",
    re.IGNORECASE,
)
"""How the content of an option may begin that denies, and does not deny the option."""
_SAYS_NO = re.compile(r" (?:false|no|incorrect|never|none)\W*$", re.IGNORECASE)
_ANSWER_IS = re.compile(r"\banswer is:? $", re.IGNORECASE)
_SMALL_LETTER = re.compile(r"\b(?:letter|option|choice)\b[^.;,]{0,40} is:? \(?([a-j])\)?\W*$")
"""An option in a small letter, where it is called one and ends its sentence."""
_MID_LABEL = re.compile(r"[).:] ")
_PRONOUN = re.compile(r"(?:'|’| [a-z])")
_ARTICLE = re.compile(
    " (?!"
    + any_of(
        "is was and or but are fails? works? fits? holds match[a-z]* remains because since as alone only"
        " satisf[a-z]+ seems must"
        " can cannot does would will has gives says states contradicts violates ignores in to from not too through"
        " thru until"
    )
    + r"\b)[a-z]"
)


def affirmed_letter(text: str, *, whole: bool = False) -> tuple[str, str]:
    """Return the letter of the one option that a text affirms, and what stands behind it as its content.

    whole: all of the text is said to be the answer, so that it may state one alone.

    Raises:
        Malformed: for none, several, or one that is denied, doubted or taken back.
    """
    letter, behind = last_affirmed(text, _letters, "choice")
    if whole and sum(_TOKEN.fullmatch(without_markup(part)) is not None for part in text.splitlines()) > 1:
        raise Malformed("a hedge is no answer", text[:100])
    return letter, behind.strip(" .:)]-–—")


def _letters(sentence: str) -> list[Affirmed]:
    """Return the options that a sentence affirms."""
    if (small := _SMALL_LETTER.search(sentence)) is not None:
        return [Affirmed(small[1].upper(), 2, *small.span(1))]
    bare = _BARE.fullmatch(sentence)
    if bare is None or not _is_option(sentence, bare):
        return _scanned(sentence)
    letter, rest = bare[1].upper(), next((group for group in bare.groups()[1:] if group), "")
    others = [one for one in _scanned(sentence) if one.begin > bare.start(1) and one.value != letter]
    content = _CONTENT.match(rest) or (
        _SAYS_NO.match(" " + rest) and _ANSWER_IS.search(sentence[: bare.start(1)].rstrip("("))
    )
    if not content and (_DENIED_AFTER.match(" " + rest.lstrip()) or _NOT_LETTER.match(rest)):
        return others
    # what an option says is no denial of it
    found = Affirmed(letter, 3, bare.start(1), len(sentence) if content else bare.end(1))
    if rest and (_OR_MORE.match(rest) or _TOKEN.fullmatch(rest.strip(" .,;"))):
        return [found, found._replace(value="")]
    return [found, *(one for one in others if one.strength > 1)]


def _is_option(sentence: str, bare: re.Match[str]) -> bool:
    """Say whether the letter that a sentence begins with is an option, and no article, pronoun or variable."""
    rest = sentence[bare.end(1) :]
    if bare[1].islower():
        return not rest.strip(" .)]:!") and (
            len(sentence.strip(" .()[]:!")) == 1 or _CUED.search(sentence, 0, bare.start(1)) is not None
        )
    return not (bare[1] in "AI" and rest[:1] == " " and _ARTICLE.match(rest))


def _scanned(sentence: str) -> list[Affirmed]:
    """Return the options that are affirmed within a sentence: groups of them together."""
    strength = 2 if _CUED.search(sentence) else 1
    found: list[Affirmed] = []
    hedged = False
    for group, begin, end in _groups(sentence):
        before, after = sentence[max(0, begin - _NEAR) : begin], sentence[end : end + _NEAR]
        if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after) or refuses_last(after):
            continue
        fault = fault_before(sentence[:begin])
        if fault == DENIAL:
            continue
        if len(group) > 1 and _LISTING.search(before):
            continue
        if _OR_MORE.match(after) or len(set(group)) < len(group):
            group = [*group, ""]
        alone = re.fullmatch(rf"\W*{OPENERS}", before, re.IGNORECASE) and not after.strip(" .!")
        if alone or _AFFIRMED_BEFORE.search(before) or _AFFIRMED_AFTER.match(after):
            here = [Affirmed(letter, strength, begin, end) for letter in group]
        elif _MID_LABEL.match(sentence, end - (sentence[end - 1] == ")")):
            here = [Affirmed(letter, 2, begin, end) for letter in group]
        else:
            continue
        found = here if hedged and not fault else found + here
        hedged = bool(fault) and (hedged or found == here)
    return found


def _groups(sentence: str) -> list[tuple[list[str], int, int]]:
    """Return the letters of a sentence, joined ones together, with where they begin and end; ranges are left out."""
    groups: list[tuple[list[str], int, int]] = []
    ranges: set[int] = set()
    for match in _TOKEN.finditer(sentence):
        letter = next(filter(None, match.groups()))
        plain = match[3] is not None
        if plain and letter == "I" and _PRONOUN.match(sentence, match.end()):
            continue
        if plain and letter == "A" and _ARTICLE.match(sentence, match.end()):
            continue
        between = sentence[groups[-1][2] : match.start()] if groups else ""
        is_range = bool(groups) and _RANGE.fullmatch(between) is not None
        if groups and (is_range or _JOIN.fullmatch(between)):
            ranges |= {len(groups) - 1} if is_range else set()
            groups[-1] = ([*groups[-1][0], letter], groups[-1][1], match.end())
        else:
            groups.append(([letter], match.start(), match.end()))
    return [group for k, group in enumerate(groups) if k not in ranges]
