//! From one business day to the next: which session the orders of a pass go into, and when
//! one is closed. Only for the service, and only sessions that are ours.

use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;
use serde_json::json;

use crate::config::{Closing, ClosingRule, Sync};
use crate::metrics::metrics;
use crate::odoo::fields::Datetime;
use crate::odoo::{CallError, public};
use crate::order::Part;
use crate::shop::ShopRef;
use crate::store::{OwnSession, lease};
use crate::text;

use super::closing::{Calendar, Closer, Past, SessionReport, Standing, Stretch, Verdict};
use super::closing::{entry_day, is_due, stretches};
use super::doubt;
use super::gate::Gate;
use super::report::PassError;
use super::restored;
use super::settle::Settle;
use super::sharing::sharing;

/// After the end of a day its session waits so long for syncs that do not get through to
/// their source; then their orders of that day come late.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// A clock may be ahead of Odoo's by so much.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

impl Settle<'_> {
    /// What every order of this pass has to pass.
    pub(super) async fn gate(&self) -> Result<Gate, PassError> {
        let client = &self.odoo.client;
        let addon = self.odoo.facts.addon;
        restored::forget_foreign_sessions(self.engine.store(), client, self.shop.id).await?;
        let shared = sharing(client, addon, self.shop.id, self.engine.now()).await?;
        let locked_through = if addon { self.locked_through().await? } else { None };
        let closed_through = self.engine.store.closed_through(self.shop.id).await?;
        Ok(Gate { calendar: Calendar::of(self.sync), past: Past { closed_through, locked_through }, shared })
    }

    /// The newest date through which accounting is locked, as far as it can be read: an older
    /// addon does not tell it.
    async fn locked_through(&self) -> Result<Option<NaiveDate>, PassError> {
        let asked =
            self.odoo.client.read("external.order.service", "locked_through", (self.shop.company,), ());
        let answer: Result<String, CallError> = asked.await;
        match answer {
            Ok(text) => Ok(text.parse().ok()),
            Err(CallError::Fault(fault)) if !fault.is_transient() => {
                tracing::debug!(%fault, "lock dates cannot be read");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The stretches of this pass, in order.
    pub(super) async fn stretches(&self, gate: &Gate) -> Result<Vec<Stretch>, PassError> {
        let now = self.engine.now();
        if self.closes_by(gate) != Some(ClosingRule::BusinessDay) {
            return Ok(vec![Stretch::all(&gate.calendar, now)]);
        }
        let open = self.own_sessions().await?.iter().map(|own| own.business_day).min();
        Ok(stretches(&gate.calendar, open, gate.past.closed_through, now))
    }

    /// Whether orders may be booked while others are still being fetched. Where each business
    /// day has a session of its own, not before all of the earlier days are there: the last
    /// fetch reached into today, and no earlier day is still to be served.
    pub(super) async fn may_begin(&self, gate: &Gate, stretches: &[Stretch]) -> Result<bool, PassError> {
        if self.closes_by(gate) != Some(ClosingRule::BusinessDay) {
            return Ok(true);
        }
        let cursor = self.engine.store.cursor(&self.sync.feed()).await?;
        let today = gate.calendar.day(self.engine.now());
        Ok(stretches.len() == 1 && cursor.is_some_and(|cursor| cursor >= gate.calendar.start(today)))
    }

    /// The rule by which this pass closes sessions; `None` when it must not.
    fn closes_by(&self, gate: &Gate) -> Option<ClosingRule> {
        (self.peers.is_some() && gate.shared.is_none()).then_some(self.sync.closing.when)
    }

    /// Before orders of a day are booked, the sessions of earlier days are closed. `false`:
    /// not yet, since a sync of this shop may still bring orders of an earlier day.
    pub(super) async fn make_way(&mut self, gate: &Gate, day: NaiveDate) -> Result<bool, PassError> {
        if self.closes_by(gate) != Some(ClosingRule::BusinessDay) {
            return Ok(true);
        }
        for own in self.own_sessions().await? {
            if own.business_day >= day {
                continue;
            }
            if self.rule_of(&own).when != ClosingRule::BusinessDay {
                continue;
            }
            let end = gate.calendar.end(own.business_day);
            let all_fetched = self.feeders().all(|feeder| self.engine.fetched_since(&feeder.id, end));
            if !all_fetched && self.engine.now() < end + PATIENCE {
                return Ok(false);
            }
            if self.may_be_on_its_way().await? {
                return Ok(false);
            }
            self.close(gate, &own).await?;
        }
        Ok(true)
    }

    /// At the end of a pass: closes what is due by its number of orders or its idleness.
    pub(super) async fn close_due(&mut self, gate: &Gate) -> Result<(), PassError> {
        let Some(ClosingRule::Idle | ClosingRule::Orders) = self.closes_by(gate) else { return Ok(()) };
        for own in self.own_sessions().await? {
            let standing = self.standing(&own).await?;
            if is_due(self.rule_of(&own), &gate.calendar, &standing, self.engine.now())
                && !self.may_be_on_its_way().await?
            {
                self.close(gate, &own).await?;
            }
        }
        Ok(())
    }

    /// Whether Odoo may still be at a request with orders that gave no clear answer.
    async fn may_be_on_its_way(&self) -> Result<bool, PassError> {
        let sent = doubt::since(self.engine.store(), self.shop.id).await?;
        // A time that is yet to come: the clock was put back since.
        let ago = sent.map(|sent| self.engine.now() - sent).filter(|ago| *ago >= TimeDelta::zero());
        Ok(ago.is_some_and(|ago| ago < self.unknown_settle()))
    }

    /// The active syncs that feed this shop.
    fn feeders(&self) -> impl Iterator<Item = &Sync> {
        let is_this = |shop: &ShopRef| match shop {
            ShopRef::Id(id) => *id == self.shop.id,
            ShopRef::Name(name) => *name == self.shop.name,
        };
        let peers = self.peers.unwrap_or_default().iter();
        peers.filter(move |peer| peer.shops.all().iter().any(|(shop, _)| is_this(shop)))
    }

    /// A session is closed by the rule of the sync that it was opened for, while there is one.
    fn rule_of(&self, own: &OwnSession) -> &Closing {
        let opener = self.peers.unwrap_or_default().iter().find(|peer| peer.id == own.sync);
        &opener.unwrap_or(self.sync).closing
    }

    /// The sessions of ours in this shop.
    async fn own_sessions(&self) -> Result<Vec<OwnSession>, PassError> {
        let mut own = self.engine.store.open_sessions().await?;
        own.retain(|session| session.shop == self.shop.id);
        Ok(own)
    }

    async fn standing(&self, own: &OwnSession) -> Result<Standing, PassError> {
        #[derive(Deserialize)]
        struct Row {
            create_date: Datetime,
        }
        let client = &self.odoo.client;
        let domain = json!([[["session_id", "=", own.id]]]);
        let orders: u64 = client.read("pos.order", "search_count", &domain, json!({})).await?;
        let newest = json!({"fields": ["create_date"], "order": "id desc", "limit": 1});
        let last: Vec<Row> = client.read("pos.order", "search_read", &domain, newest).await?;
        let last = last.first().map_or(own.opened_at, |row| row.create_date.0);
        Ok(Standing { day: own.business_day, active_at: last.max(own.opened_at), orders })
    }

    /// How many minutes our clock is ahead of Odoo's, where that is too much to tell by it that
    /// a day is over.
    async fn minutes_ahead(&self) -> Option<i64> {
        let address = self.odoo.client.target().address.parse().ok()?;
        let ahead = self.engine.ahead_of(public::clock(&address).await?);
        (ahead > AHEAD).then(|| ahead.num_minutes())
    }

    async fn close(&mut self, gate: &Gate, own: &OwnSession) -> Result<(), PassError> {
        if let Some(minutes) = self.minutes_ahead().await {
            let note = text!(
                "The session of {day} is not closed: the clock of the service's machine is {minutes} minutes ahead of Odoo's. Let both machines take the time from the network.",
                day = own.business_day,
                minutes = Part::figure(minutes)
            );
            tracing::error!("{note}");
            self.report.notes.push(note);
            return Ok(());
        }
        lease::insist(self.engine.store(), self.lease).await?;
        self.engine.hold(self.odoo, self.shop).await?;
        let now = self.engine.now();
        let closer = Closer {
            client: &self.odoo.client,
            dialect: &self.odoo.dialect,
            addon: self.odoo.facts.addon,
            shop: self.shop,
            calendar: gate.calendar,
            now,
        };
        let day = entry_day(self.rule_of(own), &gate.calendar, own.business_day, now);
        let report = closer.close(own.id, day).await?;
        let Some(report) = report else {
            self.engine.store.session_closed(own.id, "gone", now).await?;
            return Ok(());
        };
        if report.verdict != Verdict::NotClosed {
            self.engine.store.session_closed(own.id, report.verdict.as_str(), now).await?;
            metrics().session_closed();
        }
        tell(&report);
        self.report.sessions.push(report);
        Ok(())
    }
}

fn tell(report: &SessionReport) {
    if report.needs_attention() {
        tracing::warn!("{}", report.summary());
    } else {
        tracing::info!("{}", report.summary());
    }
}
