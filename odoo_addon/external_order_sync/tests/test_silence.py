import math
import random
from bisect import bisect_right
from datetime import datetime, timedelta

from pytz import timezone, utc

from odoo.tests.common import BaseCase, tagged

from ..silence import judge

ZONE = timezone("Europe/Paris")
# Orders an hour, as parts of the mean: closed at night, busy at noon and in the evening.
HOURS = [0] * 8 + [
    0.5,
    0.8,
    1,
    1.3,
    1.6,
    1.5,
    1.1,
    0.9,
    0.9,
    1.1,
    1.4,
    1.3,
    0.9,
    0.5,
    0,
    0,
]
WEEK = [0.9, 0.9, 1, 1, 1.2, 1.5, 0.7]
# How often is looked: as the watching job does around an outage, else more seldom, for this takes long.
OFTEN, SELDOM = timedelta(minutes=15), timedelta(minutes=30)


class Year:
    """A shop's year from January on: weekdays, a trend, a season, good and bad days, nine holidays, three outages."""

    def __init__(self, an_hour, seed):
        self.dice = random.Random(seed)
        begin = datetime(2026, 1, 1)
        days = [begin + timedelta(days=n) for n in range(365)]
        # Not two in one month, as one a month is what is promised.
        self.holidays = {
            days[30 * n + self.dice.randrange(5, 25)] for n in range(3, 12)
        }
        self.outages = []
        for day in (100, 190, 290):
            while days[day] in self.holidays or days[day + 1] in self.holidays:
                day += 1
            since = days[day] + timedelta(hours=self.dice.uniform(9, 18))
            self.outages.append(
                (since, since + timedelta(hours=self.dice.choice((5, 8, 30))))
            )
        self.orders = sorted(
            to_utc(moment)
            for n, day in enumerate(days)
            if day not in self.holidays
            for moment in self._day(day, an_hour * self._level(n))
            if not any(since <= moment < until for since, until in self.outages)
        )

    def _level(self, n):
        season = 1 + 0.25 * math.sin(2 * math.pi * n / 365)
        return season * (1 + 0.2 * n / 365) * self.dice.lognormvariate(0, 0.2)

    def _day(self, day, an_hour):
        for hour, part in enumerate(HOURS):
            rate = an_hour * part * WEEK[day.weekday()]
            passed = self.dice.expovariate(rate) if rate else 1
            while passed < 1:
                yield day + timedelta(hours=hour + passed)
                passed += self.dice.expovariate(rate)

    def _counts(self, stretches):
        return [
            bisect_right(self.orders, until) - bisect_right(self.orders, since)
            for since, until in stretches
        ]

    def judge(self, now, closed_until=None):
        last = self.orders[bisect_right(self.orders, now) - 1]
        return judge(now, ZONE, self.orders[0], last, self._counts, closed_until)

    def walk(self, closed=(), begin=datetime(2026, 3, 1), end=datetime(2026, 12, 31)):
        """Hours of trading until each outage was found, and when there was a false alarm."""
        found, false, alarm = {}, [], False
        now = to_utc(begin)
        while now < to_utc(end):
            here = utc.localize(now).astimezone(ZONE).replace(tzinfo=None)
            near = any(o[0] - SELDOM < here < o[1] + SELDOM for o in self.outages)
            now += OFTEN if near else SELDOM
            here = utc.localize(now).astimezone(ZONE).replace(tzinfo=None)
            day = here.replace(hour=0, minute=0, second=0, microsecond=0)
            if not HOURS[here.hour] or day in closed:
                continue
            reopened = to_utc(day) if day - timedelta(days=1) in closed else None
            before, alarm = alarm, self.judge(now, reopened).state == "silent"
            # An alarm may outlast its outage a little: until orders are at their pace again.
            hit = [o for o in self.outages if o[0] <= here < o[1] + timedelta(hours=2)]
            if alarm and hit:
                found.setdefault(hit[0], trading(hit[0][0], here))
            elif alarm and not before:
                false.append(here)
        return [found.get(outage) for outage in self.outages], false


def trading(since, until):
    """Hours between two moments in which the shop sells."""
    minutes = range(int((until - since).total_seconds() // 60))
    return sum(bool(HOURS[(since + timedelta(minutes=m)).hour]) for m in minutes) / 60


def to_utc(moment):
    return ZONE.localize(moment).astimezone(utc).replace(tzinfo=None)


@tagged("post_install", "-at_install")
class TestSilence(BaseCase):
    """The rule of the silence alarm over a year that is made up."""

    def _walk(self, an_hour, seed, within):
        year = Year(an_hour, seed)
        hours, false = year.walk(closed=year.holidays)
        self.assertTrue(all(hours), "an outage was not found: %s" % hours)
        self.assertLessEqual(max(hours), within, hours)
        months = [moment.month for moment in false]
        self.assertLessEqual(max(map(months.count, months), default=0), 1, false)
        return year

    def test_outages_are_found_within_an_hour(self):
        year = self._walk(40, 1, within=1)
        # What nobody said is closed is told, once a day; and nothing else is.
        _hours, false = year.walk(end=datetime(2026, 5, 1))
        self.assertEqual(len(false), 1)
        days = [moment.replace(hour=0, minute=0) for moment in false]
        self.assertLessEqual(set(days) - year.holidays, set())
        self.assertEqual(len(days), len(set(days)))

    def test_a_small_shop_is_told_later_and_not_more_often(self):
        self._walk(6, 2, within=4)

    def test_too_few_orders_to_tell(self):
        year = Year(0.3, 3)
        now = to_utc(datetime(2026, 6, 3, 15))
        judgement = year.judge(now)
        self.assertEqual(judgement.state, "few")
        self.assertGreater(judgement.needed, 5)
        self.assertEqual(year.walk(end=datetime(2026, 5, 1)), ([None] * 3, []))

    def test_four_weeks_are_needed(self):
        begin = datetime(2026, 1, 1)
        for days, state in ((27, "learning"), (28, "few")):
            now = begin + timedelta(days=days)
            said = judge(
                now, ZONE, begin, begin, lambda stretches: [0] * len(stretches)
            )
            self.assertEqual(said.state, state)
        self.assertEqual(judge(begin, ZONE, None, None, None).state, "learning")

    def test_a_trickle_is_a_silence_too(self):
        year = Year(60, 4)
        since, until = (
            to_utc(datetime(2026, 6, 3, 12)),
            to_utc(datetime(2026, 6, 3, 14)),
        )
        gone = [order for order in year.orders if since < order <= until]
        gone, kept = set(gone), set(gone[::16])
        year.orders = [
            order for order in year.orders if order not in gone or order in kept
        ]
        judgement = year.judge(until)
        self.assertEqual(judgement.state, "silent")
        self.assertGreater(judgement.here, 0)
        self.assertLess(judgement.here, judgement.missed / 4)

    def test_the_clock_of_the_shop_counts_when_it_is_changed(self):
        # On 29 March clocks went forward: noon there was an hour later in UTC before.
        orders = [
            to_utc(datetime(2026, 2, 1, 12) + timedelta(days=day, minutes=minute))
            for day in range(70)
            for minute in range(60)
        ]

        def state(moment):
            now = to_utc(moment)
            last = orders[bisect_right(orders, now) - 1]
            return judge(now, ZONE, orders[0], last, counts)

        def counts(stretches):
            return [
                bisect_right(orders, b) - bisect_right(orders, a) for a, b in stretches
            ]

        self.assertEqual(state(datetime(2026, 3, 30, 11, 59)).usual, 0)
        self.assertEqual(state(datetime(2026, 3, 30, 12, 30)).usual, 31)
        orders = [order for order in orders if order < to_utc(datetime(2026, 3, 30))]
        self.assertEqual(state(datetime(2026, 3, 30, 11, 59)).state, "usual")
        self.assertEqual(state(datetime(2026, 3, 30, 12, 59)).state, "silent")
