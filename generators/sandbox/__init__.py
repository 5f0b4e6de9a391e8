"""Where does untrusted code run? Inside the walls of one zygote process, watched and timed from outside.

Nothing expected of a program ever enters here.

Doors: `sandbox` to run, `selftest` to attack it.
"""
