"""What the tests of this folder share: the command in process, and two runs that are only read."""

import pytest

from flows.commands.cli import main
from flows.orchestration.whole import train_all
from tests.flows.made_run import make_run
from tests.flows.tiny import Result, tiny


@pytest.fixture(scope="session")
def made_root(tmp_path_factory):
    path = tmp_path_factory.mktemp("made")
    make_run(path)
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A tiny run with real training, undisturbed to its end."""
    run = tiny(tmp_path_factory.mktemp("tiny") / "run")
    train_all(run)
    return run


@pytest.fixture
def veriloop(capsys):
    """Run the command in this process and return its exit code and what it printed."""

    def command(*arguments):
        capsys.readouterr()
        code = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Result(code, printed.out, printed.err)

    return command
