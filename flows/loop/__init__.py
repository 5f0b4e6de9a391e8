"""What happens round after round? One cold start, then arms that each diagnose, mix, generate, train and read test.

The objectives are the trainer's, the diagnosis is `pipeline.choice`'s.

Doors: `loop`, `rounds` for what is on disk.
"""
