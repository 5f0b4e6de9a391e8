"""What comes next? Difficulty, diagnosis, mixtures and operators as pure functions on counts.

Start in `weakness` for the diagnosis and in `mixture` for how much of each cell. Nothing here reads a file.
"""
