"""Does this program do what its tests ask? Cases, running, comparing, and how strong the tests are.

Start in `judge`. Programs run in `generators.sandbox` alone; what is expected of them stays outside.
"""
