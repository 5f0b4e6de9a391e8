"""How are results told? Lines and tables for people, JSON for programs, and the gallery.

Nothing is asked or decided here.

Doors: every room.
"""
