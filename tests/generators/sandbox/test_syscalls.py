"""The system-call list, run by a plain interpreter of its instructions on both architectures."""

import struct
from functools import cache

import pytest

from generators.sandbox.syscalls import (
    ALLOWED,
    ARCHITECTURES,
    CLONE,
    CLONE3,
    ONE_OF,
    SENDTO,
    WITHOUT_BITS,
    YIELD,
    filter_program,
)

ALLOW, KILL, EPERM, ENOSYS, DONE = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026, 0x00050000
MACHINES = tuple(ARCHITECTURES)


@cache
def instructions(machine: str) -> tuple[tuple[int, int, int, int], ...]:
    return tuple(struct.iter_unpack("=HBBI", filter_program(machine)))


def answer(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """Return what the filter says of one call, by the meaning of its four instructions."""
    seen = struct.pack("=iIQ6Q", number, audit or ARCHITECTURES[machine][0], 0, *[*arguments, *[0] * 6][:6])
    code = instructions(machine)
    at = held = 0
    while True:
        kind, yes, no, value = code[at]
        at += 1
        if kind == 0x20:
            (held,) = struct.unpack_from("=I", seen, value)
        elif kind == 0x15:
            at += yes if held == value else no
        elif kind == 0x45:
            at += yes if held & value else no
        else:
            assert kind == 0x06
            return value


@pytest.mark.parametrize("machine", MACHINES)
def test_exactly_the_listed_calls_pass(machine: str) -> None:
    column = ARCHITECTURES[machine][1]
    listed = {row[column] for row in ALLOWED.values()}
    special = {row[column] for row in (*ONE_OF.values(), *WITHOUT_BITS.values(), SENDTO, CLONE, CLONE3, YIELD)}
    for number in set(range(700)) - special:
        assert answer(machine, number) == (ALLOW if number in listed else EPERM), number
    assert all(answer(machine, number | 0x40000000) == EPERM for number in range(600))


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architecture_ends_the_process(machine: str) -> None:
    for audit in (0x40000003, 0x40000028, *(a for a, _ in ARCHITECTURES.values() if a != ARCHITECTURES[machine][0])):
        assert answer(machine, 0, audit=audit) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments_decide(machine: str) -> None:
    column = ARCHITECTURES[machine][1]
    thread, high = 0x3D0F00, 1 << 32
    assert answer(machine, CLONE[column], thread) == ALLOW
    for flags in (17, 0x4011, 0x1200011, thread | 0x20000000, thread | 0x40000000, thread & ~0x10000):
        assert answer(machine, CLONE[column], flags) == EPERM, hex(flags)
    assert answer(machine, CLONE3[column]) == ENOSYS
    assert answer(machine, YIELD[column]) == DONE
    assert answer(machine, SENDTO[column], 1, 2, 3, 4, 0) == ALLOW
    assert answer(machine, SENDTO[column], 1, 2, 3, 4, 1) == EPERM
    assert answer(machine, SENDTO[column], 1, 2, 3, 4, high) == EPERM
    openat = WITHOUT_BITS["openat"][:2][column]
    assert openat is not None
    for flags, expected in ((0, ALLOW), (0o2000000, ALLOW), (1, EPERM), (2, EPERM), (0o100, EPERM), (0o1000, EPERM)):
        assert answer(machine, openat, 0, 0, flags) == expected
    for name, row in ONE_OF.items():
        number, position, values = row[:2][column], row[2], row[3]
        assert number is not None
        for value in (*values, 8, 10, 15, 2000, 0x5412, 0xFFFFFFFF):
            arguments = [0] * position + [value]
            assert answer(machine, number, *arguments) == (ALLOW if value in values else EPERM), (name, value)
