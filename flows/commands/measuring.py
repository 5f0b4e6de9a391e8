"""The command measure: whom to ask, how, and the table of cells. The measuring lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from flows.commands.options import DAY_S, DEFAULT_ROOT, Json, Root, existing, progress
from flows.telling.output import dump, err, say, say_table
from pipeline.errors import ConfigError, refuse_undecided

measuring = typer.Typer()

KeyVariable = Annotated[
    str, typer.Option(help="environment variable with the endpoint's key; else VERILOOP_API_KEY, OPENAI_API_KEY")
]
Dialect = Annotated[
    str, typer.Option(help="openai (standard fields) or vllm (every field; special tokens kept in sight)")
]
PolicyDate = Annotated[
    str, typer.Option(help="label that tells states of the model behind a name apart; today for the date")
]
Band = Annotated[tuple[float, float] | None, typer.Option(help="pass rates between which a problem is wanted")]


@measuring.command()
def measure(
    versions: Annotated[list[str], typer.Argument(help="versions to measure, by name or id; one or several")],
    root: Root = DEFAULT_ROOT,
    path: Annotated[str, typer.Option(help="folder of a transformers causal LM")] = "",
    url: Annotated[str, typer.Option(help="base of an OpenAI-compatible endpoint, ending in /v1")] = "",
    model: Annotated[str, typer.Option(help="model name at the endpoint")] = "",
    api_key_env: KeyVariable = "",
    concurrency: Annotated[int, typer.Option(min=1, help="calls to the endpoint under way at once")] = 32,
    retries: Annotated[int, typer.Option(min=0, help="times a call that failed is sent again")] = 6,
    timeout_s: Annotated[float, typer.Option(min=0.01, max=DAY_S, help="seconds for one call to the endpoint")] = 600.0,
    dialect: Dialect = "openai",
    policy_date: PolicyDate = "",
    sampler: Annotated[str, typer.Option(help="torch or vllm, for a folder")] = "torch",
    draws: Annotated[int, typer.Option(help="attempts per problem; the most of them when sequential")] = 8,
    sequential: Annotated[bool, typer.Option(help="stop a problem as soon as its place in the band is clear")] = False,
    band: Band = None,
    temperature: Annotated[
        float, typer.Option(min=0, max=100, help="0 takes the likeliest token, 1 the policy as it is")
    ] = 1.0,
    max_prompt_tokens: Annotated[int, typer.Option(help="longer prompts are not measured")] = 8192,
    max_completion_tokens: Annotated[int, typer.Option(help="longer replies are cut, and count as failures")] = 2048,
    template: Annotated[str, typer.Option(help="base or chat; chat unless it is a folder")] = "",
    limit: Annotated[int | None, typer.Option(help="only each version's first problems")] = None,
    price_in: Annotated[float | None, typer.Option(help="price of a million prompt tokens, to show the cost")] = None,
    price_out: Annotated[float | None, typer.Option(help="price of a million completion tokens")] = None,
    as_json: Json = False,
) -> None:
    """Measure versions with a model: append Scores, show pass rates by cell.

    Every reply is kept as it comes: stopped in any way, the same command goes on and asks for nothing twice.
    """
    from flows.stages.measure import Asked, measure_versions
    from flows.telling import measured
    from pipeline.protocol import Protocol

    template = template or ("chat" if url else "base")
    _refuse_unknown(sampler=sampler, template=template, dialect=dialect)
    if band and not sequential:
        raise ConfigError(f"--band {band[0]:g} {band[1]:g} is where --sequential stops: give both, or neither")
    protocol = Protocol(max_prompt_tokens, max_completion_tokens, temperature, cast(Any, template))
    date = datetime.now(UTC).date().isoformat() if policy_date == "today" else policy_date
    asked = Asked(
        path, url, model, cast(Any, sampler), cast(Any, dialect), api_key_env, date, timeout_s, retries, concurrency
    )
    with progress() as note:
        found = measure_versions(
            existing(root), versions, asked, protocol=protocol, draws=draws, limit=limit, note=note, band=band,
            design="sequential" if sequential else "fixed",
        )  # fmt: skip
    prices = measured.Prices(price_in, price_out)
    told = list(measured.warnings(found, limit=max_completion_tokens, root=root))
    if as_json:
        dump(measured.as_json(found, prices, told))
    else:
        _say(found, sequential=sequential, effort=measured.effort_line(found, prices), root=root)
    for line in told:
        err.print(f"WARNING: {line}", markup=False, highlight=False, soft_wrap=True)
    lost = sum(found.tally.given_up.values())
    refuse_undecided(lost, found.total("n"), "draws", remedy="run the same command again, it asks for these alone")


def _say(found: Any, *, sequential: bool, effort: str, root: Path) -> None:
    from flows.telling import measured

    say_table(*measured.cell_table(found, sequential=sequential))
    if sequential:
        say(
            f"in the band: {found.total('in_band')} of {found.total('problems')} problems",
            "no pass rates: attempts stop where a problem's place is clear, which biases them",
        )
    say(effort, *measured.remarks(found))
    say(f'try: veriloop query "SELECT uid, n, correct, family FROM scores ORDER BY correct / n LIMIT 5" --root {root}')


def _refuse_unknown(**chosen: str) -> None:
    known = {"sampler": ("torch", "vllm"), "template": ("base", "chat"), "dialect": ("openai", "vllm")}
    for name, value in chosen.items():
        if value not in known[name]:
            raise ConfigError(f"--{name} {value!r}: choose one of {', '.join(known[name])}")
