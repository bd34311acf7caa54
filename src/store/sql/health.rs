//! Looking at the whole store: what is damaged, what cannot be read, and what cannot be.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Row as _};

use super::dialect::{self, Backend, Database, Pool, Row};
use super::{migrate, query, row};
use crate::store::fault::Fault;
use crate::store::{Filter, Health, State, rules};

/// Orders read at a time.
const PAGE: usize = 500;

/// What no order can be in, and how it is said. `i` is the order, `o` what became of it.
const CANNOT_BE: [(&str, &str); 5] = [
    ("o.seq is null", "nothing says what became of it"),
    (
        "o.state in ('booked', 'conflict') and o.record_id is null",
        "it is booked, and nothing says as which record of Odoo",
    ),
    (
        "o.state = 'sending' and (o.payload_hash is null or o.attempts = 0)",
        "it is being sent, and nothing says what was sent",
    ),
    ("o.state = 'retrying' and o.next_try_at is null", "it is to be tried again, and nothing says when"),
    ("i.aged_at is not null and i.raw <> ''", "its text is there, and said to be taken away"),
];

/// Findings that are alike: how many orders they are about, and one of these.
#[derive(Default)]
struct Findings(BTreeMap<String, (u64, String)>);

impl Findings {
    fn add(&mut self, said: String, orders: u64, example: &str) {
        self.0.entry(said).or_insert_with(|| (0, example.to_owned())).0 += orders;
    }

    fn sentences(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(said, (orders, example))| match orders {
            1 => format!("The order {example}: {said}."),
            _ => format!("{orders} orders, among them {example}: {said}."),
        })
    }
}

/// What a look at the whole store finds.
pub(super) async fn check(store: &Backend) -> Result<Health, Fault> {
    let db = store.readers();
    let mut findings = dialect::damage(db).await?;
    let orders = match look(db).await {
        Ok((orders, found)) => {
            findings.extend(found.sentences());
            orders
        }
        // What is damaged cannot be read to its end.
        Err(_) if !findings.is_empty() => BTreeMap::new(),
        Err(fault) => return Err(fault),
    };
    Ok(Health { schema: migrate::newest(), bytes: dialect::bytes(store).await?, orders, findings })
}

async fn look(db: &Pool) -> Result<(BTreeMap<State, u64>, Findings), Fault> {
    let mut findings = Findings::default();
    let mut orders = BTreeMap::new();
    for (condition, said) in CANNOT_BE.iter().chain(dialect::CANNOT_BE) {
        let mut query = QueryBuilder::<Database>::new(
            "select count(*) as items, min(i.external_id) as example from inbox i \
             left join outcome o on o.seq = i.seq where ",
        );
        query.push(condition);
        let found = query.build().fetch_one(db).await?;
        if let Some(example) = found.try_get::<Option<&str>, _>("example")? {
            findings.add((*said).to_owned(), row::count(&found, "items")?, example);
        }
    }
    let mut filter = Filter { limit: PAGE, ..Filter::default() };
    loop {
        let rows: Vec<Row> = query::listing(&filter).build().fetch_all(db).await?;
        let Some(last) = rows.last() else { break };
        filter.after = last.try_get("seq")?;
        for found in &rows {
            if is_altered(found)? {
                let said = "its text is not what was received".to_owned();
                findings.add(said, 1, found.try_get("external_id")?);
            }
            match row::item(found) {
                Ok(item) => *orders.entry(item.state).or_default() += 1,
                Err(fault) => findings.add(fault.to_string(), 1, found.try_get("external_id")?),
            }
        }
    }
    Ok((orders, findings))
}

/// Whether the text of an order is not that of the hash which was taken when it was received.
fn is_altered(found: &Row) -> Result<bool, Fault> {
    let aged: Option<i64> = found.try_get("aged_at")?;
    Ok(aged.is_none() && rules::raw_hash(found.try_get("raw")?) != found.try_get::<Vec<u8>, _>("raw_hash")?)
}
