"""All programs of the sandbox's self-test; here, as text, those that wear it down, lie to it or listen to others.

Not here: the judging, which looks from outside. Law: as for those that reach out (attack_reaches).
"""

from generators.sandbox.attack_reaches import REACHES, Program

_BROKEN_OFF = ("raised", "memory", "died", "forbidden", "time")

PROGRAMS = (
    *REACHES,
    Program("memory: list", "x = [0] * (1 << 26)\nprint('BREACH: 512 MiB')", ("memory",)),
    Program("memory: mapping", "import mmap\nx = mmap.mmap(-1, 8 << 30)\nprint('BREACH: 8 GiB')", ("raised", "memory")),
    Program(
        "memory: many small",
        "x = []\nwhile len(x) < 400_000:\n    x.append(bytearray(1000))\nprint('BREACH: 400 MB')",
        ("memory", "died"),
    ),
    Program(
        "memory: limits lifted",
        """
import resource
for name in ("CPU", "AS", "FSIZE", "NOFILE", "CORE"):
    kind = getattr(resource, "RLIMIT_" + name)
    attempt(name, lambda: resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2))
attempt("limits of others", lambda: resource.prlimit(os.getppid(), 7))
print("TRIED")
""",
    ),
    Program("endless: loop", "while True: pass", ("time",)),
    Program("endless: in C", "x = 3 ** (10 ** 8) % 7", ("time",)),
    Program("endless: sleep", "import time\ntime.sleep(60)", ("time",)),
    Program("endless: giving up its turns", "while True: os.sched_yield()", ("time",)),
    Program(
        "endless: turns and naps",
        "import time\nwhile True:\n    os.sched_yield(), os.sched_yield(), time.sleep(0.0001)",
        ("time",),
    ),
    Program(
        "endless: signals ignored",
        """
import signal, threading
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
signal.alarm(0)
threading.Thread(target=lambda: exec("while True: pass")).start()
os.close(0), os.close(1), os.close(2), os.close(3)
while True: pass
""",
        ("time",),
    ),
    Program(
        "endless: at the end",
        "import atexit, time\natexit.register(time.sleep, 60)",
        ("time",),
    ),
    Program(
        "forgery: frames in every file",
        """
import struct
report = json.dumps({"status": "ok", "value": "41", "error": ""}).encode()
report = struct.pack("=Q", len(report)) + report
reply = struct.pack("=BiQQ", 0, 0, 3, len(report)) + b"41\\n" + report
for number in range(1, 200):
    for frame in (report, reply, reply):
        try:
            os.write(number, frame) if number != 1 else None
        except OSError:
            pass
print("TRIED")
""",
    ),
    Program("forgery: early end", "def f():\n    print('TRIED', flush=True)\n    os._exit(0)", ("died",), call="f"),
    Program("forgery: nonsense", "os.write(3, b'\\xff' * 4000)\nos._exit(0)", ("died",)),
    Program(
        "forgery: the files it holds",
        """
import stat
for number in range(4, 64):
    attempt(f"file {number}", lambda: os.fstat(number))
for number in (1, 2, 3):
    attempt(f"read {number}", lambda: os.read(number, 10) or 1 / 0)
attempt("stdin", lambda: os.read(0, 10) or 1 / 0)
print("TRIED")
""",
    ),
    Program("flood: stdout", "while True:\n    print('x' * 1000)", ("output",)),
    Program("flood: stdout by file", "while True:\n    os.write(1, b'x' * 65536)", ("output",)),
    Program(
        "flood: stderr",
        "for _ in range(3000):\n    os.write(2, b'x' * 10_000)\nprint('x', file=sys.stderr)\nprint('TRIED')",
    ),
    Program("flood: report", "while True:\n    os.write(3, b'x' * 65536)", ("output", "died")),
    Program("flood: error", "raise ValueError('x' * 10_000_000)", ("raised",)),
    Program("flood: value", "def f(): return 'x' * 10_000_000", ("output",), call="f"),
    Program(
        "forgery: a deep report",
        """
report = json.dumps({"status": "ok", "value": "[" * 3000 + "]" * 3000, "error": ""}).encode()
os.write(3, len(report).to_bytes(8, sys.byteorder) + report)
os._exit(0)
""",
        ("died", "output"),
    ),
    Program("depth: recursion", "sys.setrecursionlimit(10**9)\ndef f(): return f() + 1\nf()", _BROKEN_OFF),
    Program(
        "depth: recursion in C",
        "sys.setrecursionlimit(10**9)\nx = ()\nfor _ in range(10**6):\n    x = (x,)\nhash(x)\nprint('TRIED')",
        ("ok", *_BROKEN_OFF),
    ),
    Program(
        "threads: flood",
        """
import threading, time
threading.stack_size(32768)
count = 0
try:
    while count < 3000:
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
        count += 1
except (RuntimeError, MemoryError):
    pass
print("TRIED", count)
""",
        ("ok", "time", "memory", "raised", "died"),
    ),
    Program(
        "state: what another program left",
        """
import builtins, math
for found in (hasattr(builtins, "left"), math.pi < 3, "left" in sys.modules, os.environ.get("left")):
    print("BREACH: state") if found else None
if not all(map(os.get_blocking, (0, 1, 2))):
    print("BREACH: flags of a shared file")
if sys.getrecursionlimit() != 1000 or len(json.dumps([1])) != 3:
    print("BREACH: state")
print("TRIED")
""",
        first="""
import builtins, json, math, os, sys
builtins.left = 1; math.pi = 2; sys.modules["left"] = os; os.environ["left"] = "1"; json.dumps = repr
sys.setrecursionlimit(5000)
for number in range(3):
    os.set_blocking(number, False)
""",
    ),
    Program(
        "state: memory of another program",
        """
import ctypes, gc, re
pipe, end = os.pipe()
control = b"CANARY-" + b"%024x" % 5
library = ctypes.CDLL(None)
things = [thing for module in list(sys.modules.values()) for thing in vars(module).values()] + gc.get_objects()
large = ctypes.addressof(ctypes.create_string_buffer(5000))  # what is large comes from malloc, the rest from arenas
blocks = {address >> 20 for address in (*map(id, things), id(control), large)}
blocks = sorted({block + near for block in blocks for near in range(-4, 5)})
pages = [(block << 8) + page for block in blocks for page in range(256)]
found = set()
for page in pages:
    if library.write(end, ctypes.c_void_p(page << 12), ctypes.c_size_t(4096)) == 4096:
        found |= set(re.findall(rb"CANARY-[0-9a-f]{24}", os.read(pipe, 4096)))
if control not in found:
    print("BREACH: the attack itself is broken: it does not see its own memory")
print(found - {control})
print("TRIED", len(pages))
""",
        first="secret = input()\nprint(secret * 3)\nprint([secret + str(i) for i in range(99)])",
    ),
)
