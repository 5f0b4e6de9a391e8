"""Programs of the sandbox's self-test that reach out, as text: for the network, files, processes and the kernel.

Not here: programs that wear the sandbox down or lie to it (attack_programs), and the judging, which looks from
outside. Law: a program says BREACH for what it should not have got, TRIED when it has tried everything, and nothing it
does harms a machine that fails to hold it.
"""

from dataclasses import dataclass

PRELUDE = """
import json, os, sys
scene = json.load(sys.stdin)
def attempt(what, action):
    try:
        got = action()
    except (NameError, SyntaxError, TypeError, AttributeError) as error:
        print("BREACH: the attack itself is broken:", what, repr(error))
    except BaseException as error:
        print("refused", what, type(error).__name__, getattr(error, "errno", ""))
    else:
        print("BREACH:", what, repr(got)[:80])
def libc(name, *arguments):
    import ctypes
    library = ctypes.CDLL(None, use_errno=True)
    result = getattr(library, name)(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result
"""


@dataclass(frozen=True, slots=True)
class Program:
    """One attack: its text, the ways it may end, a program run before it with the secret as input, and a function of
    it to call, if any.
    """

    name: str
    source: str
    ends: tuple[str, ...] = ("ok",)
    first: str = ""
    call: str = ""


REACHES = (
    Program(
        "network: tcp",
        """
import socket
def stream():
    socket.create_connection(("127.0.0.1", scene["stream"]), 2).sendall(b"x")
attempt("tcp", stream)
print("TRIED")
""",
    ),
    Program(
        "network: udp and raw",
        """
import socket
def datagram():
    socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", scene["datagram"]))
attempt("udp", datagram)
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
attempt("netlink", lambda: socket.socket(16, socket.SOCK_RAW))
attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
print("TRIED")
""",
    ),
    Program(
        "network: names",
        """
import socket
attempt("dns", lambda: socket.getaddrinfo("example.com", 80))
attempt("localhost", lambda: socket.gethostbyname("localhost"))
print("TRIED")
""",
    ),
    Program(
        "network: unix sockets",
        """
import socket
def connect(place):
    socket.socket(socket.AF_UNIX).connect(place)
def send(place):
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.sendto(b"x", place)
for action in (connect, send):
    attempt("path", lambda: action(scene["local"]))
    attempt("abstract", lambda: action(bytes.fromhex(scene["abstract"])))
print("TRIED")
""",
    ),
    Program(
        "files: read",
        """
paths = ["/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/resolv.conf", scene["file"], scene["project"]]
paths += ["/usr/../etc/passwd", "/proc/self/root/etc/passwd", "/proc/self/cwd/etc/passwd", "/sys/kernel/notes"]
for path in paths:
    attempt(path, lambda: open(path, "rb").read(99))
for path in (scene["home"], scene["folder"], "/etc", "/proc", "/dev", "/sys", "/var"):
    attempt(path, lambda: set(os.listdir(path)) - set(scene["shown"]) or 1 / 0)
print("TRIED")
""",
    ),
    Program(
        "files: other processes",
        """
for pid in ("self", "1", "2", "thread-self", os.getppid(), scene["canary"], scene["tester"]):
    for name in ("environ", "mem", "maps", "cmdline", "fd"):
        path = f"/proc/{pid}/{name}"
        attempt(path, lambda: os.listdir(path) if name == "fd" else open(path, "rb"))
for path in ("/dev/mem", "/dev/kmsg", "/dev/ptmx", "/dev/tty", "/proc/kcore", "/proc/kmsg"):
    attempt(path, lambda: open(path, "rb"))
print("TRIED")
""",
    ),
    Program(
        "files: write",
        """
places = [scene["folder"], "/", "/dev/shm", "/usr/lib", os.path.dirname(os.__file__), os.path.dirname(sys.executable)]
for place in places + ["/var/lib", "/run", "/sandbox", os.path.dirname(scene["project"])]:
    path = place + "/written"
    def write():
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)
    attempt(path, write)
    attempt(path, lambda: os.rmdir(os.mkdir(path) or path))
attempt("append", lambda: open(scene["file"], "a"))
attempt("update", lambda: open(scene["file"], "r+"))
attempt("truncate", lambda: os.truncate(scene["file"], 3))
attempt("unlink", lambda: os.unlink(scene["file"]))
attempt("rename", lambda: os.rename(scene["file"], scene["file"] + "2"))
attempt("chmod", lambda: os.chmod(scene["file"], 0o600))
attempt("utime", lambda: os.utime(scene["file"]))
attempt("fifo", lambda: os.mkfifo(scene["folder"] + "/fifo"))
attempt("tmpfile", lambda: os.open(scene["folder"], os.O_TMPFILE | os.O_RDWR))
attempt("memfd", lambda: os.memfd_create("x"))
attempt("growth of stdin", lambda: os.write(0, b"x" * 10_000))
print("TRIED")
""",
    ),
    Program(
        "files: links",
        """
for name, target in (("link", scene["file"]), ("up", "../../../../.."), ("self", "/proc/self")):
    path = scene["folder"] + "/" + name
    attempt("symlink", lambda: os.symlink(target, path))
    attempt("through it", lambda: open(path, "rb").read(99))
attempt("hard link", lambda: os.link(scene["file"], scene["folder"] + "/hard"))
attempt("link in a writable place", lambda: os.symlink(scene["file"], "/dev/shm/link"))
print("TRIED")
""",
    ),
    Program(
        "processes: fork",
        """
def fork(make):
    child = make()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)
attempt("fork", lambda: fork(os.fork))
attempt("forkpty", lambda: fork(lambda: os.forkpty()[0]))
attempt("libc fork", lambda: fork(lambda: libc("fork")))
print("TRIED")
""",
    ),
    Program(
        "processes: start another program",
        """
import subprocess, multiprocessing
attempt("subprocess", lambda: subprocess.run(["/bin/true"]))
attempt("python", lambda: subprocess.run([sys.executable, "-c", "1"]))
attempt("shell", lambda: os.popen("echo x").read() or 1 / 0)
attempt("system", lambda: os.system("true") and 1 / 0)
attempt("spawn", lambda: os.posix_spawn(sys.executable, ["x", "-c", "1"], {}))
attempt("multiprocessing", lambda: multiprocessing.get_context("fork").Process(target=print).start())
attempt("exec", lambda: os.execv(sys.executable, ["x", "-c", "print('BREACH: exec')"]))
print("TRIED")
""",
    ),
    Program(
        "processes: fork bomb",
        """
import time
def bomb():
    for _ in range(40):
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
attempt("bomb", bomb)
print("TRIED")
""",
    ),
    Program(
        "kill: others",
        """
attempt("canary", lambda: os.kill(scene["canary"], 9))
attempt("everyone", lambda: os.kill(-1, 0))
attempt("the group", lambda: os.kill(0, 0))
if os.getppid() not in (scene["tester"], 0):
    attempt("parent", lambda: os.kill(os.getppid(), 9))
    attempt("parent's group", lambda: os.killpg(os.getppid(), 9))
    attempt("first", lambda: os.kill(1, 9))
attempt("pidfd", lambda: os.pidfd_open(os.getppid()))
attempt("thread", lambda: libc("tgkill", scene["canary"], scene["canary"], 9))
attempt("queue", lambda: libc("sigqueue", scene["canary"], 9, 0))
print("TRIED")
""",
    ),
    Program(
        "kill: by file ownership",
        """
import fcntl
for victim in {os.getppid(), scene["canary"]} - {scene["tester"]}:
    def arm():
        read, write = os.pipe()
        fcntl.fcntl(read, fcntl.F_SETOWN, victim)
        fcntl.fcntl(read, 10, 9)
        fcntl.fcntl(read, fcntl.F_SETFL, fcntl.fcntl(read, fcntl.F_GETFL) | os.O_ASYNC)
        os.write(write, b"x")
    attempt("owner", arm)
print("TRIED")
""",
    ),
    Program(
        "kernel: ptrace, mount, chroot, names",
        """
attempt("ptrace", lambda: libc("ptrace", 16, scene["canary"], 0, 0))
attempt("ptrace parent", lambda: libc("ptrace", 16, os.getppid(), 0, 0))
attempt("traceme", lambda: libc("ptrace", 0, 0, 0, 0))
target = scene["folder"].encode()
attempt("mount", lambda: libc("mount", b"none", target, b"tmpfs", 0, None) or libc("umount2", target, 2))
attempt("chroot", lambda: os.chroot(scene["folder"]))
attempt("unshare", lambda: libc("unshare", 0x10000000))
attempt("setuid", lambda: os.setuid(0))
attempt("nice", lambda: os.setpriority(0, 0, 19))
for name in ("kernel/hostname", "vm/overcommit_memory", "kernel/core_pattern"):
    attempt(name, lambda: open("/proc/sys/" + name, "w"))
print("TRIED")
""",
    ),
    Program(
        "kernel: every call that is not listed",
        """
import ctypes
try:
    os.kill(os.getpid(), 0)
    print("BREACH: no filter")
except PermissionError:
    call = ctypes.CDLL(None, use_errno=True).syscall
    own_traps = {335, 336}  # uretprobe and uprobe pass every filter and kill whoever calls them himself
    for number in sorted(set(range(600)) - set(scene["allowed"]) - own_traps):
        ctypes.set_errno(0)
        if call(ctypes.c_long(number), *[ctypes.c_long(0)] * 6) != -1 or ctypes.get_errno() not in (1, 38):
            print("BREACH: call", number, ctypes.get_errno())
    for number in (1 << 30 | 39, 1 << 30 | 57, 1 << 30 | 520):
        ctypes.set_errno(0)
        if call(ctypes.c_long(number), *[ctypes.c_long(0)] * 6) != -1:
            print("BREACH: x32 call", number)
print("TRIED")
""",
    ),
    Program(
        "kernel: calls with arguments",
        """
attempt("clone", lambda: libc("syscall", {"x86_64": 56, "aarch64": 220}[os.uname().machine], 17, 0, 0, 0, 0))
attempt("clone vfork", lambda: libc("syscall", {"x86_64": 56, "aarch64": 220}[os.uname().machine], 0x4011, 0, 0, 0, 0))
attempt("clone3", lambda: libc("syscall", 435, bytes(64), 64))
attempt("creat", lambda: libc("creat", (scene["folder"] + "/created").encode(), 0o600))
attempt("openat2", lambda: libc("syscall", 437, -100, scene["file"].encode(), bytes(24), 24))
attempt("io_uring", lambda: libc("syscall", 425, 8, bytes(120)))
attempt("vm_readv", lambda: libc("process_vm_readv", os.getppid(), None, 0, None, 0, 0))
attempt("setns", lambda: libc("setns", 0, 0))
attempt("shm", lambda: libc("shmget", 0, 4096, 0o1600))
attempt("dumpable", lambda: libc("prctl", 4, 1, 0, 0, 0))
attempt("console", lambda: libc("ioctl", 0, 0x5412, b"x"))
print("TRIED")
""",
    ),
    Program(
        "kernel: calls of another architecture",
        """
import ctypes, mmap
if os.uname().machine == "x86_64":
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("53 b814000000 cd80 5b c3"))  # getpid through the 32-bit gate
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    print("TRIED", flush=True)
    pid = ctypes.CFUNCTYPE(ctypes.c_int)(start)()
    print("BREACH: 32-bit call", pid) if pid > 0 else None
print("TRIED")
""",
        ("ok", "forbidden", "died"),
    ),
    Program(
        "environment",
        """
import ctypes
print(dict(os.environ), sys.argv)
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
index = 0
while environ and environ[index]:
    print(environ[index])
    index += 1
print(os.getcwd() if os.getcwd() == "/" else "BREACH: cwd")
print("TRIED")
""",
    ),
)
