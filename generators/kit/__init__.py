"""What do families share? Wordings read back, rows of numbers, tours, trees and solvers.

A kit knows no family.

Doors: every room.
"""
