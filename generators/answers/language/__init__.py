"""What does text say? Ways of writing, and mathematics as tokens, trees and exact numbers.

Whether two answers are equal is asked in `maths`, whether an answer stands in its sentence in `wording`.

Doors: `latex`, `known_forms` and `tokens` for mathematics, `joiners` and `writing` for sentences, `patterns`, `nodes`,
`exact`.
"""
