"""What is checked of rivals: that their answers are ours."""

from collections.abc import Mapping, Sequence
from typing import Final

from bench import load
from bench.subject import Question, Subject

_DIFFERENCES_SHOWN: Final = 3

Answered = list[tuple[Question, Mapping[str, str]]]


def check_agree(service: Subject, rival: Subject, questions: Sequence[Question]) -> None:
    """Ask both; raise `WrongResult` unless the same event wins each facet in both answers.

    Both hold the same history. The rival is asked from the points that the service answered for.
    """
    ours = load.made(service, winners_of, questions)
    theirs = load.made(rival, winners_of, [pinned for pinned, _ in ours])
    for (question, expected), (_, actual) in zip(ours, theirs, strict=True):
        different = sorted(expected.items() ^ actual.items())[:_DIFFERENCES_SHOWN]
        load.check(not different, f"{rival.name} differs about {question}: {different}")


async def winners_of(subject: Subject, questions: Sequence[Question]) -> Answered:
    """Ask questions; return each with its point pinned, and the winners of its answer."""
    answered: Answered = []
    for question in questions:
        answer = await subject.as_of(question)
        answered.append((subject.pinned(question, answer), subject.winners(answer)))
    return answered
