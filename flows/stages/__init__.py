"""What does a pipeline do, step by step? Plain functions from roots and names to versions and Scores.

None knows that Prefect exists; what is already done is found by its recipe.

Doors: every room.
"""
