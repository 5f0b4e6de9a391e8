"""What does mathematical text say? LaTeX or plain text cut into tokens and read into trees.

Start in `latex`. Nothing is evaluated or compared here.
"""
