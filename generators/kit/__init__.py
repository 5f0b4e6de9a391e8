"""What do families share? Wordings read back, rows of numbers, tours, trees and solvers.

Every room is open to every family. A kit knows no family.
"""
