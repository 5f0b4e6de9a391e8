"""The command measure: whom to ask, how, and the table of cells. The measuring lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

from typing import Annotated, Any, cast

import typer

from flows.commands.options import DAY_S, DEFAULT_ROOT, Json, Root, existing, progress
from flows.telling.output import dump, say, say_table
from pipeline.errors import ConfigError

measuring = typer.Typer()


@measuring.command()
def measure(
    version: str,
    root: Root = DEFAULT_ROOT,
    path: Annotated[str, typer.Option(help="folder of a transformers causal LM")] = "",
    url: Annotated[str, typer.Option(help="base of an OpenAI-compatible endpoint, ending in /v1")] = "",
    model: Annotated[str, typer.Option(help="model name at the endpoint")] = "",
    sampler: Annotated[str, typer.Option(help="torch or vllm, for a folder")] = "torch",
    draws: Annotated[int, typer.Option(help="attempts per problem; the most of them when sequential")] = 8,
    sequential: Annotated[bool, typer.Option(help="stop a problem as soon as its pass band is clear")] = False,
    temperature: Annotated[float, typer.Option(min=0, max=100)] = 1.0,
    max_prompt_tokens: Annotated[int, typer.Option()] = 1024,
    max_completion_tokens: Annotated[int, typer.Option()] = 2048,
    template: Annotated[str, typer.Option(help="base or chat")] = "base",
    limit: Annotated[int | None, typer.Option(help="only the version's first problems")] = None,
    timeout_s: Annotated[float, typer.Option(min=0.01, max=DAY_S, help="per call to an endpoint")] = 60.0,
    as_json: Json = False,
) -> None:
    """Measure a version with a model: append Scores, show pass rates by cell."""
    from flows.stages.measure import Asked, measure_version
    from pipeline.protocol import Protocol

    for name, value, known in (("sampler", sampler, ("torch", "vllm")), ("template", template, ("base", "chat"))):
        if value not in known:
            raise ConfigError(f"--{name} {value!r}: choose one of {', '.join(known)}")
    protocol = Protocol(max_prompt_tokens, max_completion_tokens, temperature, cast(Any, template))
    asked = Asked(path=path, url=url, model=model, sampler=cast(Any, sampler), timeout_s=timeout_s)
    with progress() as note:
        rows = measure_version(
            existing(root), version, asked, protocol=protocol, draws=draws, limit=limit, note=note,
            design="sequential" if sequential else "fixed",
        )  # fmt: skip
    if as_json:
        dump(rows)
        return
    shown = (
        (
            f"{row['family']}/{row['level']}" + (f"/{row['region']}" if row["region"] else ""),
            row["problems"],
            row["n"],
            "-" if sequential else f"{row['pass_rate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]",
            row["truncated"],
        )
        for row in rows
    )
    say_table(("cell", "problems", "attempts", "pass rate [95%]", "truncated"), shown)
    if sequential:
        say("no pass rates: attempts stop where a problem's count looks settled, which biases them")
    say(f'try: veriloop query "SELECT uid, n, correct FROM scores ORDER BY correct / n LIMIT 5" --root {root}')
