"""The names that contest judges give a program before it begins: typing, collections, heapq, math and the rest. Code as
text; it runs in the sandbox alone, in the program's own module.

Law: whatever the program defines or imports itself goes before it, and it changes none of the program's lines.

Source: the `import_string` of LiveCodeBench's lcb_runner/evaluation/testing_util.py, the heads of testing_util.py in
APPS and TACO (without NumPy, which the sandbox does not have), the prompts of LeetCodeDataset (arXiv 2504.14655).
"""

_CONTEST = "contest"
"""The first line, or all, of a case's prelude that begins with the one below."""
_STARS = """typing string re datetime collections heapq bisect copy math random statistics itertools functools operator
    io sys json builtins"""
"""In this order: what comes later goes before what has the same name earlier, so pow and open are Python's own."""
_MODULES = """string re datetime collections heapq bisect copy math random statistics itertools functools operator io
    sys json time fractions"""
_NODES = """
inf = float("inf")

class ListNode:
    def __init__(self, val=0, next=None):
        self.val, self.next = val, next

class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val, self.left, self.right = val, left, right

def list_node(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def tree_node(values):
    if not values:
        return None
    root, rest = TreeNode(values[0]), iter(values[1:])
    parents = [root]
    for parent in parents:
        for side in ("left", "right"):
            value = next(rest, None)
            if value is not None:
                setattr(parent, side, TreeNode(value))
                parents.append(getattr(parent, side))
    return root

def is_same_list(p1, p2):
    while p1 and p2 and p1.val == p2.val:
        p1, p2 = p1.next, p2.next
    return not p1 and not p2

def is_same_tree(p, q):
    pairs = [(p, q)]
    for a, b in pairs:
        if not a or not b or a.val != b.val:
            if a or b:
                return False
            continue
        pairs += [(a.left, b.left), (a.right, b.right)]
    return True
"""
"""What LeetCode has for linked lists and trees, and how LeetCodeDataset's tests write and compare them."""
_CODE = "\n".join(
    (
        *(f"from {name} import *" for name in _STARS.split()),
        *(f"import {name}" for name in _MODULES.split()),
        "sys.setrecursionlimit(50_000)",
        _NODES,
    )
)


def of_contest(prelude: str) -> bool:
    """Say whether a prelude begins with the names of contest judges."""
    return prelude.partition("\n")[0].strip() == _CONTEST


def prelude_code(prelude: str) -> str:
    """Return the code that a case's prelude stands for."""
    return _CODE + prelude.partition("\n")[2] if of_contest(prelude) else prelude
