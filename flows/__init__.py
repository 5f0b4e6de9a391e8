"""Composition: stages as plain functions, Prefect around them, the command line and the report.

Not here: anything another package could own. Its law: only this package sees all the others.
"""
