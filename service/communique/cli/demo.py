"""`communique demo`: questions on a recorded crisis, to a server of its own."""

import shlex
import tempfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from communique.cli import comparison_commands, comparison_view, event_view, sample, status_view
from communique.cli.screen import console
from communique.client import Client, EventFilter, Point
from communique.domain.claims.values import Certainty
from communique.domain.state.status import BilateralStatus
from communique.export import wording
from communique.server.runtime.settings import LogLevel, Settings

_DAY: Final = "2019-08-21"
_BEFORE: Final = "2019-08-21T16:00"
_AFTER: Final = "2019-08-21T17:00"
_NOTICE: Final = "2019-08-22T20:00"


def demo() -> None:
    """Start a server, record a small crisis, and ask what was true and what was known when."""
    from communique.server.app import running_server  # noqa: PLC0415  as for `serve`

    with tempfile.TemporaryDirectory(prefix="communique-demo-") as folder:
        settings = Settings(
            data_dir=Path(folder), listen="127.0.0.1:0", log_level=LogLevel.ERROR, grace_seconds=1
        )
        with running_server(settings, apart=True) as address, Client(address) as client:
            Demo(client, console()).run(address, folder)


class Demo:
    """The questions of an analyst, each with the command that asks it."""

    def __init__(self, client: Client, screen: Console) -> None:
        self._client = client
        self._screen = screen
        self._position = 0

    def run(self, address: str, folder: str) -> None:
        """Record the sample and ask the questions."""
        receipts = self._client.submit(sample.claims())
        self._position = receipts[-1].position
        self._say(f"A server on {address}, its log in {folder} until this ends.")
        count = wording.counted(len(receipts), "report")
        self._say(f"{count} on Japan and South Korea, 2018 to 2019, are recorded.")
        self._status_then_and_now()
        self._certain_and_expected()
        self._next_days()
        self._amendments()
        self._next_steps()

    def _status_then_and_now(self) -> None:
        self._ask("How did the two stand on 20 August 2019?")
        self._status("2019-08-20")
        self._say(
            "Japan refused talks that day. Nothing that came later changes this answer; ask for "
            "20 August in ten years, and the refusal still stands."
        )
        self._ask("What could a desk know on 21 August at 16:00, Korean time?")
        self._status(_BEFORE, _BEFORE)
        self._say(
            "The ministers had parted half an hour before, and no source had said so; nor that "
            "Japan had refused talks the day before. What anyone could know: curbs in force, a "
            "second measure due on the 28th, two rulings, and officials who had met in July."
        )
        self._ask("And at 17:00, after the report of 16:30? Which claim stands behind each line?")
        self._status(_AFTER, _AFTER, explain=True)
        self._say(
            "Now the refusal and a negative outlook strain the relation as well, and the ministers "
            "have met. What the reporter only expects to have been said is marked as probable."
        )

    def _certain_and_expected(self) -> None:
        self._ask("Of what happened on 21 August, what is certain?")
        self._timeline(Certainty.CERTAIN)
        self._ask("And what is only expected to have happened?")
        self._timeline(Certainty.PROBABLE)

    def _next_days(self) -> None:
        self._ask("What did the next days bring?")
        self._events(
            "--from 2019-08-22", EventFilter("-".join(sample.DYAD), occurred_from="2019-08-22")
        )
        self._ask("How did the two stand on the evening of the 22nd, as it was known then?")
        status = self._status(_NOTICE, _NOTICE)
        posture, rule = status.posture.value.lower(), status.posture_triggers[0].rule
        self._say(
            f"From now on the relation is {posture}, by the rule {rule}. "
            f"A posture is never a score: it names its rule, and the rule its events."
        )
        self._say(
            "Another outlet has told of the removal from the list again, and named no date for "
            "it: the ministry's date still stands. No report names the day of the pact's end "
            "yet; the one shown follows from the notice of ninety days, and yields to the first "
            "date that a source names."
        )
        self._ask("And on 1 December, when the day of the pact's end had passed?")
        self._status("2019-12-01")
        self._say(
            "None of these reports says that the pact ended. So it is still shown as under "
            "notice, its end due on 23 November and unconfirmed, and the posture does not improve "
            "by a calendar."
        )

    def _amendments(self) -> None:
        before = self._position
        self._position = self._client.submit(sample.amendments())[-1].position
        self._ask("What do a correction, a dispute and a retraction change?")
        self._say(
            "Three amendments, invented for this demo, were recorded just now: at 18:00 on 21 "
            "August the ministers' meeting is corrected to 35 minutes, and Japan disputes the "
            "refusal; at 9:00 the next day the demand about the court's orders is retracted."
        )
        self._compare(f"--from-position {before}", Point("2019-08-22", position=before))
        self._say(
            "Two more claims of the first report still say half an hour. So the length is "
            "contested: both values stand, the surer one first. The dispute takes nothing away "
            "either: Japan's word stands beside the refusal."
        )
        self._say(
            "Each is known from its own hour on. By what was known at 17:00, nothing differs:"
        )
        self._compare(
            f"--from-position {before} --known-at {_AFTER}",
            Point("2019-08-22", _AFTER, before, zone=sample.ZONE),
            Point("2019-08-22", _AFTER, zone=sample.ZONE),
        )

    def _compare(self, options: str, before: Point, after: Point | None = None) -> None:
        options += f" --zone {sample.ZONE} --explain"
        self._command(f"compare KOR JPN --valid-at 2019-08-22 {options}")
        comparison = self._client.compare(
            *sample.DYAD,
            before=replace(before, zone=sample.ZONE),
            after=after or Point("2019-08-22", zone=sample.ZONE),
            min_position=self._position,
        )
        causes = comparison_commands.causes_of(self._client, comparison)
        comparison_view.print_comparison(self._screen, comparison, sample.ZONE, causes)

    def _next_steps(self) -> None:
        self._ask("To go on with a server of your own:")
        path = shlex.quote(str(files(sample) / sample.NAME))
        for line in (
            "communique serve                # in another terminal; the data is kept",
            f"communique submit {path}",
            "communique status 'South Korea' Japan --valid-at 2019-08-28 --zone Asia/Seoul",
            "communique timeline KOR JPN --explain",
            "communique --help",
        ):
            self._screen.print(Text(f"  $ {line}", "bold cyan"), soft_wrap=True)

    def _status(
        self, valid: str, known: str | None = None, *, explain: bool = False
    ) -> BilateralStatus:
        options = f"--valid-at {valid}" + (f" --known-at {known}" if known else "")
        suffix = " --explain" if explain else ""
        self._command(f"status KOR JPN {options} --zone {sample.ZONE}{suffix}")
        status = self._client.status(
            *sample.DYAD,
            valid_at=valid,
            known_at=known,
            zone=sample.ZONE,
            min_position=self._position,
        )
        status_view.print_status(self._screen, status, sample.ZONE, explain=explain)
        return status

    def _timeline(self, certainty: Certainty) -> None:
        options = f"--from {_DAY} --to {_DAY} --certainty {certainty.lower()}"
        dyad, certainties = "-".join(sample.DYAD), [certainty]
        self._events(
            options,
            EventFilter(dyad, certainties=certainties, occurred_from=_DAY, occurred_to=_DAY),
        )

    def _events(self, options: str, wanted: EventFilter) -> None:
        self._command(f"timeline KOR JPN {options} --zone {sample.ZONE}")
        events = self._client.timeline(wanted, zone=sample.ZONE, min_position=self._position)
        event_view.print_events(self._screen, events, sample.ZONE)

    def _ask(self, question: str) -> None:
        self._screen.print()
        self._screen.rule(Text(question, "bold"), align="left", characters="─")

    def _command(self, command: str) -> None:
        self._screen.print(Text(f"$ communique {command}", "bold cyan"), soft_wrap=True)
        self._screen.print()

    def _say(self, text: str) -> None:
        self._screen.print()
        for line in Text(text, "italic").wrap(self._screen, self._screen.width):
            line.rstrip()
            self._screen.print(line)
