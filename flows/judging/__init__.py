"""How right are the verdicts? Grading of anyone's files, audits, appeals, and judging again what is stored.

Nothing here rewards: a finding never changes a verdict.

Doors: `grading` and `graded_file` for files, `audit`, `audit_file`, `appeals` and `audited` for error rates,
`reverify`.
"""
