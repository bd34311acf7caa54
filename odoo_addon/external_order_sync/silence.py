"""Whether a source has fallen silent: far fewer orders than usual at this time of this weekday; no database.

The rule. What is usual for a stretch of time is the median of the same stretch, by the shop's clock, in the last eight
weeks: three of them may be holidays or outages. It is asked of the stretch since the last order, and of the last one,
two and four hours. A stretch is silent when it has at most a quarter of what is usual, and when chance alone would
bring that about less than once a year, with days that differ by a fifth from each other, as they do, and with today's
pace before the stretch. So the number of orders that must be missing is no setting but follows from how many there
are (10 at 500 a month, 18 at 50,000). A source of fewer orders a day than that cannot be judged, nor can one whose
orders of four weeks are not known yet.
"""

from datetime import datetime, time, timedelta
from statistics import median

from pytz import utc

WEEKS = 8
LEAST_WEEKS = 4
# Stretches that are looked at beside the one since the last order.
STRETCHES = (timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))
# A silence is measured over this long at most: of one that lasts for days the last day says enough.
LONGEST = timedelta(hours=24)
# “Far fewer” is at most this part of what is usual.
FAR_FEWER = 0.25
# By chance alone: once in so many months.
RARE_MONTHS = 12
# How many orders the usual pace weighs against what was seen of today's: days differ by 1 / √25, a fifth.
PACE_WEIGHT = 25


class Judgement:
    """What is to be said of a source at a moment."""

    def __init__(self, state, usual=0, came=0, needed=0, since=None, missed=0, here=0):
        # “learning”, “few” (too few orders to tell), “usual” or “silent”
        self.state = state
        # Of the day so far: how many orders are usual, how many came.
        self.usual, self.came = usual, came
        # Of a silence: when it began, how many orders are usual in it, how many came.
        self.since, self.missed, self.here = since, missed, here
        # How many orders must be missing before it can be told.
        self.needed = needed


def judge(now, zone, first, last, counts, closed_until=None):
    """Judge a source at ``now``. All moments are naive and in UTC; ``zone`` is pytz's.

    ``first`` and ``last`` are its first and last order's, or None; ``counts(stretches)`` says how many orders there are
    in each ``(begin, end)``, the begin left out. Before ``closed_until`` none were expected.
    """
    weeks = min(WEEKS, (now - first) // timedelta(days=7)) if first else 0
    if weeks < LEAST_WEEKS:
        return Judgement("learning")
    midnight = _utc(datetime.combine(_local(now, zone).date(), time.min), zone)
    earliest = now - LONGEST
    if closed_until:
        earliest = max(earliest, closed_until)
    begins = sorted(
        {max(moment, earliest) for moment in (last, *(now - s for s in STRETCHES))}
    )
    asked = [(now - timedelta(days=7 * weeks), now), (midnight, now)]
    for begin in begins:
        asked += [(begin, now), (min(midnight, begin), begin)]
    past = {
        moment: [_weeks_ago(moment, week, zone) for week in range(1, weeks + 1)]
        for moment in {now, midnight, *begins}
    }
    found = counts(
        asked
        + [
            stretch
            for begin, end in asked[1:]
            for stretch in zip(past[begin], past[end])
        ]
    )
    came = found[: len(asked)]
    usual = [
        median(found[start : start + weeks])
        for start in range(len(asked), len(found), weeks)
    ]
    rare = 1 / (RARE_MONTHS * max(1, came[0] * 52 / 12 / weeks))
    needed = PACE_WEIGHT * (rare ** (-1 / PACE_WEIGHT) - 1)
    so_far = {"usual": usual[0], "came": came[1], "needed": needed}
    if came[0] / (7 * weeks) < needed:
        return Judgement("few", **so_far)
    for place, begin in enumerate(begins):
        here, before = came[2 + 2 * place], came[3 + 2 * place]
        expected, expected_before = usual[1 + 2 * place], usual[2 + 2 * place]
        seen = min(before, expected_before) + PACE_WEIGHT, expected_before + PACE_WEIGHT
        if here <= FAR_FEWER * expected and chance(here, expected, *seen) < rare:
            return Judgement(
                "silent", since=begin, missed=expected, here=here, **so_far
            )
    return Judgement("usual", **so_far)


def chance(count, expected, came, usual):
    """How likely so few orders are, or fewer, where so many are usual, on a day that had ``came`` of ``usual`` before.

    Orders come independently, at a pace that is not known exactly: a negative binomial distribution.
    """
    odds = usual / (usual + expected)
    term = total = odds**came
    for number in range(count):
        term *= (came + number) / (number + 1) * (1 - odds)
        total += term
    return total


def _weeks_ago(moment, weeks, zone):
    """The same moment by the shop's clock, which may have been changed since."""
    return _utc(_local(moment, zone) - timedelta(days=7 * weeks), zone)


def _local(moment, zone):
    return utc.localize(moment).astimezone(zone).replace(tzinfo=None)


def _utc(moment, zone):
    return zone.localize(moment).astimezone(utc).replace(tzinfo=None)
