"""How right are the verdicts? Grading of anyone's files, audits, appeals, and judging again what is stored.

Start in `grading` for files and in `audit` for a root. Nothing here rewards: a finding never changes a verdict.
"""
