"""What is measured of a call in Odoo's shell: its time, its statements, and the plan of the slowest one."""

import re
import time
from contextlib import contextmanager

from odoo.sql_db import Cursor

RUNS = 3
# What a plan is read for; the conditions of its nodes make it long.
PLAN = re.compile(r"(Scan|Join|Aggregate|Sort|Limit|Nested Loop|Planning Time|Execution Time|Buffers)")


@contextmanager
def statements():
    """The statements of a block, as (seconds, text, values)."""
    seen, execute = [], Cursor.execute

    def timed(cursor, query, params=None, *more, **named):
        begun = time.perf_counter()
        try:
            return execute(cursor, query, params, *more, **named)
        finally:
            seen.append((time.perf_counter() - begun, query, params))

    Cursor.execute = timed
    try:
        yield seen
    finally:
        Cursor.execute = execute


class Table:
    """Times of named calls, the best of a few; and the plans of their slowest statements."""

    def __init__(self, env):
        self.env, self.rows, self.plans = env, [], []

    def add(self, name, call, undo=False):
        """Measure a call; ``undo`` takes back what it writes, so that each run does the same."""
        best = None
        for _run in range(RUNS):
            _forget(self.env)
            with statements() as seen:
                begun = time.perf_counter()
                if undo:
                    self.env.cr.execute("SAVEPOINT measured")
                call()
                if undo:
                    _flush(self.env)
                spent = time.perf_counter() - begun
                if undo:
                    _forget(self.env)
                    self.env.cr.execute("ROLLBACK TO SAVEPOINT measured")
            if best is None or spent < best[0]:
                best = (spent, seen)
        spent, seen = best
        self.rows.append((name, spent, len(seen)))
        if seen:
            self._explain(name, max(seen, key=lambda statement: statement[0]))

    def _explain(self, name, statement):
        spent, query, params = statement
        code = getattr(query, "code", query)
        params = getattr(query, "params", params)
        text = code if isinstance(code, str) else str(code)
        if not re.match(r"\s*(SELECT|WITH)", text) or "UPDATE" in text:
            return
        self.env.cr.execute("SAVEPOINT explained")
        self.env.cr.execute("EXPLAIN (ANALYZE, BUFFERS) " + text, params)
        lines = [row[0] for row in self.env.cr.fetchall() if PLAN.search(row[0])]
        self.env.cr.execute("ROLLBACK TO SAVEPOINT explained")
        self.plans.append((name, spent, lines))

    def show(self, plans):
        for name, spent, count in self.rows:
            print("measured %-58s %7.0f ms %4d statements%s" % (name, spent * 1000, count, "  SLOW" * (spent > 1)))
        for name, spent, lines in self.plans if plans else []:
            print("plan of %s, its slowest statement (%.0f ms):" % (name, spent * 1000))
            for line in lines:
                print("plan   " + line[:150])


def _flush(env):
    env.flush_all() if hasattr(env, "flush_all") else env["base"].flush()


def _forget(env):
    env.invalidate_all(flush=False) if hasattr(env, "invalidate_all") else env["base"].invalidate_cache()
