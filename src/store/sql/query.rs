//! Reading the inbox.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::dialect::{self, Database, Pool, Row};
use super::{DESTINATION, lease, row};
use crate::store::fault::Fault;
use crate::store::{Filter, Item, Places, State};

/// The columns that [`row::item`] reads, and what `health` compares.
const COLUMNS: &str = "select i.seq, i.key, i.source, o.sync, i.external_id, i.raw, i.raw_hash, \
     i.aged_at, i.format, i.revision, o.state, o.reason, o.attempts, o.payload_hash, o.next_try_at, i.sale_at, i.total, \
     o.record_id, o.record_name, o.record_total, o.warnings, o.completion, i.received_at, o.changed_at, \
     o.change, o.booked_at, n.raw as newer_raw, n.format as newer_format, n.total as newer_total, \
     n.received_at as newer_received_at";

/// Where a statement starts from. Each walks its items in order of receipt without sorting:
/// SQLite is told so, whatever it guesses about their number.
#[derive(Clone, Copy)]
pub(super) enum From {
    /// The open items; the condition is that of the index, word for word.
    Open,
    /// Those that Odoo is to be told, but for the queued ones; likewise.
    Untold,
    /// The queued ones; likewise.
    UntoldQueue,
    /// All items.
    All,
    /// Single orders of the inbox, by an index of theirs.
    Inbox,
}

impl From {
    pub fn select(self) -> QueryBuilder<Database> {
        self.select_columns(COLUMNS)
    }

    fn select_columns(self, columns: &'static str) -> QueryBuilder<Database> {
        let mut query = QueryBuilder::new(columns);
        query.push(match self {
            Self::Inbox => " from inbox i",
            _ => " from outcome o",
        });
        query.push(match self {
            Self::Open => dialect::BY_OPEN,
            Self::Untold => dialect::BY_UNTOLD,
            Self::UntoldQueue => dialect::BY_UNTOLD_QUEUE,
            Self::All => dialect::BY_SEQ,
            Self::Inbox => "",
        });
        query.push(dialect::THEN_JOIN).push(match self {
            Self::Inbox => "outcome o on o.seq = i.seq",
            _ => "inbox i on i.seq = o.seq",
        });
        query.push(" left join newer n on n.seq = i.seq where o.destination = ");
        query.push_bind(DESTINATION);
        query.push(match self {
            Self::Open => " and o.state not in ('booked', 'skipped', 'ignored')",
            Self::Untold => " and o.told < o.change and o.state not in ('ready', 'sending')",
            Self::UntoldQueue => " and o.told < o.change and o.state in ('ready', 'sending')",
            Self::All | Self::Inbox => "",
        });
        query
    }
}

/// Items to plan.
pub(super) async fn claim(
    db: &Pool,
    sync: &str,
    places: &Places,
    after: i64,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Item>, Fault> {
    items(db, claiming(sync, places, after, limit, now)?).await
}

/// The statement of [`claim`].
pub(in super::super) fn claiming(
    sync: &str,
    places: &Places,
    after: i64,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<QueryBuilder<Database>, Fault> {
    let mut query = From::Open.select();
    query.push(" and o.seq > ").push_bind(after);
    query.push(" and o.sync = ").push_bind(sync.to_owned());
    query.push(" and (o.state in ('ready', 'refused') or (o.state = 'retrying' and (o.next_try_at <= ");
    query.push_bind(row::millis(now)).push(" or o.changed_at > ");
    query.push_bind(row::millis(now)).push(")))");
    let (not, listed) = match places {
        Places::All => ("", None),
        Places::Of(listed) => ("", Some(listed)),
        Places::NotOf(listed) => ("not ", Some(listed)),
    };
    if let Some(listed) = listed {
        query.push(format_args!(" and {not}exists (select 1 from json_each("));
        query.push_bind(row::json(listed)?);
        query.push(") p where substr(i.key, 1, length(p.value)) = p.value)");
    }
    query.push(" order by o.seq limit ").push_bind(at_most(limit));
    Ok(query)
}

/// Items whose outcome is not known.
pub(super) async fn in_doubt(db: &Pool, sync: &str) -> Result<Vec<Item>, Fault> {
    let mut query = From::Open.select();
    query.push(" and o.sync = ").push_bind(sync.to_owned());
    query.push(" and o.state = 'sending'").push(lease::NOT_UNDER_WAY).push(" order by o.seq");
    items(db, query).await
}

/// Items by filter.
pub(super) async fn list(db: &Pool, filter: &Filter) -> Result<Vec<Item>, Fault> {
    items(db, listing(filter)).await
}

/// The statement of [`list`].
pub(in super::super) fn listing(filter: &Filter) -> QueryBuilder<Database> {
    let mut query = filtered(COLUMNS, filter);
    query.push(if filter.newest_first { " order by o.seq desc" } else { " order by o.seq" });
    if filter.limit > 0 {
        query.push(" limit ").push_bind(at_most(filter.limit));
    }
    query
}

/// How many items meet a filter.
pub(super) async fn count(db: &Pool, filter: &Filter) -> Result<u64, Fault> {
    let found = filtered("select count(*) as items", filter).build().fetch_one(db).await?;
    row::count(&found, "items")
}

fn filtered(columns: &'static str, filter: &Filter) -> QueryBuilder<Database> {
    let open = !filter.states.is_empty() && filter.states.iter().all(|state| state.is_open());
    let mut query = match &filter.external_id {
        Some(external_id) => {
            let mut query = From::Inbox.select_columns(columns);
            query.push(" and i.external_id = ").push_bind(external_id.clone());
            query
        }
        None if open => From::Open.select_columns(columns),
        None => From::All.select_columns(columns),
    };
    query.push(" and o.seq > ").push_bind(filter.after);
    if !filter.states.is_empty() {
        query.push(" and o.state in (");
        let mut states = query.separated(", ");
        for state in &filter.states {
            states.push_bind(state.as_str());
        }
        query.push(")");
    }
    if let Some(sync) = &filter.sync {
        query.push(" and o.sync = ").push_bind(sync.clone());
    }
    if let Some(source) = &filter.source {
        query.push(" and i.source = ").push_bind(source.clone());
    }
    if let Some(sold) = &filter.sold {
        query.push(" and i.sale_at >= ").push_bind(row::millis(sold.start));
        query.push(" and i.sale_at < ").push_bind(row::millis(sold.end));
    }
    if let Some(text) = &filter.mentions {
        let pattern =
            format!("%{}%", bare(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let mut before = " and (";
        for column in ["i.raw", "i.key", "coalesce(o.record_name, '')"] {
            query.push(before).push(bare_sql(column)).push(" like ").push_bind(pattern.clone());
            query.push(" escape '\\'");
            before = " or ";
        }
        query.push(")");
    }
    query
}

/// Signs that [`Filter::mentions`] passes over.
const SIGNS: [char; 4] = [' ', '-', '.', '/'];

/// A text without these signs, in lower case.
fn bare(text: &str) -> String {
    text.replace(SIGNS, "").to_lowercase()
}

/// The same of a column.
fn bare_sql(column: &str) -> String {
    SIGNS.iter().fold(format!("lower({column})"), |sql, sign| format!("replace({sql}, '{sign}', '')"))
}

/// Items by key.
pub(super) async fn get(db: &Pool, keys: &[String]) -> Result<Vec<Item>, Fault> {
    let mut query = From::Inbox.select();
    query.push(" and i.key in (select value from json_each(").push_bind(row::json(&keys)?);
    query.push(")) order by o.seq");
    items(db, query).await
}

/// Items per state.
pub(super) async fn counts(db: &Pool, sync: &str) -> Result<Vec<(State, u64)>, Fault> {
    let rows = sqlx::query(
        "select state, count(*) as items from outcome where sync = $1 and destination = $2 group by state",
    )
    .bind(sync)
    .bind(DESTINATION)
    .fetch_all(db)
    .await?;
    let mut counts = rows
        .iter()
        .map(|found| Ok((row::state(found, "state")?, row::count(found, "items")?)))
        .collect::<Result<Vec<(State, u64)>, Fault>>()?;
    counts.sort_unstable();
    Ok(counts)
}

async fn items(db: &Pool, mut query: QueryBuilder<Database>) -> Result<Vec<Item>, Fault> {
    let rows: Vec<Row> = query.build().fetch_all(db).await?;
    rows.iter().map(row::item).collect()
}

/// A limit as a statement takes it.
pub(super) fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
