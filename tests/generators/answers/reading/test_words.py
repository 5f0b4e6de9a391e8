"""An answer in words is what a reply says that something is; what it denies or doubts is none."""

import pytest

from generators.grade import grade
from tests.generators.answers.paying import accepted

RIGHT = {
    "Paris": [
        "Paris", "paris", "Paris.", "**Paris**", "It's Paris.", "It is Paris.", "The answer is Paris.",
        "The capital is Paris.", "The capital of France is Paris.", "So the capital of France is **Paris**.",
        "Paris is the capital of France.", "Answer: Paris", "Answer: **Paris**", "\\boxed{\\text{Paris}}",
        "\\boxed{Paris}", "<answer>Paris</answer>", "<answer>paris.</answer>", "That would be Paris.",
        "Certainly Paris!", "The city is called Paris.", "The answer is \"Paris\".", "The answer is `Paris`.",
        "I would say Paris.", "France's capital city is Paris, which lies on the Seine.",
        "The capital is Paris (population 2.1 million).", "Paris, because the government sits there.",
        "Paris\n\nExplanation: the government sits there.", "The answer is Paris, not Lyon.",
        "It's not Lyon but Paris.", "Réponse : Paris", "La réponse est Paris.", "La capitale est Paris.",
        "Die Hauptstadt ist Paris.", "Die Antwort ist Paris.", "La respuesta es Paris.", "La capital es Paris.",
        "答案是Paris。", "Ответ: Paris", "Hope this helps! The answer is Paris.",
        "The answer is Paris. Hope this helps!", "Paris 🇫🇷", "{\"answer\": \"Paris\"}", "Final answer: Paris",
    ],
    "isosceles": [
        "The triangle is isosceles.", "It is an isosceles triangle.", "So ABC is an isosceles triangle.",
        "isosceles triangle", "The triangle ABC is therefore isosceles, since AB = AC.",
        "Since AB = AC, the triangle is isosceles.", "Because two sides agree, it is isosceles.",
        "\\boxed{\\text{isosceles}}", "The answer is isosceles.", "The type of the triangle is **isosceles**.",
        "Isosceles", "Hence, isosceles.",
    ],
    "prime": [
        "17 is prime.", "17 is a prime number.", "The number 17 is prime.",
        "Therefore 17 is prime, as it has no divisors.", "So the number is prime.", "prime", "The answer is prime.",
        "It is prime.", "17 has no divisors besides 1 and 17, so it is prime.", "\\boxed{\\text{prime}}",
    ],
    "odd": [
        "The function is odd.", "f is an odd function.", "Since f(-x) = -f(x), f is odd.", "Hence f is odd.", "odd",
        "The sum is odd.", "The answer: odd", "So the result is an odd number.", "It's odd.",
    ],
    "Alice": [
        "Alice", "Alice is the knight.", "The knight is Alice.", "So Alice is the tallest.", "The winner is Alice.",
        "Alice won, so the answer is Alice.", "Therefore, the tallest person is **Alice**.",
        "It was Alice who took it, so: Alice", "The answer is Alice, since Bob is shorter.", "Alice, of course.",
    ],
    "stressed": [
        "The reversed word is \"stressed\".", "Reversing gives \"stressed\".", "The result is stressed.",
        "Reversed: stressed", "stressed", "The word reads `stressed`.", "So the reversed string is 'stressed'.",
        "**stressed**", "Putting the letters together we get \"stressed\".", "desserts → stressed",
        "The letters spell stressed.",
    ],
    "Monday": [
        "Monday", "It is Monday.", "It will be a Monday.", "The day is Monday.", "100 days later it is a Monday.",
        "So 100 days after Saturday it will be **Monday**.", "The answer is Monday.", "That day was a Monday.",
        "Monday, because 100 = 14*7 + 2.",
    ],
    "blue": [
        "The ball is blue.", "blue", "The last ball is blue in colour.", "It is the blue one.",
        "The colour is blue.", "So the remaining ball must be blue.", "Blue!",
    ],
    "north-east": [
        "North-East", "The direction is north-east.", "He faces north east.", "north-east",
    ],
    "New York City": [
        "New York City", "The answer is New York City.", "It's New York City, the largest city in the US.",
        "**New York City**", "<answer>New York City</answer>", "new york city.",
    ],
    "undefined": [
        "The expression is undefined.", "undefined", "It is undefined, because we divide by zero.",
        "\\boxed{\\text{undefined}}", "The slope is undefined.",
    ],
    "infinitely many": [
        "infinitely many", "There are infinitely many.", "There are infinitely many solutions.",
        "\\boxed{\\text{infinitely many}}", "The answer is infinitely many.",
    ],
}  # fmt: skip

WRONG = {
    "Paris": [
        "London", "Lyon", "The capital is London.", "The capital is not Paris.", "It isn't Paris.", "Not Paris.",
        "Maybe Paris.", "Paris or Lyon", "Either Paris or Lyon.", "The answer is London, not Paris.",
        "It might be Paris.", "The capital of Texas is Austin, not Paris.", "\\boxed{\\text{London}}",
        "It is not \\boxed{\\text{Paris}}.", "\\boxed{\\text{Paris}} is wrong.", "<answer>Paris or London</answer>",
        "Is it Paris?", "La capitale n'est pas Paris.", "Die Hauptstadt ist nicht Paris.",
        "Paris is wrong; the capital is London.", "Some would say Paris.",
        "Paris was the capital, but now it is London.", "<think>Paris</think>", "<think>Paris",
        "The answer is Paris. Actually, it is London.", "The train left Paris and reached London.",
        "Paris, London, Rome",
    ],
    "isosceles": [
        "The triangle is not isosceles.", "The triangle is equilateral.", "It is scalene, whereas ABD is isosceles.",
        "The triangle is right-angled, not isosceles.", "The triangle is isosceles or equilateral.",
        "It cannot be isosceles.", "The triangle might be isosceles.", "\\boxed{\\text{scalene}}",
    ],
    "prime": [
        "17 is composite.", "17 is not prime.", "17 isn't a prime number.", "17 is composite, but 19 is prime.",
        "It is neither prime nor composite.", "17 is a prime suspect for a square, but it is composite.",
    ],
    "odd": [
        "The function is even.", "The function is not odd.", "f is neither odd nor even.", "f is even, not odd.",
        "f is odd or even.", "\\boxed{\\text{even}}",
    ],
    "Alice": [
        "Bob", "The winner is Bob.", "Alice is the knave, so the answer is Bob.", "The winner is not Alice.",
        "Alice or Bob", "Both Alice and Bob.", "It could be Alice.", "Alice lost, so the winner is Bob.",
        "Neither Alice nor Bob.",
    ],
    "stressed": [
        "desserts", "The result is \"desserts\".", "It does not give \"stressed\".", "The result is not stressed.",
        "\"stressed\" reversed is \"desserts\".", "stresed",
    ],
    "Monday": [
        "Tuesday", "It is not Monday.", "It will be Tuesday, not Monday.",
        "If today is Monday, it will be Wednesday.", "Monday or Tuesday",
    ],
    "blue": [
        "The ball is red.", "The ball is not blue.", "The ball is red, since the blue one was taken.", "red",
        "Every ball but the blue one",
    ],
    "north-east": [
        "north-west", "south-east", "He is not facing north-east.",
    ],
    "New York City": [
        "New York State", "Mexico City", "It isn't New York City.",
    ],
    "undefined": [
        "The expression is not undefined.", "0", "The slope is zero.",
    ],
    "infinitely many": [
        "There are finitely many.", "There are not infinitely many solutions.", "two",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in RIGHT.items() for reply in replies])
def test_what_is_stated_is_read(gold: str, reply: str) -> None:
    assert accepted(gold, reply), grade(gold, reply)


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in WRONG.items() for reply in replies])
def test_what_is_not_is_not(gold: str, reply: str) -> None:
    assert not accepted(gold, reply)
