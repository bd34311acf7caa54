//! Completeness: for each shop and business day, what the source sold against what Odoo holds,
//! and every order that differs, by name.
//!
//! The source's side is a fresh read of its list, never the inbox; Odoo's is read from Odoo,
//! never from the store, which only says why something differs. Nothing is written anywhere.
//!
//! | file | what it knows |
//! |---|---|
//! | `day` | a day, its differences, and the rule by which it is green, amber, red or grey |
//! | `shown` | what the source shows |
//! | `standing` | what Odoo holds |
//! | `compare` | one against the other; pure |

mod compare;
mod day;
mod shown;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::Sync;
use crate::odoo::fields::Many2One;
use crate::odoo::{CallError, Client};
use crate::order::ingest::Provenance;
use crate::order::{Part, Text};
use crate::shop::{ShopLoader, ShopRef};
use crate::store::{Filter, Item, State};
use crate::text;

use super::asked;
use super::closing::Calendar;
use super::collect::{feed, read};
use super::engine::Engine;
use super::report::{PassError, PassErrorKind};
use super::restored::{in_all_companies, sees_shops};
use super::series::Dialect;

use compare::{Known, Sides};
pub use day::{Completeness, Day, Difference, Kind, Light};
use shown::SourceSide;
use standing::{Adopted, OdooSide};

/// Days that are checked where nobody says which: yesterday, and those before it again, for
/// tills that were offline deliver late.
const RECHECKED: u64 = 3;
/// So long after a day ended it is checked by itself: what came late that night is booked.
const AFTER: TimeDelta = TimeDelta::hours(3);
/// Days that are checked at most.
const MOST_DAYS: i64 = 366;
/// Items read from the store at once.
const ITEMS: usize = 500;
/// Orders that are asked for one by one at most.
const SINGLES: usize = 100;

/// Told how far a check is.
pub type Said<'a> = &'a (dyn Fn(Text) + Send + std::marker::Sync);

/// Business days, the first and the last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

impl Span {
    /// The days that are checked where a person says as much as this: those up to yesterday.
    ///
    /// # Errors
    ///
    /// Says why these cannot be.
    pub fn new(
        sync: &Sync,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<Self, PassError> {
        let back = |day: NaiveDate, days| day.checked_sub_days(Days::new(days)).unwrap_or(day);
        let yesterday = back(Calendar::of(sync).day(now), 1);
        let to = to.unwrap_or_else(|| yesterday.max(from.unwrap_or(yesterday)));
        let from = from.unwrap_or_else(|| back(to, RECHECKED - 1));
        let error = |message: Text| {
            PassError::new(
                PassErrorKind::Configuration,
                "days",
                message,
                text!("Give other days, with --from and --to."),
            )
        };
        if to < from {
            return Err(error(text!("The last day, {to}, is before the first, {from}.", to, from)));
        }
        if (to - from).num_days() >= MOST_DAYS {
            return Err(error(text!(
                "From {from} to {to} are more than {most} days.",
                from,
                to,
                most = Part::figure(MOST_DAYS)
            )));
        }
        Ok(Self { from, to })
    }

    /// The business day that is under way.
    pub fn today(sync: &Sync, now: DateTime<Utc>) -> NaiveDate {
        Calendar::of(sync).day(now)
    }

    /// The day to be checked by itself: yesterday, some hours after it ended.
    pub fn due(sync: &Sync, now: DateTime<Utc>) -> Option<NaiveDate> {
        let calendar = Calendar::of(sync);
        let today = calendar.day(now);
        (now >= calendar.start(today) + AFTER).then(|| today.pred_opt()).flatten()
    }

    /// Whether a day is one of these.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }

    fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |day| *day <= self.to)
    }
}

/// The moments that these days begin and end.
#[derive(Debug, Clone, Copy)]
struct Window {
    begins: DateTime<Utc>,
    ends: DateTime<Utc>,
}

impl Window {
    fn of(span: Span, sync: &Sync) -> Self {
        let calendar = Calendar::of(sync);
        Self { begins: calendar.start(span.from), ends: calendar.end(span.to) }
    }

    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.begins <= at && at < self.ends
    }
}

/// What is known of a shop.
struct ShopFacts {
    id: i64,
    name: String,
    currency: String,
    /// How the sync names it.
    refs: Vec<ShopRef>,
}

/// What a comparison is about.
struct Whole<'a> {
    sync: &'a Sync,
    /// Ids of the other syncs of the same source.
    others: HashSet<String>,
    span: Span,
    window: Window,
    shops: Vec<ShopFacts>,
    /// Keys of orders that changed at their source after booking, as the store noticed.
    changed: HashSet<String>,
    /// When the source was last asked to the end of its list.
    asked: Option<DateTime<Utc>>,
}

impl Whole<'_> {
    fn sides<'s>(
        &'s self,
        source: &'s SourceSide,
        odoo: &'s OdooSide<'_>,
        known: &'s HashMap<String, Known>,
    ) -> Sides<'s> {
        Sides { whole: self, source, standing: &odoo.standing, known }
    }
}

impl Engine {
    /// Compares what the source of a sync sold on these days with what Odoo holds. `peers` are
    /// all syncs: another one may have orders of the same source. `said` is told now and then
    /// how far it is.
    ///
    /// # Errors
    ///
    /// Odoo cannot be asked, or the store fails. A source that cannot be read is no error: its
    /// days are grey, and say why.
    pub async fn reconcile(
        &self,
        client: &Client,
        sync: &Sync,
        peers: &[Sync],
        span: Span,
        said: Said<'_>,
    ) -> Result<Completeness, PassError> {
        let client = &in_all_companies(client).await?;
        let shops = shops_of(client, sync).await?;
        let window = Window::of(span, sync);
        let mut source = SourceSide::new(self.now());
        if let Err(error) = source.walk(self, sync, &window, said).await {
            if error.kind != PassErrorKind::Unreachable {
                return Err(error);
            }
            return Ok(unreadable(sync, span, &shops, &error));
        }
        said(text!("{sync}: reading Odoo", sync = &sync.name));
        let dialect = &Dialect::of(client).await?;
        let mut odoo = OdooSide::new(client, dialect);
        let ids: Vec<i64> = shops.iter().map(|shop| shop.id).collect();
        odoo.read_days(&sync.source, &ids, &window).await?;
        let keys = source.shown.keys().cloned().chain(source.cancellations());
        let elsewhere: Vec<String> = keys.filter(|key| !odoo.standing.contains_key(key)).collect();
        odoo.read_keys(&sync.source, &elsewhere).await?;
        let changed = self.changed(sync).await?;
        let asked = asked::asked(self.store()).await?.get(&sync.id).map(|asked| asked.at);
        let others = |other: &&Sync| other.source == sync.source && other.id != sync.id;
        let others = peers.iter().filter(others).map(|other| other.id.clone()).collect();
        let whole = Whole { sync, others, span, window, shops, changed, asked };
        let in_question = whole.sides(&source, &odoo, &HashMap::new()).in_question();
        let (known, booked) = self.known(&in_question).await?;
        odoo.read_adopted(&booked).await?;
        odoo.read_refunds().await?;
        let missed = whole.sides(&source, &odoo, &known).not_shown();
        if !missed.is_empty() {
            match self.look_again_for(&mut source, sync, &whole.window, &missed, said).await {
                Err(error) if error.kind == PassErrorKind::Unreachable => source.unread.push(text!(
                    "The source could not be asked again for what it did not show: {why}",
                    why = error.said()
                )),
                looked => looked?,
            }
        }
        let days = whole.sides(&source, &odoo, &known).days();
        Ok(Completeness { sync: sync.name.clone(), days, read: source.read })
    }

    /// What the store says of orders, and what it knows to be booked of them.
    async fn known(&self, keys: &[String]) -> Result<(HashMap<String, Known>, Vec<Adopted>), PassError> {
        let (mut known, mut booked) = (HashMap::new(), Vec::new());
        for keys in keys.chunks(ITEMS) {
            for item in self.store().get(keys).await? {
                known.insert(item.key.clone(), Known::of(&item));
                booked.extend(item.booked.map(|booked| (item.key, booked)));
            }
        }
        Ok((known, booked))
    }

    /// Keys of orders that changed at their source after they were booked.
    async fn changed(&self, sync: &Sync) -> Result<HashSet<String>, PassError> {
        let mut filter = Filter {
            states: [State::Conflict].into(),
            source: Some(sync.source.to_string()),
            limit: ITEMS,
            ..Filter::default()
        };
        let mut keys = HashSet::new();
        while let Some(items) = self.store().next_page(&mut filter).await? {
            keys.extend(items.into_iter().map(|item: Item| item.key));
        }
        Ok(keys)
    }

    /// Before an order is said not to be shown, the source is asked for it once more: at its own
    /// address where it has one, else by its list from further back.
    async fn look_again_for(
        &self,
        source: &mut SourceSide,
        sync: &Sync,
        window: &Window,
        missed: &[(String, DateTime<Utc>)],
        said: Said<'_>,
    ) -> Result<(), PassError> {
        if let Some(address) = &sync.order_url
            && missed.len() <= SINGLES
        {
            let feed = feed(sync, &self.settings.allow)?;
            for (key, _) in missed {
                let Some(id) = crate::order::OrderKey::parse(key).map(|key| key.order_id) else { continue };
                let Some(body) = feed.order(address, &id).await? else { continue };
                let provenance = Provenance::page(&sync.url, 1);
                // One that cannot be read is as good as one that is not shown.
                let Ok(arrivals) = read(&body, sync, &provenance, self.now()) else { continue };
                for order in arrivals.orders.into_iter().filter(|order| order.key == *key) {
                    source.take(order, sync, window, self.now());
                }
            }
            return Ok(());
        }
        let since = missed.iter().map(|(_, at)| *at).chain([window.begins]).min().unwrap_or(window.begins);
        let back = TimeDelta::from_std(sync.overlap).unwrap_or_default();
        source.walk_again(self, sync, window, since - back, said).await
    }
}

/// The days of a source that cannot be read.
fn unreadable(sync: &Sync, span: Span, shops: &[ShopFacts], error: &PassError) -> Completeness {
    let mut days = Vec::new();
    for date in span.days() {
        for shop in shops {
            let mut day = Day::new((shop.id, &shop.name), &shop.currency, date);
            day.unchecked.push(text!("The source could not be read: {why}", why = error.said()));
            day.close();
            days.push(day);
        }
    }
    Completeness { sync: sync.name.clone(), days, read: 0 }
}

/// The shops that a sync feeds. One that the user does not see is an error: its orders would
/// all look missing.
async fn shops_of(client: &Client, sync: &Sync) -> Result<Vec<ShopFacts>, PassError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        name: String,
        currency_id: Many2One,
    }
    if !sees_shops(client, sync).await? {
        return Err(PassError::new(
            PassErrorKind::Configuration,
            "shop_unseen",
            text!("The API user does not see every shop of the sync {sync}.", sync = &sync.name),
            text!("Give it the companies of these shops (tillbridge doctor says which)."),
        ));
    }
    let mut refs: BTreeMap<i64, Vec<ShopRef>> = BTreeMap::new();
    for (shop, _) in sync.shops.all() {
        let id = match shop {
            ShopRef::Id(id) => *id,
            ShopRef::Name(_) => ShopLoader::find(client, shop).await?,
        };
        refs.entry(id).or_default().push(shop.clone());
    }
    let ids: Vec<i64> = refs.keys().copied().collect();
    let domain = json!([["id", "in", ids]]);
    let rows: Result<Vec<Row>, CallError> =
        client.search_read("pos.config", domain, &["name", "currency_id"], "id").await;
    let facts = |row: Row| ShopFacts {
        refs: refs.remove(&row.id).unwrap_or_default(),
        id: row.id,
        name: row.name,
        currency: row.currency_id.name,
    };
    Ok(rows?.into_iter().map(facts).collect())
}
