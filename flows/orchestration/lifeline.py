"""End with the process that started this one, however that one ends. Not a way to end it in order.

Law: where the kernel has no such promise nothing happens; whoever relies on it alone is told by its parent's absence.
"""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to end this process (SIGTERM) when the thread that started it ends; Linux only.

    `parent` is the id of that process: where it has ended already, nobody is left to tell the kernel about, and this
    process ends at once.
    """
    if (prctl := getattr(ctypes.CDLL(None), "prctl", None)) is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if parent not in (None, os.getppid()):
        os.kill(os.getpid(), signal.SIGTERM)
