"""What do people type? The veriloop command, one thin function a subcommand.

No command decides anything about problems: it reads options, calls a stage, and prints.

Doors: `cli`.
"""
