"""Which prompt a problem is sampled from, and which one it is trained on. Not the template (Protocol).

Law: a view reads the problem and its context only; only rows of the view "plain" feed Scores.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from pipeline.problem import Problem
from trainer.seams.seam import SeamOptions


@dataclass(frozen=True, slots=True)
class ViewContext:
    """What a view may know: the training step and the sampling round."""

    step: int
    round: int


@dataclass(frozen=True, slots=True)
class View:
    """The user text to sample from and the one to train on (different under guidance), and the view's tag."""

    sampled: str
    trained: str
    tag: str


def plain(problem: Problem, context: ViewContext) -> View:
    """Show the problem as it is, in every round."""
    return View(problem.prompt, problem.prompt, "plain")


VIEWS: Mapping[str, Callable[..., View]] = {"plain": plain}


class ViewOptions(SeamOptions):
    """Options of the view seam."""

    seam: ClassVar[str] = "view"
    table: ClassVar[Mapping[str, Callable[..., View]]] = VIEWS
    name: str = "plain"
