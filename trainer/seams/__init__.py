"""What varies between objectives? Tables of pure functions: views, budgets, rewards, advantages, credit, losses.

Start in `seam`. Every room is a table that the training loop names by option and never by variant.
"""
