//! The end of the demo: what became of every order, and where to go from there.

use serde::Serialize;

use crate::cli::Output;
use crate::cli::exit::CliError;
use crate::cli::printer::Printer;
use crate::order::{Code, Document, OrderKey, Text};
use crate::store::{Item, State};
use crate::sync::SyncReport;

use super::folder::Folder;
use super::target::Target;

/// What the demo did, as one JSON document.
#[derive(Serialize)]
struct Shown<'a> {
    odoo: Place<'a>,
    config: String,
    /// The same as of `tillbridge sync`.
    syncs: [&'a SyncReport; 1],
    /// Every order of the demo, also those of earlier runs.
    orders: Vec<Row>,
}

#[derive(Serialize)]
struct Place<'a> {
    url: &'a str,
    database: &'a str,
    shop: &'a str,
    /// A throw-away login, of the demo's own Odoo only.
    login: Option<&'a str>,
    password: Option<&'a str>,
}

/// One order of the demo.
#[derive(Serialize)]
struct Row {
    id: String,
    pos_order: Option<String>,
    total: Option<String>,
    state: State,
    reason: Option<String>,
    fix: Option<String>,
}

impl From<&Item> for Row {
    fn from(item: &Item) -> Self {
        let id = match OrderKey::parse(&item.key).map(|key| key.document) {
            Some(Document::Refund(Some(refund))) => format!("{} (refund {refund})", item.external_id),
            Some(Document::Refund(None)) => format!("{} (refund)", item.external_id),
            _ => item.external_id.clone(),
        };
        let warnings =
            item.booked.as_ref().map(|booked| Text::sentences(booked.warnings.iter().cloned()).to_string());
        Self {
            id,
            pos_order: item.booked.as_ref().map(|booked| booked.name.clone()),
            total: item.total.map(|total| format!("{total:.2}")),
            state: item.state,
            reason: item
                .reason
                .as_ref()
                .map(|reason| reason.message.to_string())
                .or(warnings.filter(|warnings| !warnings.is_empty())),
            fix: item.reason.as_ref().map(|reason| reason.fix.to_string()),
        }
    }
}

/// Shows it all.
pub(super) fn show(
    report: &SyncReport,
    items: &[Item],
    target: &Target,
    folder: &Folder,
    output: Output,
    printer: &Printer,
) -> Result<(), CliError> {
    let rows: Vec<Row> = items.iter().map(Row::from).collect();
    if output == Output::Json {
        let visitor = target.visitor.as_ref();
        return printer.json(&Shown {
            odoo: Place {
                url: target.url.as_str(),
                database: &target.database,
                shop: &target.shop,
                login: visitor.map(|visitor| visitor.name.as_str()),
                password: visitor.map(|visitor| visitor.password.as_str()),
            },
            config: folder.config().display().to_string(),
            syncs: [report],
            orders: rows,
        });
    }
    let text = |text: Option<String>| text.unwrap_or_default();
    let width = rows.iter().filter_map(|row| row.total.as_ref()).map(String::len).max().unwrap_or_default();
    printer.table(
        &["External order", "POS order", &format!("{:>width$}", "Total"), "State", "Reason"],
        rows.into_iter().map(|row| {
            let total = format!("{:>width$}", text(row.total));
            [row.id, text(row.pos_order), total, row.state.as_str().to_owned(), text(row.reason)]
        }),
    );
    printer.data(format_args!("\n{}: {} fetched, {}", report.sync, report.fetched, report.summary()));
    if let Some(error) = &report.error {
        printer.data(format_args!("  {} → {}", error.message, error.fix));
        return Ok(());
    }
    for (what, text) in next(items, target, folder) {
        printer.data(format_args!("{what:<14}{text}"));
    }
    Ok(())
}

/// Where to go from here.
fn next(items: &[Item], target: &Target, folder: &Folder) -> Vec<(&'static str, String)> {
    let me = program();
    let own = target.visitor.is_none();
    let mut lines = Vec::new();
    let address = format!("{}web/login?db={}", target.url, target.database);
    lines.push(match &target.visitor {
        Some(visitor) => {
            ("Look at it", format!("{address}   login {}, password {}", visitor.name, visitor.password))
        }
        None => ("Look at it", address),
    });
    lines.push(("", format!("Point of Sale → Orders → Orders (shop {})", target.shop)));
    if target.addon.is_some() {
        lines.push(("", "Point of Sale → Configuration → External Order Sync".to_owned()));
    }
    let unknown = items.iter().find(|item| {
        item.state == State::Refused
            && item.reason.as_ref().is_some_and(|reason| reason.code == Code::UnknownProduct)
    });
    if let Some((item, reason)) = unknown.and_then(|item| Some((item, item.reason.as_ref()?))) {
        lines.push(("Try next", format!("Order {}: {}", item.external_id, reason.message)));
        let again = if own { "the same command".to_owned() } else { format!("{me} demo") };
        lines.push((
            "",
            format!("Create it in Odoo (Point of Sale → Products → Products), then run {again} again: the order is booked."),
        ));
    }
    lines.push(("The inbox", format!("{me} --config {} orders", folder.config().display())));
    if own {
        lines.push((
            "Undo",
            "The orders are real ones of this database: refund them there if it is not for trying."
                .to_owned(),
        ));
    } else {
        lines.push(("Start over", format!("{me} demo --fresh")));
        lines.push(("Stop it", format!("{me} demo --stop")));
    }
    lines
}

/// How this program was started.
pub(super) fn program() -> &'static str {
    if std::env::var_os("CARGO").is_some() { "cargo run --release --" } else { "tillbridge" }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;
    use crate::order::Refusal;
    use crate::store::Booked;

    fn item(key: &str, state: State) -> Item {
        Item { external_id: "70301".to_owned(), ..Item::received(key, state) }
    }

    #[test]
    fn a_refund_is_told_from_its_sale() {
        let id = |key: &str| Row::from(&item(key, State::Booked)).id;
        assert_eq!(id("v1:demo/1/70301/sale"), "70301");
        assert_eq!(id("v1:demo/1/70301/refund"), "70301 (refund)");
        assert_eq!(id("v1:demo/1/70301/refund:CN-1"), "70301 (refund CN-1)");
        assert_eq!(id("unreadable:demo:0f"), "70301");
    }

    #[test]
    fn a_booked_order_shows_what_was_unusual_and_a_refused_one_why() {
        let mut booked = item("v1:demo/1/70301/sale", State::Booked);
        booked.total = Some(dec!(46));
        booked.booked = Some(Booked {
            pos_order_id: 1,
            name: "Main Shop - demo/1/70301".to_owned(),
            total: dec!(46),
            warnings: vec!["Booked on Card.".into()],
        });
        let row = Row::from(&booked);
        assert_eq!(row.pos_order.as_deref(), Some("Main Shop - demo/1/70301"));
        assert_eq!((row.total.as_deref(), row.reason.as_deref()), (Some("46.00"), Some("Booked on Card.")));

        let mut refused = item("v1:demo/1/70301/sale", State::Refused);
        refused.reason = Some(Refusal::new(Code::UnknownProduct, "No such product.", "Create it."));
        let row = Row::from(&refused);
        assert_eq!(
            (row.reason.as_deref(), row.fix.as_deref()),
            (Some("No such product."), Some("Create it."))
        );
    }
}
