"""What the zygote builds around itself where bubblewrap is missing: namespaces, an empty file tree, no capabilities;
or, where the kernel permits no namespaces, Landlock. Standard library and raw system calls alone.

Not here: limits and the system-call filter, which each program gets in its own process. Law: a wall that cannot be
built is reported as missing, never assumed.
"""

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable
from functools import cache

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (1 << bit for bit in (17, 26, 27, 28, 29, 30))
_MS_BIND, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 4096, 16384, 1 << 18, 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446
_AT_FDCWD, _AT_RECURSIVE, _ATTR_RDONLY, _ATTR_NOSUID = -100, 0x8000, 1, 2
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
NOWHERE = "/dev/null"
"""Shown beside what is asked for: each program's stderr is a fresh opening of it."""
HOSTNAME = "sandbox"
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""Landlock ABI -> number of file rights it knows; later ABIs know at least as many."""
_DEATH_SIGNAL, _DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVILEGES = 1, 4, 24, 38
_SIGKILL = 9


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def build(shown: Iterable[str], hidden: Iterable[str]) -> str:
    """Build the strongest walls this machine permits and return the one around files: "pivot", "landlock" or "none".

    `shown` are the absolute paths that stay readable, `hidden` those below them that do not. After "pivot" this
    function returns in a new process, the first of its process namespace; the old one waits and ends with it.
    """
    shown, hidden = tuple(shown), tuple(hidden)
    die_with_parent()
    walls = "none"
    if _unshare(_NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS):
        _become_first()
        try:
            _pivot(shown, hidden)
            walls = "pivot"
        except OSError:  # a kernel or a profile that gives namespaces but no mounts
            walls = "none"
    if walls == "none" and _landlock(shown, hidden):
        walls = "landlock"
    _drop_privileges()
    return walls


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends."""
    _library().prctl(_DEATH_SIGNAL, _SIGKILL, 0, 0, 0)


def _unshare(flags: int) -> bool:
    """Enter new namespaces as their user 0, mapped to whoever this is outside."""
    uid, gid = os.geteuid(), os.getegid()
    if _library().unshare(flags):
        return False
    _library().sethostname(HOSTNAME.encode(), len(HOSTNAME))
    with contextlib.suppress(OSError):  # without a map nothing can be mounted, which the caller will find out
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - programs are forked from here: no pathlib
                file.write(text)
    return True


def _become_first() -> None:
    """Go on as the first process of the new process namespace: when it ends, the kernel ends all others there."""
    child = os.fork()
    if child:
        os.closerange(0, 3)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    die_with_parent()


def _pivot(shown: Iterable[str], hidden: Iterable[str]) -> None:
    """Make a read-only tree of nothing but `shown` the root, and drop the old one."""
    top = "/proc"  # a folder that is always there, and below which nothing shown can lie
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", top, "tmpfs", 0)
    for path in (*shown, NOWHERE):
        target = top + path
        if os.path.isdir(path):  # noqa: PTH112
            os.makedirs(target, exist_ok=True)  # noqa: PTH103
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            os.close(os.open(target, os.O_CREAT | os.O_RDONLY))
        _mount(path, target, None, _MS_BIND | _MS_REC)
    for path in hidden:
        _mount("tmpfs", top + path, "tmpfs", 0)
    attributes = struct.pack("=QQQQ", _ATTR_RDONLY | _ATTR_NOSUID, 0, 0, 0)
    os.chdir(top)
    _call("pivot_root", _PIVOT_ROOT[os.uname().machine], b".", b".")
    if _library().umount2(b".", _MNT_DETACH):
        raise _error("umount2")
    os.chdir("/")
    _call("mount_setattr", _MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, len(attributes))


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    if _library().mount(*encoded, ctypes.c_ulong(flags), None):
        raise _error(f"mount {target}")


def _call(name: str, number: int, *arguments: int | bytes) -> int:
    """Make a raw system call.

    Raises:
        OSError: when it fails.
    """
    made = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    if (result := int(_library().syscall(ctypes.c_long(number), *made))) < 0:
        raise _error(name)
    return result


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")


def _landlock(shown: Iterable[str], hidden: Iterable[str]) -> bool:
    """Forbid this process and its children every file but reading below `shown`; say whether the kernel can."""
    try:
        abi = _call("landlock_create_ruleset", _LANDLOCK_CREATE, 0, 0, 1)
        rights = (1 << _RIGHTS_BY_ABI.get(abi, 16)) - 1
        network = 3 if abi >= 4 else 0
        attributes = struct.pack("=QQ", rights, network)[: 16 if abi >= 4 else 8]
        ruleset = _call("landlock_create_ruleset", _LANDLOCK_CREATE, attributes, len(attributes), 0)
    except OSError:
        return False
    for path, allowed in [(NOWHERE, _READ_FILE | _WRITE_FILE), *_rules(shown, frozenset(hidden))]:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        _call("landlock_add_rule", _LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", allowed, handle), 0)
        os.close(handle)
    _library().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call("landlock_restrict_self", _LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)
    return True


def _rules(shown: Iterable[str], hidden: frozenset[str]) -> Iterable[tuple[str, int]]:
    """Yield (path, rights); Landlock cannot take back below a folder, so one with something hidden is split up."""
    for path in shown:
        if not os.path.isdir(path):  # noqa: PTH112
            yield path, _READ_FILE
        elif not any(other.startswith(path + "/") for other in hidden):
            yield path, _READ_FILE | _READ_DIR
        else:
            yield path, _READ_DIR
            inside = (f"{path}/{name}" for name in sorted(os.listdir(path)))  # noqa: PTH208
            yield from _rules((entry for entry in inside if entry not in hidden), hidden)


def _drop_privileges() -> None:
    """Give up every capability, for ever, and close this process's memory to its equals."""
    for capability in range(64):
        _library().prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    _library().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header, none = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    _library().capset(header, none)
    _library().prctl(_DUMPABLE, 0, 0, 0, 0)
