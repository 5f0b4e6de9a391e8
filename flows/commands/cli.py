"""The veriloop command: each subcommand does one thing, says what it wrote and what to try next.

Not here: any command (each kind has a room of this wing), nor what one does (stages, inspection, judging). Law: exit 0
done, 1 failed, 2 bad input; one clear message.
"""

import errno
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from flows.commands.asking import asking
from flows.commands.judging import judging
from flows.commands.making import making
from flows.commands.measuring import measuring
from flows.commands.options import INTERRUPTED
from flows.commands.running import running
from flows.commands.versions import stored
from flows.telling.output import err
from pipeline.errors import PipelineError, shortened

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; errors meant for the user become one message, bugs keep their traceback."""
    try:
        app(list(arguments) if arguments is not None else None)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # a second Ctrl-C is no reason for noise while the process ends
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise
    except PipelineError as error:
        _fail(error)
    except BrokenPipeError:  # the reader has seen enough; nothing may be flushed into the closed pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno not in DISK:
            raise
        _fail(
            PipelineError(
                f"{shortened(error.filename or 'a file')}: {error.strerror}. What was written before is kept: "
                + _REMEDY
            )
        )


DISK = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST,
    errno.ENAMETOOLONG, errno.ELOOP, errno.EIO, errno.ESTALE,
)  # fmt: skip
"""What a disk or its permissions refuse: trouble of the place, not of the program."""
_REMEDY = "free space, mend the permissions or the path, then run the same command again"


def _fail(error: PipelineError) -> NoReturn:
    err.print(f"{type(error).__name__}: {error}", markup=False, highlight=False, soft_wrap=True)
    sys.exit(error.exit_code)


for part in (making, running, measuring, judging, stored, asking):
    app.add_typer(part)


if __name__ == "__main__":
    main()
