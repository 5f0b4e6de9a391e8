"""What varies between objectives? Tables of pure functions: views, budgets, rewards, advantages, credit, losses.

A table that the training loop names by option and never by variant.

Doors: every room.
"""
