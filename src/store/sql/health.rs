//! Looking at the whole store: what cannot be, and every row.

use std::fmt::Write as _;

use serde_json::Value;
use sqlx::{Column as _, QueryBuilder, Row as _, TypeInfo as _};

use super::dialect::{self, Database, Pool, Row};
use super::row;
use crate::store::fault::Fault;
use crate::store::{Health, State, Table};

/// What no order can be in, and how it is said. `i` is the order, `o` its outcome, `n` the
/// content beside it.
const CANNOT_BE: [(&str, &str); 6] = [
    ("o.seq is null", "nothing says what became of it"),
    (
        "o.state in ('booked', 'conflict') and o.record_id is null",
        "it is booked, and nothing says as which record of Odoo",
    ),
    (
        "o.state not in ('booked', 'conflict') and o.record_id is not null",
        "it names a record of Odoo and is not booked",
    ),
    (
        "o.state = 'sending' and (o.payload_hash is null or o.attempts = 0)",
        "it is being sent, and nothing says what was sent",
    ),
    ("o.state = 'retrying' and o.next_try_at is null", "it is to be tried again, and nothing says when"),
    ("o.state not in ('sending', 'conflict') and n.seq is not null", "a second content stands beside it"),
];

/// What a look at the whole store finds.
pub(super) async fn check(db: &Pool) -> Result<Health, Fault> {
    let mut findings = dialect::damage(db).await?;
    let known: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    for (condition, said) in CANNOT_BE.iter().chain(&dialect::CANNOT_BE) {
        let mut query = QueryBuilder::<Database>::new(
            "select count(*) as items, min(i.external_id) as example from inbox i \
             left join outcome o on o.seq = i.seq left join newer n on n.seq = i.seq where ",
        );
        query.push(condition);
        findings.extend(finding(&query.build().fetch_one(db).await?, said)?);
    }
    let mut query = QueryBuilder::<Database>::new(
        "select count(*) as items, min(i.external_id) as example from inbox i \
         join outcome o on o.seq = i.seq where o.state not in (select value from json_each(",
    );
    query.push_bind(row::json(&known)?).push("))");
    let found = query.build().fetch_one(db).await?;
    findings.extend(finding(&found, "it is in a state that this version does not know")?);
    Ok(Health {
        schema: dialect::schema(),
        bytes: dialect::bytes(db).await?,
        orders: orders(db).await?,
        findings,
    })
}

fn finding(found: &Row, said: &str) -> Result<Option<String>, Fault> {
    let items = row::count(found, "items")?;
    let example: Option<String> = found.try_get("example")?;
    Ok(example.map(|example| match items {
        1 => format!("The order {example}: {said}."),
        _ => format!("{items} orders, among them {example}: {said}."),
    }))
}

/// Orders by state; those in an unknown one are a finding.
async fn orders(db: &Pool) -> Result<Vec<(State, u64)>, Fault> {
    let rows =
        sqlx::query("select state, count(*) as items from outcome group by state").fetch_all(db).await?;
    let mut orders = Vec::new();
    for found in &rows {
        let state: String = found.try_get("state")?;
        if let Some(state) = State::parse(&state) {
            orders.push((state, row::count(found, "items")?));
        }
    }
    orders.sort_unstable();
    Ok(orders)
}

/// Rows of a table behind a position.
pub(super) async fn rows(
    db: &Pool,
    table: Table,
    after: i64,
    limit: i64,
) -> Result<Vec<crate::store::Row>, Fault> {
    let mut query = QueryBuilder::<Database>::new("select * from ");
    query.push(table.as_str());
    if let Some(key) = table.pages_by() {
        query.push(" where ").push(key).push(" > ").push_bind(after);
        query.push(" order by ").push(key).push(" limit ").push_bind(limit);
    }
    query.build().fetch_all(db).await?.iter().map(read).collect()
}

fn read(found: &Row) -> Result<crate::store::Row, Fault> {
    let columns = found.columns().iter().map(|column| {
        let name = column.name();
        let value = match column.type_info().name() {
            "INTEGER" | "INT8" => found.try_get::<Option<i64>, _>(name)?.map_or(Value::Null, Value::from),
            "BLOB" | "BYTEA" => found.try_get::<Option<Vec<u8>>, _>(name)?.map_or(Value::Null, hex),
            _ => found.try_get::<Option<String>, _>(name)?.map_or(Value::Null, Value::from),
        };
        Ok((name.to_owned(), value))
    });
    columns.collect()
}

fn hex(bytes: Vec<u8>) -> Value {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Value::String(text)
}
