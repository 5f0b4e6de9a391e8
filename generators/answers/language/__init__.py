"""What does text say? Cues and hedges of prose, ways of writing, and mathematics as tokens, trees and exact numbers.

Whether two answers are equal is asked in `maths`.

Doors: `latex`, `known_forms` and `tokens` for mathematics, `prose`, `denials`, `standing`, `joiners` and `writing` for
sentences, `patterns`, `nodes`, `exact`.
"""
