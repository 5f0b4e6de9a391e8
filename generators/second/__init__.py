"""What would another reader say? Second opinions that share no code with the verifiers, for audits alone.

Never a reward.

Doors: `opinion`.
"""
