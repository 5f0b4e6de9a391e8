"""Mathematical text, LaTeX or plain, cut into tokens. Not their grammar (latex), not the marks round them (writing).

Law: one pass, bounded by MAX_CHARS, MAX_TOKENS and MAX_DIGITS; a token is a number, a name or a sign by its plain name.
"""

import re

from generators.malformed import Malformed

MAX_CHARS = 2000
MAX_TOKENS = 300
MAX_DIGITS = 400
MAX_POINTS = 5
"""Capital letters in a row that may name a figure by its points."""

FUNCTIONS = frozenset(
    (
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "arcsec", "arccsc", "sinh",
        "cosh", "tanh", "coth", "sech", "csch", "arcsinh", "arccosh", "arctanh", "exp", "ln", "log", "sqrt", "cbrt",
        "gcd", "lcm", "max", "min", "floor", "ceil", "abs", "factorial", "det", "Mod", "cis",
        "Matrix", "Eq", "Ne",
    )
)  # fmt: skip
BIG = frozenset(("sum", "prod", "int", "iint", "oint", "lim"))
"""Operators that are read and never carried out."""
CONSTANTS = frozenset(("pi", "e", "i", "inf", "emptyset", "otherwise", "dots", "RR", "NN", "ZZ", "QQ", "CC"))
RELATIONS = frozenset(
    (
        "=", "<", ">", "<=", ">=", "!=", "~", "in", "equiv", "notin", "subset", "subseteq", "parallel", "perp", "mid",
        "cong", "propto", "mapsto",
    )
)  # fmt: skip
QUANTIFIERS = frozenset(("forall", "exists"))
DECORATIONS = frozenset(("overline", "bar", "vec", "hat", "tilde", "dot"))
GREEK = frozenset(
    (
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
        "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta",
        "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega", "ell", "hbar",
    )
)  # fmt: skip
_SYNONYMS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log", "ceiling": "ceil", "operatorname": "",
    "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "tg": "tan", "ctg": "cot", "arctg": "arctan", "cosec": "csc", "Abs": "abs", "Max": "max",
    "Min": "min", "binomial": "binom", "infty": "inf", "oo": "inf", "infinity": "inf", "Infinity": "inf",
    "EmptySet": "emptyset", "GCD": "gcd", "LCM": "lcm", "degree": "deg", "degrees": "deg",
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho",
}  # fmt: skip
_RENAMED = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=",
    "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=", "approx": "~", "in": "in",
    "cup": "cup", "bigcup": "cup", "cap": "cap", "bigcap": "cap",
    "pmod": "pmod", "pod": "pmod", "setminus": "minus", "backslash": "minus", "pm": "pm", "mp": "pm", "bmod": "mod",
    "mod": "mod", "infty": "inf", "{": "\\{", "}": "\\}", "lvert": "lbar", "rvert": "rbar", "lVert": "lbar",
    "rVert": "rbar", "vert": "|", "mid": "mid", "lfloor": "lfloor", "rfloor": "rfloor", "lceil": "lceil",
    "rceil": "rceil", "emptyset": "emptyset", "varnothing": "emptyset", "dfrac": "frac", "tfrac": "frac",
    "cfrac": "frac", "dbinom": "binom", "tbinom": "binom", "langle": "(", "rangle": ")", "lbrace": "\\{",
    "rbrace": "\\}", "lbrack": "[", "rbrack": "]", "equiv": "equiv", "simeq": "~", "notin": "notin",
    "subset": "subset", "subseteq": "subseteq", "parallel": "parallel", "perp": "perp", "cong": "cong",
    "propto": "propto", "to": "to", "rightarrow": "to", "longrightarrow": "to", "ldots": "dots", "dots": "dots",
    "cdots": "dots", "over": "over", "choose": "choose", "circ": "deg", "degree": "deg", "cr": "newline",
    "mathbb": "mathbb", "prime": "'", "lgroup": "(", "rgroup": ")", "ulcorner": "lceil", "urcorner": "rceil",
    "llcorner": "lfloor", "lrcorner": "rfloor", "exponentialE": "e", "imaginaryI": "i",
    "overrightarrow": "vec", "widehat": "hat", "forall": "forall", "exists": "exists", "land": "and", "lor": "or",
    "wedge": "and", "vee": "or", "imath": "i", "jmath": "j", "mapsto": "mapsto",
}  # fmt: skip
_WORDS = frozenset(
    (
        "is", "no", "of", "not", "the", "are", "but", "for", "yes", "any", "all", "one", "two", "six",
        "ten", "odd", "was", "has", "set", "its", "per", "let", "get", "who", "how", "why", "day",
    )
)  # fmt: skip
"""Short words that are no products of letters."""
_JOINED = frozenset(("or", "if", "otherwise"))
"""Words that have a place within sets and cases."""
CALLED = re.compile(r"(sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt)([abkmnrtuvxyz])")
"""A function glued to its argument."""
_PLAIN = frozenset(("frac", "binom", "sqrt"))
_BY_LENGTH = sorted(
    (name for name in {*_RENAMED, *FUNCTIONS, *GREEK, *_PLAIN, *BIG, "pi"} if len(name) > 2), key=len, reverse=True
)
_GLUED = re.compile("|".join(_BY_LENGTH))
_LAST = re.compile("|".join(f"{name}$" for name in sorted(FUNCTIONS | {"pi"}, key=len, reverse=True)))
_STYLES = frozenset(("underline", "mathbf", "boldsymbol", "bm", "mathit", "mathrm"))
ROW = re.compile(r"\\\\\*?(?:\s*\[\s*-?[0-9]*\.?[0-9]+\s*[a-z]{2}\s*\])?")
"""What ends a row: two backslashes, perhaps with a star and the space below it, as in `\\\\[4pt]`."""
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]{1,3}(?![A-Za-z0-9]))?|\.[0-9]+"
    r"|[0-9]+\.?(?:[eE][-+]?[0-9]{1,3}(?![A-Za-z0-9]))?)"
    r"|_\s*\{\s*(?P<word>[A-Za-z]{2,20}[0-9]{0,3})\s*\}|_\s+(?P<below>[A-Za-z]{2,20})(?![A-Za-z])"
    r"|_\s*\{\s*(?:\(\s*(?P<base>[0-9]{1,2})\s*\)|base\s*(?P<based>[0-9]{1,2}|[a-z]{2,8}))\s*\}"
    r"|\\(?P<environment>begin|end)\s*\{(?P<kind>[a-zA-Z]+)\*?\}(?:\s*\[[a-z]\])?(?:\s*\{[clr|\s]*\})?"
    r"|\\(?P<command>[A-Za-z]+|[{}])|(?P<name>[A-Za-z]+)"
    rf"|(?P<row>{ROW.pattern})"
    r"|(?P<sign>\.\.\.|\*\*|<=|>=|(?<![0-9])!=|==|[-+*/^_=<>(){}\[\]|,;:!%&'~]))"
)
_SIGNS = {"...": "dots", "**": "^", "==": "="}
_SYSTEMS = frozenset(("aligned", "align", "alignat", "gathered", "gather", "split", "eqnarray"))
"""Environments that set equations below one another, at their marks."""
_ENDS, _BEGINS = frozenset((")", "]", "}", "\\}")), frozenset(("(", "[", "{", "\\{"))
"""Brackets between which a U joins two sets."""
DIGITS = frozenset(".0123456789")


def tokens(text: str) -> list[str]:
    """Split text into tokens: numbers, names, commands by their plain name, signs.

    Raises:
        Malformed: for a foreign character, or beyond MAX_CHARS, MAX_TOKENS or MAX_DIGITS.
    """
    if len(text) > MAX_CHARS:
        raise Malformed(f"expression over {MAX_CHARS} characters")
    found: list[str] = []
    position, text, aligned = 0, text.rstrip(), False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed("unreadable character")
        position = match.end()
        kind = match.lastgroup
        if kind == "number":
            if len(match[kind]) > MAX_DIGITS:
                raise Malformed(f"number over {MAX_DIGITS} digits")
            found.append(match[kind])
        elif kind == "sign":
            if not (aligned and match[kind] == "&"):
                found.append(_SIGNS.get(match[kind], match[kind]))
        elif kind == "name":
            found += _names(match[kind])
        elif kind == "row":
            found.append("newline")
        elif kind in ("word", "below", "base", "based"):
            found += ("_", match[kind])
        elif kind == "command":
            found += _command(match[kind])
        else:
            aligned = match["environment"] == "begin" and match["kind"] in _SYSTEMS
            found.append(_environment(match["environment"], match["kind"]))
        if len(found) > MAX_TOKENS:
            raise Malformed(f"expression over {MAX_TOKENS} parts")
    return _united(found) if "U" in found else found


def _environment(mark: str, kind: str) -> str:
    """Return the token of the begin or end of an environment: bars and cases are no brackets of a matrix."""
    if kind in ("vmatrix", "Vmatrix") and mark == "begin":
        return "determinant"
    return "cases" if mark == "begin" and (kind in ("cases", "dcases", "rcases") or kind in _SYSTEMS) else mark


def _united(found: list[str]) -> list[str]:
    """Return tokens with a U between two sets as their union."""
    between = [*zip(["", *found], found, [*found[1:], ""], strict=False)]
    return ["cup" if sign == "U" and a in _ENDS and b in _BEGINS else sign for a, sign, b in between]


def _command(name: str) -> list[str]:
    """Return the tokens of a command; one glued to the letters after it (`\\quadx`) is taken apart."""
    if name in _RENAMED:
        return [_RENAMED[name]]
    name = _SYNONYMS.get(name, name)
    if name in FUNCTIONS or name in GREEK or name in _PLAIN or name in CONSTANTS or name in BIG:
        return [name]
    if name in DECORATIONS:
        return [name]
    if name in _STYLES:
        return []
    glued = _GLUED.match(name)
    if glued is None:
        raise Malformed(f"unknown command {name[:20]}")
    return _command(glued[0]) + _names(name[glued.end() :])


def _names(name: str) -> list[str]:
    """Return the tokens of a run of letters: a known name, letters before one, or a product of a few letters."""
    if len(name) == 1:
        return [name]
    name = _SYNONYMS.get(name, name)
    if (
        name in FUNCTIONS
        or name in GREEK
        or name in ("pi", "inf", "mod", "frac", "binom", "emptyset", "deg", "and", *_JOINED)
    ):
        return [name]
    last = _LAST.search(name) if len(name) < 14 else None
    if last is not None and last.start() <= 2:
        return [*name[: last.start()], last[0]]
    if (called := CALLED.fullmatch(name)) is not None:
        return [called[1], called[2]]
    if name.lower() in _WORDS and not name.isupper():
        raise Malformed("words among mathematics")
    if len(name) > 3 and not (name.isupper() and len(name) <= MAX_POINTS):
        raise Malformed("words among mathematics")
    return list(name)
