"""The closed vocabularies of payloads."""

from typing import Final

from communique.domain.model import Word


class MeetingLevel(Word):
    """The rank at which the parties meet."""

    LEADER = "LEADER"
    MINISTER = "MINISTER"
    DIRECTOR_GENERAL = "DIRECTOR_GENERAL"
    WORKING = "WORKING"


class MeetingFormat(Word):
    """The form of a meeting."""

    BILATERAL = "BILATERAL"
    TRILATERAL = "TRILATERAL"
    MULTILATERAL = "MULTILATERAL"
    PHONE = "PHONE"
    SIDELINES = "SIDELINES"


class Finality(Word):
    """How final a refusal is."""

    WILL_NOT = "WILL_NOT"
    NOT_NOW = "NOT_NOW"
    CONDITIONAL = "CONDITIONAL"


class RelationsChange(Word):
    """How diplomatic relations changed."""

    ESTABLISHED = "ESTABLISHED"
    UPGRADED = "UPGRADED"
    DOWNGRADED = "DOWNGRADED"
    AMBASSADOR_RECALLED = "AMBASSADOR_RECALLED"
    AMBASSADOR_RETURNED = "AMBASSADOR_RETURNED"
    SEVERED = "SEVERED"
    RESTORED = "RESTORED"


class ScheduledKind(Word):
    """The kinds of subjects for which a date can be set."""

    MEETING = "MEETING"
    TALKS = "TALKS"
    DEMAND = "DEMAND"
    PROPOSAL = "PROPOSAL"
    MEASURE = "MEASURE"
    AGREEMENT = "AGREEMENT"


class ScheduledChange(Word):
    """What is due on a date that was set; what expires ends."""

    BEGIN = "BEGIN"
    TAKE_EFFECT = "TAKE_EFFECT"
    END = "END"
    BE_ANSWERED = "BE_ANSWERED"


CAN_BE_DUE: Final = {
    ScheduledKind.MEETING: (ScheduledChange.BEGIN,),
    ScheduledKind.TALKS: (ScheduledChange.BEGIN,),
    ScheduledKind.DEMAND: (ScheduledChange.BE_ANSWERED,),
    ScheduledKind.PROPOSAL: (ScheduledChange.BE_ANSWERED,),
    ScheduledKind.MEASURE: (ScheduledChange.TAKE_EFFECT, ScheduledChange.END),
    ScheduledKind.AGREEMENT: (ScheduledChange.TAKE_EFFECT, ScheduledChange.END),
}
"""What can be due of a subject of each kind."""


class Outlook(Word):
    """The direction that an assessment sees."""

    POSITIVE = "POSITIVE"
    NEUTRAL = "NEUTRAL"
    NEGATIVE = "NEGATIVE"


class Likelihood(Word):
    """How likely an assessment holds its outlook to be (ICD 203, 2015)."""

    ALMOST_NO_CHANCE = "ALMOST_NO_CHANCE"
    VERY_UNLIKELY = "VERY_UNLIKELY"
    UNLIKELY = "UNLIKELY"
    ROUGHLY_EVEN_CHANCE = "ROUGHLY_EVEN_CHANCE"
    LIKELY = "LIKELY"
    VERY_LIKELY = "VERY_LIKELY"
    ALMOST_CERTAIN = "ALMOST_CERTAIN"
