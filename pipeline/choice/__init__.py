"""What comes next? Difficulty, diagnosis, mixtures and operators as pure functions on counts.

Nothing here reads a file.

Doors: every room.
"""
