"""A date, time or duration is the one that a reply states as its result."""

import pytest

from generators.grade import grade
from tests.generators.answers.paying import accepted

RIGHT = {
    "10:45 a.m.": [
        "10:45 a.m.", "10:45 AM", "10:45am", "10:45 A.M.", "The train arrives at 10:45 a.m.",
        "The train arrives at 10:45 AM.", "It arrives at **10:45 AM**.", "So the time is 10:45 a.m.",
        "The answer is 10:45 a.m.", "Answer: 10:45 AM", "\\boxed{10:45 \\text{ a.m.}}", "\\boxed{\\text{10:45 AM}}",
        "<answer>10:45 AM</answer>",
        "The train leaves at 8:15 a.m. and takes 2 hours 30 minutes, so it arrives at 10:45 a.m.",
        "8:15 a.m. + 2 h 30 min = 10:45 a.m.", "Starting from 8:15 a.m. and adding 2.5 hours gives 10:45 a.m.",
        "She gets there at 10:45 in the morning.",
        "He will be back at 10:45 AM, two and a half hours after 8:15 AM.", "Final answer: 10:45 a.m.",
        "It will be 10:45 AM when the film ends.", "The meeting ends at 10:45 AM sharp.", "At 10:45 a.m.",
        "The arrival time is 10:45 a.m.\n\nLet me know if you need more help!", "10:45 a.m. 😊",
        "The train arrives at 10:45 a.m., not at 11:45 a.m.", "quarter to eleven in the morning",
        "The clock then shows 10:45 a.m.", "El tren llega a las 10:45 a.m.", "Le train arrive à 10:45 AM.",
        "Der Zug kommt um 10:45 Uhr an.", "答案是10:45 AM。",
        "So the train arrives at 10:45 a.m. (8:15 a.m. plus 2 h 30 min).",
    ],
    "14:30": [
        "14:30", "2:30 pm", "2:30 PM", "It ends at 14:30.", "The meeting ends at 2:30 p.m.", "The time is 14:30.",
        "\\boxed{14:30}", "Answer: 14:30", "14:30:00", "So it will be 14:30 then.", "The film ends at **14:30**.",
        "It starts at 12:10 and lasts 140 minutes, so it ends at 14:30.", "14h30", "The answer is 14:30 (2:30 PM).",
    ],
    "noon": [
        "noon", "12:00 pm", "12 noon", "The two meet at noon.", "They meet at 12:00 PM.", "At noon.",
    ],
    "2021-07-04": [
        "2021-07-04", "July 4, 2021", "4 July 2021", "The date is July 4, 2021.", "It falls on July 4, 2021.",
        "So the date is 2021-07-04.", "Sunday, July 4, 2021", "\\boxed{\\text{July 4, 2021}}",
        "The answer is July 4th, 2021.", "30 days after June 4, 2021 it is **July 4, 2021**.",
        "From June 4, 2021, thirty days later is July 4, 2021.", "Answer: 4 July 2021",
        "The deadline is 2021/07/04.", "le 4 juillet 2021", "El 4 de julio de 2021.", "4. Juli 2021", "2021年7月4日",
        "<answer>July 4, 2021</answer>", "The contract ends on July 4, 2021, which is a Sunday.",
        "{\"answer\": \"2021-07-04\"}",
    ],
    "3/14/2015": [
        "March 14, 2015", "3/14/2015", "The date is 03/14/2015.", "2015-03-14",
    ],
    "2 hours 15 minutes": [
        "2 hours 15 minutes", "2 hours and 15 minutes", "135 minutes", "2 h 15 min", "2.25 hours",
        "It takes 2 hours and 15 minutes.", "The trip lasts 2 hours 15 minutes.",
        "The answer is 2 hours and 15 minutes.", "\\boxed{2 \\text{ hours } 15 \\text{ minutes}}",
        "So the film is **2 hours and 15 minutes** long.", "From 8:00 to 10:15 it is 2 hours 15 minutes.",
        "The total time is 135 minutes.", "Total time = 2 hours 15 minutes", "2:15:00",
        "In total she needs 2 hours and 15 minutes to finish.",
    ],
    "90 minutes": [
        "90 minutes", "1.5 hours", "1 hour 30 minutes", "an hour and a half", "It takes 90 minutes.",
        "The answer is 90 minutes.", "1 hour and 30 minutes", "\\boxed{90 \\text{ minutes}}", "\\boxed{90}",
    ],
    "March": [
        "March", "The month is March.", "It is March.", "So the month is March.",
    ],
    "3:15": [
        "3:15", "The clock shows 3:15.", "It is 3:15.", "quarter past three", "quarter past 3",
    ],
}  # fmt: skip

WRONG = {
    "10:45 a.m.": [
        "10:45 p.m.", "11:45 a.m.", "The train arrives at 10:54 a.m.", "It arrives at 11:45 AM, not 10:45 AM.",
        "The train leaves at 10:45 a.m. and arrives at 1:15 p.m.", "It does not arrive at 10:45 a.m.",
        "10:45 a.m. or 11:45 a.m.", "Either 10:45 a.m. or 10:45 p.m.", "Maybe 10:45 a.m.",
        "It is not \\boxed{10:45 \\text{ a.m.}}", "\\boxed{10:45 \\text{ p.m.}}", "It arrives after 10:45 a.m.",
        "It arrives before 10:45 a.m.", "between 10:45 a.m. and 11 a.m.", "<think>10:45 a.m.</think>",
        "<think>10:45 a.m.", "10:45 a.m. is wrong.", "1045", "10.45 dollars", "It may be 10:45 a.m.",
        "The answer is 10:45 a.m. No, it is 11:45 a.m.", "It leaves at 10:45 a.m.; it arrives at noon.",
    ],
    "14:30": [
        "2:30", "14:31", "4:30 pm", "It starts at 14:30 and ends at 16:00.", "not 14:30", "14:30 or 15:30", "12:30",
    ],
    "noon": [
        "midnight", "12:00 am", "1 pm", "They don't meet at noon.",
    ],
    "2021-07-04": [
        "2021-07-05", "July 5, 2021", "2021-04-07", "July 4, 2020", "July 4", "It is not July 4, 2021.",
        "July 4, 2021 or July 5, 2021", "The date is August 3, 2021, 30 days after July 4, 2021.",
        "Before July 4, 2021.", "Possibly July 4, 2021.", "Monday, July 4, 2021", "June 4, 2021",
    ],
    "3/14/2015": [
        "3/15/2015", "4/13/2015",
    ],
    "2 hours 15 minutes": [
        "2 hours", "15 minutes", "2 hours 50 minutes", "It doesn't take 2 hours 15 minutes.",
        "2 hours 15 minutes or 3 hours", "more than 2 hours 15 minutes", "215 minutes", "2.15 hours",
    ],
    "90 minutes": [
        "90 hours", "9 minutes", "60 minutes", "It takes 60 minutes, not 90 minutes.",
    ],
    "March": [
        "April", "The month isn't March.", "March or April",
    ],
    "3:15": [
        "3:45", "13:15", "quarter to three", "The clock does not show 3:15.",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in RIGHT.items() for reply in replies])
def test_what_is_stated_is_read(gold: str, reply: str) -> None:
    assert accepted(gold, reply), grade(gold, reply)


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in WRONG.items() for reply in replies])
def test_what_is_not_is_not(gold: str, reply: str) -> None:
    assert not accepted(gold, reply)
