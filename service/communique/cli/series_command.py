"""The command that asks for scores over time, and the table that shows them."""

from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from communique.cli.options import (
    AsOfOptions,
    OtherCode,
    Output,
    PartyCode,
    Remote,
    dyad_of,
    moment,
    option,
    party,
    when,
)
from communique.cli.rows import print_wrapped
from communique.cli.screen import OutputFormat, console, note, write_list, write_object
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.score_series import Bucket, Scale, ScoreSeries, ScoreStep
from communique.export import wording

_BAR_WIDTH_MAX: Final = 24
_BAR_WIDTH_MIN: Final = 4
_NUMBERS_WIDTH: Final = 36
_BLOCK: Final = "█"
_AXIS: Final = "│"


def series(  # noqa: PLR0917  typer calls it by names
    first: PartyCode,
    second: OtherCode,
    remote: Remote,
    point: AsOfOptions,
    since: Annotated[str, when("--from", "The first day, or a date-time to begin at.")],
    until: Annotated[str, when("--to", "The last day, or a date-time to end at.")],
    bucket: Annotated[
        Bucket, option("--bucket", "The width of a step, in UTC.", case_sensitive=False)
    ] = Bucket.MONTH,
    scale: Annotated[
        Scale, option("--scale", "What gives events a score.", case_sensitive=False)
    ] = Scale.GOLDSTEIN,
    actor: Annotated[
        str | None, option("--actor", "Only what this one of the two did to the other.")
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Scores by day, week or month: [bold]series KOR JPN --from 2019-01-01 --to 2019-12-31[/bold].

    An optional view: sums hide what happened, and two reports of one deed count twice.
    """
    dyad, arguments = dyad_of(first, second), point.arguments()
    begin = moment("--from", since, point.zone) or since
    end = moment("--to", until, point.zone) or until
    arguments |= {"bucket": bucket, "scale": scale, "actor": _actor(actor, dyad)}
    with remote.connect() as client:
        scores = client.series(dyad.first, dyad.second, begin, end, **arguments)
    _show(scores, output, point.zone)


def _actor(text: str | None, dyad: Dyad) -> str | None:
    code = party(text) if text else None
    if code is not None and code not in dyad:
        either = f"{dyad.first} or {dyad.second}"
        raise typer.BadParameter(f"give {either}, not {code}", param_hint="--actor")
    return code


def _show(scores: ScoreSeries, output: OutputFormat, zone: str) -> None:
    match output:
        case OutputFormat.TABLE:
            print_series(console(), scores, zone)
            if not scores.steps:
                note("no events with a score")
        case OutputFormat.JSON:
            write_object(output, scores.model_dump(mode="json"), ())
        case _:
            steps = [step.model_dump() for step in scores.steps]
            write_list(output, steps, steps)


def print_series(console: Console, scores: ScoreSeries, zone: str) -> None:
    """Print a line for each step: its day, how many events, the sum of their scores, and a bar."""
    for line in _header(scores, zone):
        print_wrapped(console, line)
    width = min(_BAR_WIDTH_MAX, max(_BAR_WIDTH_MIN, (console.width - _NUMBERS_WIDTH) // 2))
    largest = max((abs(step.score_sum) for step in scores.steps), default=0.0)
    for step in scores.steps:
        line = _line(step, scores.bucket)
        line.append_text(_bar(step.score_sum, largest, width))
        line.rstrip()
        console.print(line, soft_wrap=True)


def _header(scores: ScoreSeries, zone: str) -> Iterator[Text]:
    dyad, as_of = Dyad.parse(scores.dyad), scores.as_of
    acts = f"what {name_of(scores.actor)} did to the other" if scores.actor else "what both did"
    scale, bucket = scores.scale.value.capitalize(), scores.bucket.value.lower()
    yield Text(f"{name_of(dyad.first)} and {name_of(dyad.second)}", "bold").append(
        f": {acts}, on the {scale} scale by {bucket}", "default"
    )
    yield Text(
        f"as of {wording.moment(as_of.valid, zone)}, by what was known at "
        f"{wording.moment(as_of.known, zone)}, up to position {as_of.position:,}; "
        f"table {scores.table_version}",
        "dim",
    )


def _line(step: ScoreStep, bucket: Bucket) -> Text:
    """Return the numbers of a step; a week is named by its Monday."""
    day = step.day[:-3] if bucket is Bucket.MONTH else step.day
    return Text(
        f"  {day:10}  {wording.counted(step.event_count, 'event'):>13}  {step.score_sum:>+9,.1f}  "
    )


def _bar(total: float, largest: float, width: int) -> Text:
    """Return a bar from the middle: conflict to the left, cooperation to the right."""
    length = round(abs(total) / largest * width) if largest else 0
    blocks = _BLOCK * length
    if total < 0:
        return Text(blocks.rjust(width), "red").append(_AXIS, "dim")
    return Text(" " * width).append(_AXIS, "dim").append(blocks, "green")
