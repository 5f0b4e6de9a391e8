"""Rules that mark problems and measurements that count attempts.

Not here: any model or verifier; both arrive as arguments. Its law: a rule marks, it never deletes.
"""
