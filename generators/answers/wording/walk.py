"""The walk through the words that lead to an answer, and what governs it at their end. Not what stands behind it.

A word that denies, doubts, supposes, lays in somebody else's mouth or calls a trap governs what follows it up to the
end of its clause; a denial of a verb ("20 people did not go") is over at the next verb, one of a whole statement
("nobody", "I do not think", "there is no way") is not; two denials are none. Law: linear in the words; what is denied
after a new clause begins, and what only explains, does not govern.
"""

from generators.answers.language.patterns import one_of, words
from generators.answers.wording.denials import DENIAL, HEDGE

_NOT = one_of(
    "not never hardly scarcely barely nor neither cannot except unlike wo exclude excludes reject rejects discard"
    " discards eliminate eliminates pas nicht kein keine keinen keiner não не ни niet geen inte bukan tidak không non"
    " nunca jamais jamás keineswegs keinesfalls никогда tampoco"
)
"""What denies what follows, up to the next verb."""
_SETTING_ASIDE = one_of(
    "excluding rejecting discarding eliminating removing dropping ignoring avoiding correcting fixing unlike"
)
"""What sets a wrong answer aside up to the next comma or verb: it denies, and a trap in it is none."""
_NOBODY = one_of("nobody none noone nothing nadie niemand nessuno ninguno ninguém никто неверно")
_DENYING = one_of(
    "doubt doubts doubtful unlikely improbable implausible beware refuse refuses disagree disagrees deny"
    " denies dispute disputes"
)
"""What denies all of the statement that follows."""
_AWAY = one_of("far different differs differ cry away")
_DENYING_PAIRS = frozenset((("of", "instead"), ("of", "one"), ("to", "used")))
_THAT = one_of("dass que что")
_NO_WAY = one_of("one way means point case circumstances chance reason sense account possibility world evidence")
_NO_DENIAL = one_of("doubt question matter wonder need problem")
"""What "no" stands before and denies nothing."""
_NO_IN_SPAIN = one_of("es son está hay puede sería tiene era fue da vale")
_STATEMENT = one_of(
    "think believe say saying claim claiming true case mean sure know known certain convinced agree suppose correct"
    " right possible cierto vrai imply conclude accept argue justified reasonable plausible creo pense glaube"
)
"""What makes a denial one of the whole statement: "I do not think that"."""
_VERBS = one_of(
    "is are was were equals gives gave yields makes made has had leaves left remain remains becomes takes took"
    " costs gets got totals that ist sind est sont es son è sono é são beträgt donne gibt das"
)
"""At which the denial of another verb is over."""
_BE = one_of("is are was were be been being s seems looks both all also clearly simply obviously")
_MODALS = one_of("might may")
_COULD = one_of("could pourrait peut podría könnte potrebbe poderia puede pode kann peuvent")
_AUXILIARY = one_of(
    "be have had been also well even just equal end start begin arrive leave finish land at on"
    " as had être ser sein essere to it the answer a an"
)
"""What may stand between "could" and the answer that it doubts."""
_DOUBT = one_of(
    "maybe perhaps possibly probably presumably supposedly allegedly reputedly unsure"
    " uncertain thought whether"
    " quizás quizá quizas talvez forse vielleicht probablemente probablement wahrscheinlich"
)
_GUESS = one_of("guess suspect hunch estimate")
_GUESSING = frozenset(("", "i", "d", "my", "me", "best", "first", "educated", "wild", "rough", "would"))
"""Before which a guess is one at the answer."""
_SUPPOSING = one_of("suppose supposing assume assuming assumes imagine pretend hypothetically")
_SAY = frozenset((("say", "s"), ("say", "")))
_TRAPS = one_of(
    "trap myth rumor rumour hoax faulty tempting tempted naive naively naïve careless carelessly hasty sloppy"
    " distractor misconception misleading"
    " fallacy pitfall misread misreads forget forgets forgetting forgot wrongly incorrectly mistaken"
    " mistakenly fool fools overcount overcounting undercount overlook overlooks overlooking erreur fehler"
    " errore erro"
    " falsely erroneous erroneously bogus counting mistake decoy misprint typo placeholder mauvaise"
)
_MIS = ("misread", "miscount", "miscalc", "misinterp", "misappl", "misunder")
_SLIPS = frozenset(
    (noun, kind)
    for noun in ("error", "slip", "pitfall")
    for kind in words("common typical frequent usual sign classic")
) | frozenset(("least", kind) for kind in words("plausible likely probable convincing suitable accurate appropriate"))
_BAD = one_of(
    "wrong incorrect false impossible untrue invalid absurd unreasonable flawed nonsense falsch falsche faux fausse"
    " falso falsa errado errada sbagliato sbagliata incorrecto incorrecta"
)
"""What calls the statement or the noun behind it bad."""
_SOUGHT = one_of("statement statements sentence claim proposition term number word item entry one equation option")
"""What a question may ask the bad one of: "the false statement is C"."""
_COUNTS = one_of("number count total percentage probability fraction share")
_RELATIVE = one_of("that which who")
_RIGHT = one_of("correct right actual actually true truth real really proper")
"""What ends the talk of a trap."""
SPEAKERS = one_of(
    "student students people person many most some others someone somebody everyone everybody anyone reader"
    " readers solver solvers friend friends classmate classmates book textbook key one you critics beginner"
    " beginners novices they chatgpt gpt claude gemini ai grader checker textbook textbooks books reference wikipedia"
    " google internet"
)
_MAYBE_SPEAKERS = one_of("one you they")
_SAYING = one_of(
    "say says said think thinks thought believe believes claim claims claimed guess guesses argue argues"
    " expects suggests"
)
_TELLING = one_of("list lists state states report reports give gives")
"""What a speaker does right behind its name that a thing may do elsewhere."""
_BELIEVING = one_of("think believe croire penser creer pensar glauben meinen denken pensare credere")
_CHOOSING = one_of("answer answers answered assume assumes choose chooses chose pick picks conclude")
_ANYONE = one_of("someone somebody anyone anybody whoever")
_OMITTING = one_of("ignore ignored ignores skip skips omit omits miss misses neglect neglects drop drops")
_OWN = one_of("i we the a this that to my our can")
_BEFORE_NOUN = one_of("the an final correct our my")
_WOULD_BE = one_of("it answer result we you one that this option choice solution value statement count")
_BEING = one_of("be have give get take equal end say follow become last cost")
_STRONG = one_of(
    "but however yet so therefore thus hence then because since although though while whereas otherwise donc mais"
    " car aber sondern also denn daher pero sino entonces ma quindi mas então но а поэтому"
)
"""Words that begin a clause which nothing before them governs."""
_CONCEDING = one_of("although though while whereas")
"""What opens a clause that only concedes: its comma ends it."""
_WEAK = frozenset(",:—–→⇒")
_LINKS = one_of("and et und y e")

TRIGGERS = one_of(
    "ou oder oppure ovvero o eller lub albo veya atau alternatively otherwise else say claim claims claimed who"
    " instead one somewhere something near differs differ least away error slip pitfall no t if had were let"
    " unless used personne except or far than but example instance random clue idea stuck confident confidence template"
    " placeholder wiki tokens stab shot guessed lack dummy"
).union(_NOT, _SETTING_ASIDE, _NOBODY, _DENYING, _MODALS, _COULD, _DOUBT, _SUPPOSING, _TRAPS, _BAD, _GUESS)
"""Words of which one stands in every sentence that governs its answer, unless it is laid in somebody's mouth."""
MOUTHS = _SAYING | _CHOOSING | _TELLING
SUSPECTS = TRIGGERS | SPEAKERS | {"answer"}
"""Words without which a sentence has nothing that governs its answer but what stands right before it."""
ASIDES = one_of(
    "g such format style as like form digit digits half part sum ends begins starts has easier simpler previous other"
    " earlier different bound bounded limit estimate sure certain solve determine help verify finish complete reproduce"
    " up ran most more fewer less lies falls according got gets found finds obtained obtains computed wrote writes"
    " arrived came twice double triple times modulo mod posted answered commented suggested end conclude respond reply"
    " sample harder modified original placing out"
)
"""Words of which one stands near an answer that is an example, a bound, another quantity or somebody else's."""


class Walk:
    """One walk through the words that lead to an answer, and what governs it at their end."""

    __slots__ = (
        "aside", "attributed", "conceded", "conditional", "could", "denied", "doubted", "seen", "speaker", "supposed",
        "tokens", "trapped", "unreal", "within",
    )  # fmt: skip

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.denied = self.doubted = 0  # 1: up to the next verb, 2: all of the clause
        self.aside = self.could = self.supposed = self.attributed = self.trapped = self.seen = False
        self.unreal = self.within = self.conceded = False
        self.conditional = 0  # 1: "if", 2: "if ... it would"
        self.speaker = ""

    def fault(self) -> str:
        """Return what governs the answer behind the last word."""
        lowered = [token.lower() for token in self.tokens]
        for k, token in enumerate(lowered):
            following = lowered[k + 1] if k + 1 < len(lowered) else ""
            before = lowered[k - 1] if k else ""
            if token in _WEAK or (token in _LINKS and following.isalpha() and following not in _NOT):
                self._close(before)
            elif token == ";" or (token in _STRONG and not self._but(token, before)):
                self._close_all(before)
                self.conceded = token in _CONCEDING
            else:
                self._deny(k, token, before, following)
                self._doubt(k, token, before, following)
                self._trap(k, token, before, following)
                if self.trapped and (token.isdigit() or (len(token) == 1 and self.tokens[k].isupper() and k)):
                    self.seen = True
        if self.denied or self.trapped or self.attributed:
            return DENIAL
        return HEDGE if self.doubted or self.could or self.supposed or self.conditional == 2 else ""

    def _close(self, before: str) -> None:
        """End a part of a sentence: what denies or doubts is over, unless the part ends with it."""
        if before in _NOT or before in _DOUBT or before in _NOBODY or before in _GUESS:
            self.within = True
            return
        if self.within:  # the end of a remark between commas: "is not, as many think, 7"
            self.within = False
            return
        self.denied = self.doubted = 0
        self.aside = self.could = self.supposed = self.attributed = False
        self.speaker = ""
        if self.seen or self.conceded:
            self.trapped = self.seen = self.conceded = False

    def _close_all(self, before: str) -> None:
        """Begin a new statement."""
        self.within = False
        self._close(before)
        self.trapped = self.seen = self.within = self.unreal = False
        self.conditional = 0

    def _but(self, token: str, before: str) -> bool:
        """Turn a denial round at "anything but"; say whether a word that begins clauses begins none here."""
        if token == "but" and before in ("anything", "everything"):
            self.denied = 0 if self.denied else 2
            return True
        if token == "then" and self.conditional == 1:
            self._close(before)
            return True
        return before in _NOT and token == "yet"

    def _deny(self, k: int, token: str, before: str, following: str) -> None:
        """Take note of what denies, and of where a denial is over."""
        if token in _SETTING_ASIDE:
            self.denied, self.aside = max(self.denied, 1), True
        elif token == "not" and k > 1 and self.tokens[k - 2].lower() in _RELATIVE and following in _RIGHT:
            return  # "the statement that is not true is C": it describes what is asked for
        elif token in _NOT and (token != "non" or following != "-"):
            self.denied = max(self.denied, 2 if token == "nor" or (token == "neither" and not before) else 1)
        elif token in _NOBODY or (token == "personne" and following == "n"):
            self.denied = 2
        elif token in _DENYING:
            negative = self.denied or not {"no", "without", "beyond", "little", "any"}.isdisjoint(
                t.lower() for t in self.tokens[max(0, k - 3) : k]
            )
            self.denied = 0 if negative else 2
        elif token == "no":
            self._no(k, before, following)
        elif (token == "from" and before in _AWAY) or (
            token in ("near", "somewhere") and following in ("", "near", "around")
        ):
            self.denied = 1
        elif token == "than" and before in ("other", "rather"):
            self.denied = 0 if self.denied and before == "other" else 1
        elif (token, before) in _DENYING_PAIRS:
            self.denied = 1
        elif self.denied and token in ("difficult", "hard"):
            self.denied = 0
        elif self.denied and (token in _STATEMENT or token in _THAT):
            self.denied = 2
        elif token in _VERBS or (token == "s" and before in ("'", "’")) or (token == "=" and self._calculated(k)):
            self._verb(k)

    def _no(self, k: int, before: str, following: str) -> None:
        if following in _NO_DENIAL or following in _WEAK:
            return
        if not following or following in _NO_IN_SPAIN:
            self.denied = max(self.denied, 1)
        elif following in _NO_WAY or k == 0 or before in _WEAK or before in ("and", "that", "since", "because", "so"):
            self.denied = 2

    def _calculated(self, k: int) -> bool:
        """Say whether what "=" stands behind is a calculation that is the object of another verb."""
        since = k - 1
        while since >= 0 and not self.tokens[since].isalpha():
            since -= 1
        return since < k - 2 and self.tokens[since].lower() not in _NOT

    def _verb(self, k: int) -> None:
        """End the denial of another verb, where words stand between it and this one."""
        since = k - 1
        while since >= 0 and (self.tokens[since].endswith("ly") or self.tokens[since] in "'’"):
            since -= 1
        if since >= 0 and self.tokens[since].lower() in (*_NOT, "no", *_MODALS):
            return
        self.aside = False
        self.denied -= self.denied == 1
        self.doubted -= self.doubted == 1

    def _doubt(self, k: int, token: str, before: str, following: str) -> None:
        """Take note of what doubts, supposes, or says under which condition."""
        if self.could and token in _BELIEVING:
            self.attributed = True
        if self.could and token not in _AUXILIARY:
            self.could = False
        if token in _MODALS and (self.tokens[k].islower() or following == "be"):
            self.doubted = max(self.doubted, 1)
        elif token in _COULD:
            self.could = True
        elif token in _GUESS and before not in _GUESSING:
            return
        elif token in _GUESS or (token in _DOUBT and not (token == "possibly" and before in ("could", "can", "as"))):
            self.doubted = 2
        elif token == "or" and self.doubted and "whether" in self.tokens[:k]:
            self.doubted = 0
        elif (
            token in _SUPPOSING
            or (token, before) in _SAY
            or (token == "let" and following not in ("us", "me", "'", "’"))
        ):
            self.supposed = True
        elif token == "something" and following == "like":
            self.doubted = 2
        elif token == "unless":
            self.conditional = 2
        elif token == "if" or (token in ("had", "were") and not k):
            self.conditional = max(self.conditional, 1)
            self.supposed = self.supposed or not k or before == "as"
        elif self.conditional and token in ("were", "had", "hadn", "weren"):
            self.unreal = True
        elif token in ("would", "d") and self.conditional and following in _BEING:
            before = self.tokens[k - 2].lower() if token == "d" else before
            self.conditional = 2 if self.unreal or before in _WOULD_BE else self.conditional

    def _counted(self, k: int) -> bool:
        """Say whether what is bad is only counted: "the number of wrong answers"."""
        return k > 1 and self.tokens[k - 1].lower() == "of" and self.tokens[k - 2].lower() in _COUNTS

    def _trap(self, k: int, token: str, before: str, following: str) -> None:
        """Take note of what is called a trap, or laid in somebody else's mouth."""
        if token in _RIGHT:
            self.trapped = self.seen = False
        elif token in _TRAPS or token.startswith(_MIS) or (token, before) in _SLIPS or (before, token) in _SLIPS:
            if token == "counting" and before not in ("double", "-"):
                return
            if self.denied and token.startswith("forget"):
                self.denied = 0
            elif not self.aside:
                self.trapped = True
        elif token in _BAD:
            predicate = before in _BE
            if self.denied and predicate:
                self.denied = 0
            elif predicate and following in ("that", "to", "zu", "de", "que", "dire", ","):
                self.denied = max(self.denied, 2) if following != "," else self.denied
                self.trapped = self.trapped or following == "to"
            elif not predicate and not self.aside and following not in _SOUGHT and not self._counted(k):
                self.trapped = True
        if self.conditional and token in _OMITTING and before in ("you", "one"):
            self.trapped = True
        if token == "who" and before in _ANYONE:
            self.attributed = True
        if token in ("claim", "claims", "claimed") and before not in _OWN and before not in _BAD:
            self.attributed = True
        if token in ("i", "we"):
            self.speaker = ""
        elif token in SPEAKERS and not (before == "of" and k > 1 and self.tokens[k - 2].lower() in _COUNTS):
            self.speaker = token
        elif self.speaker and token in ("might", "may", "could", "would"):
            self.speaker = "will"
        elif self.speaker and self.speaker not in _MAYBE_SPEAKERS:
            told = token in _SAYING or (token in _TELLING and before == self.speaker)
            self.attributed = self.attributed or told or (token in _CHOOSING and before not in _BEFORE_NOUN)
