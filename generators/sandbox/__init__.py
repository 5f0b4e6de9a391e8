"""Where does untrusted code run? Inside the walls of one zygote process, watched and timed from outside.

Start in `sandbox`. Nothing expected of a program ever enters here.
"""
