"""What differs in writing and not in meaning: look-alikes, styles, shells, thousands, currency, percent, units.

Not the meaning of what is left (latex, answers). Law: linear in the text, and nothing that carries meaning is lost:
a percent sign and a unit are taken off and told; words that say something else stay, and make the text unreadable.
"""

import re
import unicodedata
from typing import NamedTuple

from generators.answers.language.joiners import with_plain_joins
from generators.answers.language.tokens import CALLED, GREEK, MAX_CHARS
from generators.malformed import Malformed


class Written(NamedTuple):
    """A text without its dress, whether it had a percent sign, and its unit without plural, spaces and full stops."""

    text: str
    percent: bool = False
    unit: str = ""


_UNIT_LIST = (
    "mm cm dm km m ft in inch yd mi kg g mg lb lbs oz s sec ms min h hr hrs hz khz mhz ghz n j kj mj ev kev mev gev "
    "w kw mw v mv a ma k c f mol pa kpa l ml cl rad deg sq cu usd eur rmb cents cent kmph mph bits bit bytes byte "
    "men man day days cup cups egg eggs year week hour pm am ppm cal kcal erg way ways box boy boys dog dogs cat cats "
    "cow cows hen hens pig pigs car cars pen pens toy toys bag bags kwh mpa gpa hpa rpm bpm psi atm mmol gal tsp tbsp "
    "amu yr yrs wks mins secs gbp amp amps bar mole ohm ohms yen bus jar jars"
)
_UNIT_NAMES = frozenset(_UNIT_LIST.split())
"""Short units, known by name; a word of four letters or more is a unit unless it says something else."""
_SPACED_LIST = "nm um kn mn kv gw mh uf nf pf uc nc gb mb tb kb db pt qt ha wh mo wk"
_SPACED_NAMES = frozenset(_SPACED_LIST.split())
"""Units of two letters that are products of letters where no space parts them from their number."""
_OTHER_LIST = (
    "sin cos tan cot sec csc log ln sqrt cbrt pi exp inf infinity mod and or not is are was were no if the a an "
    "but wrong false incorrect correct true right maybe perhaps than then else when where with without for "
    "because since as plus minus divided over choose theta alpha beta gamma delta lambda sigma omega iota "
    "kappa zeta factorial only least most more less about approximately either neither both none never always "
    "even odd prime positive negative real integer integers natural rational irrational constant complex number "
    "numbers reals solutions infinite undefined answer solution option choice floor ceil frac binom union cap i "
    "arcsin arccos arctan sinh cosh tanh gcd lcm max min det squared cubed doubled twice half halves third thirds "
    "quarter quarters fourth fourths fifth fifths sixth sixths eighth eighths tenth tenths hundredth hundredths "
    "thousandths"
)
_NOT_UNITS = frozenset(_OTHER_LIST.split())
_MARKED = (
    r"\\(?:text(?:bf|it|rm|sf|tt|normal|up)?|mbox|hbox|mathrm|mathbf|mathit|mathsf|mathcal|boldsymbol|bm|rm|emph"
    r"|operatorname)\*?"
)
TEXT = re.compile(_MARKED + r"\s*\{([^{}]*)\}")
_MARKED_UNIT = re.compile(
    r"(?<=[\w)}%.])(?:\\[,;:! ]|[ ~])*(?!\\(?:mathbf|boldsymbol|bm) ?\{[ijk]\})"
    + _MARKED
    + r"\s*\{([A-Za-z /.^0-9*~\\-]{1,60}(?:/ ?\([A-Za-z .*^0-9-]{1,20}\))?| *\([A-Za-z ]{1,60}\) *)\}"
    + r"(?: ?\^ ?\{?(-?\d)\}?)?$"
)
_POWER = r"(?: ?\^ ?\{?-?\d\}?)?"
_PLAIN_UNIT = re.compile(
    r"(?:(?<=[\d)}%.])|(?<=\\pi)(?= ))( *)([A-Za-z]+\.?"
    + _POWER
    + r"(?:(?: ?[/*·] ?| )[A-Za-z]+\.?"
    + _POWER
    + r"){0,4})$"
)
_FACTORS = re.compile(r"(?:m[av]|[A-Za-z])" + _POWER + "(?: [A-Za-z]" + _POWER + ")*")
"""Letters that behind a number without a space, or behind more than a number, are variables: "\\frac12mv^2"."""
_LETTER_UNITS = frozenset((*"msghLlNJWVAKCFTHM", "m2", "m3"))
"""Units of one letter, which behind a plain number and a space are no variables: "5 m"."""
_PLAIN_NUMBER = re.compile(
    r"[-+]?\d[\d.,]*(?:[eE][-+]?\d{1,3}| ?(?:\\times|\\cdot|\*) ?10 ?\^ ?(?:-?\d{1,3}|\{ ?-?\d{1,3} ?\}))?"
)
_MICRO = re.compile(r"(?<=[\d}])(?: |\\[,;:! ])*\\mu ?(?:\\(?:text|mathrm) ?\{ ?)?([msglLFCAVWHNJ]|mol)\b ?\}?$")
_OHM = re.compile(r"(?<=[\d}])(?: |\\[,;:! ])*(?:\\(?:text|mathrm) ?\{ ?)?([kM]?) ?\\Omega ?\}?$")
_TEMPERATURE = re.compile(r"(?:\^ ?\{? ?\\circ ?\}?|\\circ) ?(?:\\(?:text|mathrm) ?\{ ?)?([CFK])\b ?\}?$")
_DEGREES = re.compile(r"\^ ?\{? ?\\(?:circ|degree)(?![A-Za-z]) ?\}?|\\degree(?![A-Za-z])|(?<=\d) ?degrees?\b|°")
_ENDS_IN_DEGREES = re.compile(f"(?:{_DEGREES.pattern}) ?$")
_TIMES = re.compile(r"(?<=\d) ?[xX] ?(?=10 ?\^)|(?<=\d) [xX] ?(?=\\?\$?\d)|(?<=\d\d)[xX](?=\d)")
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALED = re.compile(
    r"(?<=\d)(?: |\\text ?\{)+(dozen|hundred|thousand|million|billion|trillion)s?\b ?\}?", re.IGNORECASE
)
_ANGLED = re.compile(r"sin|cos|tan|cot|sec|csc|cis")
_PERCENT = re.compile(r"(?<=[\d)}])(?: |\\[,;:! ])*(?:\\?%|(?:percent(?:age)?(?: points?)?|per cent|pct)\b\.?)$")
_MONEY = r"\\?\$|[€£¥₹¢]|\\euro|\\pounds"
_CURRENCY = re.compile(rf"^([-+]?) ?(?:(?:US|USD|EUR|Rs\.?) ?)?({_MONEY}) ?(?=[-\d.(\\])")
_CURRENCY_WORD = re.compile(r"^([-+]?) ?(USD|EUR|GBP|INR|CNY|JPY|Rs)\.? ?(?=[-\d.])")
_CURRENCY_AFTER = re.compile(rf"(?<=[\d)}}]) ?({_MONEY})$")
_CURRENCIES = {
    "\\$": "dollar", "$": "dollar", "usd": "dollar", "€": "euro", "\\euro": "euro", "eur": "euro", "£": "pound",
    "\\pounds": "pound", "¥": "yen", "yuan": "yen", "rmb": "yen", "cny": "yen", "jpy": "yen", "₹": "rupee",
    "inr": "rupee", "¢": "cent", "gbp": "pound", "rs": "rupee",
}  # fmt: skip
"""Signs and words of money by one name each; yuan and yen share their sign."""
MONEY = frozenset(_CURRENCIES.values())
_DROPPED = re.compile(
    r"\\m?(?:left|right) ?\.|\\(?:m?(?:left|right|middle)|displaystyle|textstyle|scriptstyle|limits|nolimits"
    r"|bigg?[lrm]?|Bigg?[lrm]?|q?quad|qquad|nonumber|angle|triangle|hline|centering|rm|bf)(?![A-Za-z])"
    r"|\\h?(?:space|phantom) ?\{[^{}]*\}|(?<!\\)\\[;: >!,]|~(?=[ \\A-Za-z0-9{])"
)
_LEADING = re.compile(
    r"^(?:\\displaystyle ?)?"
    r"(?:=>?|∴|\\(?:approx|simeq|implies|iff|therefore|(?:Long)?[Rr]ightarrow)(?![A-Za-z])|~) ?"
)
_LEADERS = ("=", "∴", "\\", "~")
_PRIMES = re.compile(r"\^ ?(?:\{(?: ?\\prime(?![A-Za-z]))+ ?\}|\\prime(?![A-Za-z]))")
_QUADS = re.compile(r"\\q?quad(?=[a-z])")
_BARS = re.compile(r"\\m?(left|right) ?(?:\||\\[lr]?[vV]ert)")
_THOUSANDS = re.compile(
    r"(?<![\d.,])\d{1,3}(?:(?:,|\{,\}|\\,|(?:,|\{,\})\\! ?)\d{3})+(?!\d)|^[-+]?\d{1,3}(?: \d{3})+(?=$|\.\d)"
    r"|^[-+]?\d{1,3}(?:(?:'\d{3})+|(?:_\d{3})+|(?:\.\d{3}){2,})$"
)
_SHELLS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_SET = re.compile(r"\{[^{}\\]*,[^{}]*\}")
_DOUBLED = re.compile(r"\\\\(?=[A-Za-z({\[!|,;:])")
_COMBINATION = re.compile(
    r"(?:\{ ?\} ?)?(?:\^|_) ?\{?(\d+)\}? ?(?:\\mathrm ?\{ ?)?C ?\}? ?_ ?\{?(\d+)\}?|\b(\d+)C(\d+)\b"
)
_ARRANGEMENT = re.compile(r"\b(\d{1,4})P(\d{1,4})\b")
_ORDINAL = re.compile(r"(\d{1,9}) ?(?:\^ ?\{? ?)?(?:\\(?:text|mathrm) ?\{ ?)?(?:st|nd|rd|th)\b[ }]*")
_MIXED = re.compile(r"([-+]?\d{1,9}) (\d{1,9})/(\d{1,9})")
_PERIOD = re.compile(r"(?<=\d\.)\((\d{1,20})\)")
_ROOT = re.compile(r"([√∛∜]) ?(\d+(?:\.\d+)?|(?=[A-Za-z(\\{]))")
_DEGREE_OF_ROOT = {"√": "", "∛": "[3]", "∜": "[4]"}

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_RAISED = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_LOWERED = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_GREEK_LETTERS = "αβγδεζηθικλμνξρστυφχψωΓΔΘΛΞΣΦΨΩϕ"
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega phi"
)
_LOOK_ALIKES = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/",
        "⁄": "/", "∕": "/", "°": "^\\circ ", "≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=", "π": "\\pi ", "∞": "\\infty ",
        "√": "\\sqrt ", "≠": "!=", "∪": "\\cup ", "∩": "\\cap ", "∖": "\\setminus ", "±": "\\pm ", "∓": "\\mp ",
        "∧": "\\land ", "∨": "\\lor ", "¬": "\\neg ", "⇒": "\\Rightarrow ", "⇔": "\\Leftrightarrow ", "∠": "\\angle ",
        "△": "\\triangle ", "↦": "\\mapsto ",
        "∀": "\\forall ", "∃": "\\exists ", "∈": "\\in ", "∉": "\\notin ",
        "⊂": "\\subset ", "⊆": "\\subseteq ",
        "≈": "\\approx ", "∅": "\\emptyset ",
        "ℝ": "\\mathbb{R}", "ℕ": "\\mathbb{N}", "ℤ": "\\mathbb{Z}", "ℚ": "\\mathbb{Q}", "ℂ": "\\mathbb{C}",
        **{letter: f"\\{name} " for letter, name in zip(_GREEK_LETTERS, _GREEK_NAMES.split(), strict=True)},
        "∑": "\\sum ", "∏": "\\prod ",
        "∫": "\\int ", "→": "\\to ", "′": "'", "’": "'", "“": '"', "”": '"', "、": ",", "。": ".", "،": ",",
        "٫": ".", "٬": ",", "٪": "%", "⟨": "(", "⟩": ")", "\u200b": "", "\ufeff": "", "\u2061": "", "\u2009": "\\,",
        "\u202f": "\\,", "…": "\\ldots ", "⋯": "\\ldots ", "‖": "|", "∣": "|",
        "✓": "", "✔": "", "✅": "", "\ufe0f": "",
        "½": "\\frac{1}{2}", "⅓": "\\frac{1}{3}", "⅔": "\\frac{2}{3}", "¼": "\\frac{1}{4}", "¾": "\\frac{3}{4}",
        "⅕": "\\frac{1}{5}", "⅖": "\\frac{2}{5}", "⅗": "\\frac{3}{5}", "⅘": "\\frac{4}{5}", "⅙": "\\frac{1}{6}",
        "⌊": "\\lfloor ", "⌋": "\\rfloor ", "⌈": "\\lceil ", "⌉": "\\rceil ",
        "⅚": "\\frac{5}{6}", "⅛": "\\frac{1}{8}", "⅜": "\\frac{3}{8}", "⅝": "\\frac{5}{8}", "⅞": "\\frac{7}{8}",
    }
)  # fmt: skip


def plain_characters(text: str) -> str:
    """Return a text with full-width and mathematical characters, superscripts and foreign digits as plain ones."""
    if text.isascii():
        return text
    text = _RAISED.sub(lambda found: "^{" + "".join(map(_SUPERSCRIPTS.__getitem__, found[0])) + "}", text)
    text = _LOWERED.sub(lambda found: "_{" + unicodedata.normalize("NFKC", found[0]) + "}", text)
    text = _ROOT.sub(_rooted, text).translate(_LOOK_ALIKES)
    text = unicodedata.normalize("NFKC", text)
    if text.isascii():
        return text
    text = text.translate(_LOOK_ALIKES)
    return "".join(str(unicodedata.decimal(c)) if not c.isascii() and c.isdecimal() else c for c in text)


def _rooted(found: re.Match[str]) -> str:
    """Return a root of a number that a sign stands before, or the command of the sign alone."""
    return f"\\sqrt{_DEGREE_OF_ROOT[found[1]]}" + (f"{{{found[2]}}}" if found[2] else " ")


def written(text: str) -> Written:
    """Return a text without shells, styles, thousands marks, currency, percent sign and unit.

    Raises:
        Malformed: beyond twice MAX_CHARS.
    """
    if len(text) > 2 * MAX_CHARS:
        raise Malformed(f"answer over {2 * MAX_CHARS} characters", text[:100])
    text = plain_characters(text)
    text = with_plain_joins(" ".join(text.split())) if " " in text or not text.isascii() else text.strip()
    if text.isdigit():
        return Written(text)
    text = _unshelled(text)
    if text.startswith(_LEADERS):
        text = _LEADING.sub("", text, count=1)
    if "\\" in text:
        text = _without_styles(text)
    text, money = _without_money(text)
    if "/" in text and " " in text and (mixed := _MIXED.fullmatch(text)) is not None:
        text = f"{mixed[1]}\\frac{{{mixed[2]}}}{{{mixed[3]}}}"
    if text[:1].isdigit() and (ordinal := _ORDINAL.fullmatch(text)) is not None:
        text = ordinal[1]
    if "illion" in text or "thousand" in text or "hundred" in text or "dozen" in text:
        text = TEXT.sub(lambda found: f" {found[1]} ", text)
        text = _SCALED.sub(lambda found: f"*{_SCALES[found[1].lower()]} ", text).strip()
    if "x" in text or "X" in text:
        text = _TIMES.sub("*", text)
    if ".(" in text:
        text = _PERIOD.sub(r"\\overline{\1}", text)
    if "P" in text:
        text = _ARRANGEMENT.sub(r"P(\1,\2)", text)
    if "C" in text:
        text = _COMBINATION.sub(lambda m: f"\\binom{{{m[1] or m[3]}}}{{{m[2] or m[4]}}}", text)
    temperature = _TEMPERATURE.search(text) if "circ" in text else None
    if temperature:
        return Written(text[: temperature.start()].strip(), False, temperature[1])
    if "circ" in text or "degree" in text:
        angled = _ANGLED.search(text) is not None
        plain = _DEGREES.sub(" \\\\circ " if angled else " ", text).strip()
        if not angled and _ENDS_IN_DEGREES.search(text) and "," not in text:
            return Written(_untexted(plain), False, "degree")
        text = plain
    if "Omega" in text and (ohm := _OHM.search(text)) is not None:
        return Written(text[: ohm.start()].strip(), False, ohm[1] + "ohm")
    if "mu" in text and (micro := _MICRO.search(text)) is not None:
        return Written(text[: micro.start()].strip(), False, "u" + micro[1])
    text = text.replace("\\%", "%")
    percent = _PERCENT.search(text) if "%" in text or "per" in text or "pct" in text else None
    if percent:
        return Written(text[: percent.start()].strip(), True)
    found = _without_unit(text)
    return found._replace(unit=money + found.unit) if money and not found.percent else found


def _unshelled(text: str) -> str:
    """Take off bold, the delimiters of a formula, a full stop, and a brace that is not a set."""
    for _ in range(2):
        if text.startswith("**") and text.endswith("**") and len(text) > 4:
            text = text[2:-2].strip()
        text = text.rstrip(" .,\\") if not text.endswith(("\\right.", "...", "\\,")) else text
        for opened, closed in _SHELLS:
            inner = text[len(opened) : -len(closed)]
            whole = text.startswith(opened) and text.endswith(closed) and len(text) > 2 and inner[-1:] != "\\"
            if whole and opened not in inner.replace("\\$", ""):
                text = inner.strip()
                break
    text = text.rstrip(" .") if not text.endswith(("\\right.", "...")) else text
    return "\\{" + text[1:-1] + "\\}" if text[:1] == "{" and _SET.fullmatch(text) else text


def _without_styles(text: str) -> str:
    """Drop sizes, spaces and styles; a doubled backslash before a command is a single one, but for line breaks."""
    if "\\\\" in text and "\\begin" not in text.replace("\\\\begin", ""):
        text = _DOUBLED.sub(r"\\", text)
        text = _unshelled(text)
    text = _thousands(text)
    if "\\left" in text or "\\right" in text or "\\mleft" in text:
        text = _BARS.sub(lambda found: "\\lvert " if found[1] == "left" else "\\rvert ", text)
    if "prime" in text:
        text = _PRIMES.sub(lambda found: "'" * found[0].count("prime"), text)
    if "quad" in text:
        text = _QUADS.sub(" ", text)
    return _DROPPED.sub(" ", text)


def _thousands(text: str) -> str:
    if "," not in text and not (text.lstrip("+-")[:1].isdigit() and not text.isdigit()):
        return text
    return _THOUSANDS.sub(_joined, text)


def _joined(found: re.Match[str]) -> str:
    """Return a number without its thousands marks; inside brackets a bare comma separates."""
    marked = found[0]
    if "," in marked and "\\" not in marked and "{" not in marked:
        before = found.string[: found.start()]
        if any(before.count(opened) > before.count(closed) for opened, closed in ("()", "[]", "{}")):
            return marked
    return re.sub(r"[^-+\d]", "", marked)


def _without_money(text: str) -> tuple[str, str]:
    """Return a text without signs of currency, and which it began or ended with; an odd $ at the end is no money."""
    text = _thousands(text)
    if text[:1].isupper() and (word := _CURRENCY_WORD.match(text)) is not None:
        return _thousands(_CURRENCY_WORD.sub(r"\1", text)), _CURRENCIES[word[2].lower()]
    if "$" not in text and text.isascii() and "euro" not in text and "pounds" not in text:
        return text, ""
    dollars = text.count("$") - text.count("\\$")
    found = _CURRENCY.search(text)
    if found is None or (found[2] == "$" and dollars > 1):
        found = _CURRENCY_AFTER.search(text)
        found = None if found is not None and found[1] == "$" else found
    money = _CURRENCIES[found[found.lastindex or 0]] if found is not None else ""
    text = _CURRENCY_AFTER.sub("", _CURRENCY.sub(r"\1", text))
    text = " ".join(text.replace("\\$", " ").replace("$", " ").split())
    return _thousands(text) if money else text, money


def _without_unit(text: str) -> Written:
    """Take a unit off the end, and the marks of text off what is left."""
    if "{" in text and (marked := _MARKED_UNIT.search(text)) is not None:
        unit = _unit(marked[1], text[marked.start() - 1] in "0123456789)}%.")
        if unit.startswith(("percent", "pct")):
            return Written(_untexted(text[: marked.start()]), True)
        if unit:
            return Written(_untexted(text[: marked.start()]), False, unit + (marked[2] or ""))
    text = _untexted(text)
    plain = _PLAIN_UNIT.search(text) if text[-1:].isalpha() or text[-1:] in "}.23" else None
    if plain is not None:
        number = text[: plain.start()]
        letter = _SPARE.sub("", plain[2])
        lettered = plain[1] and letter in _LETTER_UNITS and _PLAIN_NUMBER.fullmatch(number) is not None
        factors = (not plain[1] or "\\" in number) and _FACTORS.fullmatch(plain[2]) is not None
        unit = letter if lettered else "" if factors else _unit(plain[2], False, glued=not plain[1])
        if unit and not (unit == "min" and _WORD.search(number)):
            return Written(number.strip(), False, unit)
    return Written(text)


def _untexted(text: str) -> str:
    return " ".join(TEXT.sub(lambda found: f" {found[1]} ", text).split()) if "\\" in text else text.strip()


_WORD = re.compile(r"[A-Za-z]+")
_SPARE = re.compile(r"(?<=[a-z]{2})s(?![a-z])|[\s.(){}^~\\]", re.IGNORECASE)
"""What a unit's name is told without: plural, spaces, full stops."""


def _unit(words: str, marked: bool, *, glued: bool = False) -> str:
    """Return a unit in its plain form, or nothing where the words are none: what is marked as text may be any noun."""
    names = [name.lower() for name in _WORD.findall(words.replace("p.m", "pm").replace("a.m", "am"))]
    foreign = any(name in _NOT_UNITS or name in GREEK or CALLED.fullmatch(name) for name in names)
    if not names or (foreign and names != ["min"]):
        return ""
    short = _UNIT_NAMES if glued else _UNIT_NAMES | _SPACED_NAMES
    known = [name in short or (len(name) > 2 and name.removesuffix("s") in short) for name in names]
    long = 3 if len(names) > 1 and max(map(len, names)) > 3 else 4
    spaced = not glued and all(len(name) >= long or short for name, short in zip(names, known, strict=True))
    if not marked and (names == [names[0][:1]] or not (all(known) or spaced)):
        return ""
    unit = _SPARE.sub("", words)
    return _CURRENCIES.get(unit.lower(), unit)
