//! All that is known of one order.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::config::Config;
use crate::order::{Text, indent};
use crate::store::Item;

use super::super::Output;
use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;
use super::{Row, time};

/// One order with everything.
#[derive(Serialize)]
pub(in crate::cli) struct Whole {
    #[serde(flatten)]
    row: Row,
    source: String,
    revision: i64,
    pos_order_id: Option<i64>,
    booked_total: Option<Decimal>,
    warnings: Vec<Text>,
    /// Who says that it is complete, and when.
    completed_by: Option<String>,
    /// Who says that it is booked however late, and when.
    released_by: Option<String>,
    format: String,
    raw: Raw,
    /// Since when what was received is not kept any more.
    aged_at: Option<String>,
    newer: Option<Version>,
}

/// Content that came when the order's own could not be replaced any more.
#[derive(Serialize)]
struct Version {
    received_at: String,
    total: Option<Decimal>,
    format: String,
    raw: Raw,
}

/// The order as received: as it is where it is JSON, else as a text.
#[derive(Serialize)]
#[serde(untagged)]
enum Raw {
    Json(Box<RawValue>),
    Text(String),
}

impl Raw {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    fn new(text: &str) -> Self {
        RawValue::from_string(text.to_owned()).map_or_else(|_| Self::Text(text.to_owned()), Self::Json)
    }

    /// Indented where it can be, digit for digit.
    fn pretty(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Json(json) => indent(json.get()),
        }
    }
}

impl Whole {
    pub fn of(item: &Item, config: &Config) -> Self {
        let booked = item.booked.as_ref();
        let word = |late: bool| {
            let word = item.completion.as_ref().filter(|word| word.late == late)?;
            Some(format!("{}, {}", word.by, time(word.at)))
        };
        Self {
            row: Row::of(item, config),
            source: item.source.clone(),
            revision: item.revision,
            pos_order_id: booked.map(|booked| booked.pos_order_id),
            booked_total: booked.map(|booked| booked.total),
            warnings: booked.map(|booked| booked.warnings.clone()).unwrap_or_default(),
            completed_by: word(false),
            released_by: word(true),
            format: item.format.clone(),
            raw: Raw::new(&item.raw),
            aged_at: item.aged_at.map(time),
            newer: item.newer.as_ref().map(|newer| Version {
                received_at: time(newer.received_at),
                total: newer.total,
                format: newer.format.clone(),
                raw: Raw::new(&newer.raw),
            }),
        }
    }
}

pub(super) fn run(
    id: &str,
    items: &[Item],
    config: &Config,
    output: Output,
    printer: &Printer,
) -> Result<Exit, CliError> {
    if items.is_empty() {
        return Err(CliError::usage(
            format!("no order with the external id {id} was received"),
            "See all of them with: tillbridge orders --limit 0".to_owned(),
        ));
    }
    let orders: Vec<Whole> = items.iter().map(|item| Whole::of(item, config)).collect();
    if output == Output::Json {
        #[derive(Serialize)]
        struct Shown {
            orders: Vec<Whole>,
        }
        printer.json(&Shown { orders })?;
    } else {
        let texts: Vec<String> = orders.iter().map(text).collect();
        printer.data(texts.join("\n\n"));
    }
    Ok(Exit::Done)
}

fn text(order: &Whole) -> String {
    let row = &order.row;
    let amount = |amount: Option<Decimal>| amount.map(|amount| amount.to_string());
    let pos_order =
        row.pos_order.as_ref().map(|name| format!("{name} (id {})", order.pos_order_id.unwrap_or_default()));
    let mut lines = vec![format!("Order {}: {}", row.id, row.state.as_str())];
    for (name, value) in [
        ("Reason", row.message.clone()),
        ("What to do", row.fix.clone()),
        ("Code", row.code.clone()),
        ("Next try", row.next_try_at.clone()),
        ("POS order", pos_order),
        ("Booked total", amount(order.booked_total)),
        ("Total", amount(row.total)),
        ("Sold", row.sale_at.clone()),
        ("Completed by", order.completed_by.clone()),
        ("Released by", order.released_by.clone()),
        ("Sync", Some(row.sync.clone())),
        ("Source", Some(order.source.clone())),
        ("Key", Some(row.key.clone())),
        ("Attempts", Some(row.attempts.to_string())),
        ("Received", Some(row.received_at.clone())),
        ("Changed", Some(row.changed_at.clone())),
    ] {
        if let Some(value) = value {
            lines.push(format!("  {name:<12}  {value}"));
        }
    }
    lines.extend(order.warnings.iter().map(|warning| format!("  {:<12}  {warning}", "Note")));
    lines.push(match &order.aged_at {
        Some(since) => format!(
            "\nAs received: aged out, not kept since {since}. Fetch it again: tillbridge fetch {}",
            row.id
        ),
        None => format!("\nAs received ({}):\n{}", order.format, order.raw.pretty()),
    });
    // After a sale was refunded its text ages out, too.
    if let Some(newer) = order.newer.as_ref().filter(|newer| !newer.raw.is_empty()) {
        lines.push(format!(
            "\nAs received later, {} ({}, total {}):\n{}",
            newer.received_at,
            newer.format,
            amount(newer.total).unwrap_or_else(|| "unknown".to_owned()),
            newer.raw.pretty()
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_shown_as_it_came() {
        assert_eq!(Raw::new("{\"a\": NaN}").pretty(), "{\"a\": NaN}");
    }
}
