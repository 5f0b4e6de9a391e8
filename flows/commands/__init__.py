"""What do people type? The veriloop command, one thin function a subcommand, and how results are told.

Start in `cli`. No command decides anything about problems: it reads options, calls a stage, and prints.
"""
