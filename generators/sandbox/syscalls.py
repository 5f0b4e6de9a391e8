"""The list of system calls a sandboxed program may make, as a BPF program for seccomp. Not the sandbox: its innermost
wall, written with the standard library alone because it runs where nothing else is installed.

Law: what is not listed is refused with EPERM, and a call for another architecture ends the process. So there is no
network, no new process, no signal to anyone, no file opened for writing, and nothing that is younger than this list.
"""

import ctypes
import platform
import struct
from collections.abc import Iterator

EPERM, ENOSYS = 1, 38
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_NR, _ARCH, _ARGS = 0, 4, 16

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""Machine -> its audit number and the column of the tables below."""

Number = int | None
ALLOWED: dict[str, tuple[Number, Number]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "poll": (7, None),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "pipe": (22, None),
    "select": (23, None),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "dup2": (33, None),
    "pause": (34, None),
    "nanosleep": (35, 101),
    "getitimer": (36, 102),
    "alarm": (37, None),
    "setitimer": (38, 103),
    "getpid": (39, 172),
    "recvfrom": (45, 207),
    "shutdown": (48, 210),
    "exit": (60, 93),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "setrlimit": (160, 164),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "set_tid_address": (218, 96),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "epoll_wait": (232, None),
    "epoll_ctl": (233, 21),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "epoll_create1": (291, 20),
    "dup3": (292, 24),
    "pipe2": (293, 59),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "statx": (332, 291),
    "rseq": (334, 293),
    "close_range": (436, 436),
    "faccessat2": (439, 439),
    "epoll_pwait2": (441, 441),
}
"""Allowed whatever the arguments: none reaches beyond the process and what it was given."""

ONE_OF: dict[str, tuple[Number, Number, int, tuple[int, ...]]] = {
    # F_SETOWN, F_SETSIG and O_ASYNC together send any signal to any process: only these commands pass
    "fcntl": (72, 25, 1, (0, 1, 2, 3, 4, 1030, 1032)),
    "ioctl": (16, 29, 1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    "socketpair": (53, 199, 0, (1,)),  # asyncio wakes itself through one; AF_UNIX, connected to nobody else
    "prctl": (157, 167, 0, (15, 16)),  # the name of a thread
    "prlimit64": (302, 261, 0, (0,)),  # of oneself; without capabilities it can only be lowered
}
"""(numbers, argument, values): allowed where the low 32 bits of the argument are one of the values."""

WRITING = 0o3 | 0o100 | 0o1000
NAMESPACES = 0x7E020000
CLONE_THREAD = 0x10000
WITHOUT_BITS: dict[str, tuple[Number, Number, int, int]] = {
    "open": (2, None, 1, WRITING),
    "openat": (257, 56, 2, WRITING),
}
"""(numbers, argument, mask): allowed where no bit of the mask is set."""

YIELD = (24, 124)
"""Answered "done" and not done: a program that only gives up its turns would wait for ever and use no time."""
SENDTO = (44, 206)
"""Allowed without an address: what goes into a socket pair of one's own."""
CLONE = (56, 220)
"""Allowed for threads only. glibc starts threads and processes alike with clone3 or clone."""
CLONE3 = (435, 435)
"""Its arguments lie in memory, where a filter cannot look: "not known here" makes glibc use clone."""


def machine_problem() -> str:
    """Say why this machine has no filter; empty where it has one."""
    machine = platform.machine()
    if machine in ARCHITECTURES and struct.calcsize("P") == 8:
        return ""
    return f"no system-call list for {machine!r} ({', '.join(ARCHITECTURES)} have one)"


def listed_numbers() -> tuple[int, ...]:
    """Return this machine's numbers of all calls that are allowed, always or for some arguments."""
    _, column = ARCHITECTURES[platform.machine()]
    found = (number[column] for number, _ in _bodies() if number != CLONE3)
    return tuple(number for number in found if number is not None)


def filter_program(machine: str) -> bytes:
    """Return the instructions for a machine ("x86_64" or "aarch64"), eight bytes each."""
    audit, column = ARCHITECTURES[machine]
    code = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, audit), _end(_KILL), (_LOAD, 0, 0, _NR)]
    for number, body in _bodies():
        if (nr := number[column]) is not None:
            code += [(_EQUAL, 0, len(body), nr), *body]
    code.append(_end(_ERRNO | EPERM))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


Instruction = tuple[int, int, int, int]


def _bodies() -> Iterator[tuple[tuple[Number, Number], list[Instruction]]]:
    """Yield (numbers, instructions that end in an answer) for every listed call, the frequent ones first."""
    allow, refuse = _end(_ALLOW), _end(_ERRNO | EPERM)
    for numbers in ALLOWED.values():
        yield numbers, [allow]
    for x86, arm, argument, mask in WITHOUT_BITS.values():
        yield (x86, arm), [_load(argument), (_BITS, 0, 1, mask), refuse, allow]
    for x86, arm, argument, values in ONE_OF.values():
        tests = [part for value in values for part in ((_EQUAL, 0, 1, value), allow)]
        yield (x86, arm), [_load(argument), *tests, refuse]
    threads = [_load(0), (_BITS, 1, 0, CLONE_THREAD), refuse, (_BITS, 0, 1, NAMESPACES), refuse, allow]
    yield CLONE, threads
    yield CLONE3, [_end(_ERRNO | ENOSYS)]
    yield YIELD, [_end(_ERRNO)]
    yield (
        SENDTO,
        [_load(4), (_EQUAL, 1, 0, 0), refuse, (_LOAD, 0, 0, _ARGS + 8 * 4 + 4), (_EQUAL, 1, 0, 0), refuse, allow],
    )


def _end(answer: int) -> Instruction:
    return (_RETURN, 0, 0, answer)


def _load(argument: int) -> Instruction:
    """Load the low half of an argument: both machines are little-endian, and the kernel reads no more of these."""
    return (_LOAD, 0, 0, _ARGS + 8 * argument)


class Filter:
    """The program made ready, so that installing it costs two system calls."""

    def __init__(self) -> None:
        code = filter_program(platform.machine())
        self._code = ctypes.create_string_buffer(code, len(code))
        self._prog = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(self._code)))
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        self._prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]

    def install(self) -> None:
        """Bind this thread and all it starts to the list, for ever.

        Raises:
            OSError: when the kernel refuses.
        """
        no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
        for option, value, pointer in ((no_new_privileges, 1, None), (set_seccomp, mode_filter, self._prog)):
            if self._prctl(option, value, pointer, 0, 0):
                raise OSError(ctypes.get_errno(), "the kernel refused the system-call filter (seccomp)")
