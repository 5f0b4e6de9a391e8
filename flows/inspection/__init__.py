"""What is installed and stored, and is it whole? Answers as plain rows, for the commands to tell.

Nothing here changes a root.

Doors: every room.
"""
