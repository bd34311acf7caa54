//! `tillbridge replay --with`: what another configuration file would change.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::config::{Config, Origin, Sync};
use crate::sync::{Effect, Group, Sum};

use super::exit::CliError;
use super::printer::Printer;

/// What `--output json` prints.
#[derive(Serialize)]
pub(super) struct Report {
    pub syncs: Vec<Effect>,
}

/// The sync of the same name in another file.
pub(super) fn counterpart(sync: &Sync, other: &Config, path: &Path) -> Result<Sync, CliError> {
    if sync.origin != Origin::File {
        return Err(CliError::usage(
            format!("the sync \"{}\" is kept in Odoo", sync.name),
            "Use the button What Would Change on its form, or say which sync of the file with --sync."
                .to_owned(),
        ));
    }
    let draft = other.syncs.iter().find(|other| other.name == sync.name).cloned();
    draft.map(|draft| draft.drafted_of(sync)).ok_or_else(|| {
        CliError::usage(
            format!("{} has no sync named \"{}\"", path.display(), sync.name),
            "Give a copy of tillbridge.toml in which this sync is changed.".to_owned(),
        )
    })
}

pub(super) fn print(effect: &Effect, printer: &Printer) {
    let Effect { sync, from, to, open, booked, .. } = effect;
    printer.data(format_args!("{sync}: {}", effect.text()));
    printer.data(format_args!("  Looked at: {open} open, {booked} booked from {from} to {to}"));
    for (count, what) in [
        (effect.forgotten, "not planned: their content is no longer kept"),
        (effect.beyond, "older ones not looked at"),
    ] {
        if count > 0 {
            printer.data(format_args!("  {count} {what}"));
        }
    }
    group("would be booked", &effect.cured, printer);
    group("would no longer be booked", &effect.refused, printer);
    group("would be booked differently", &effect.differing, printer);
    group("would still not be booked", &effect.still, printer);
}

fn group(what: &str, group: &Group, printer: &Printer) {
    if group.orders.is_empty() {
        return;
    }
    printer.data(format_args!("  {} {what}{}", group.orders.len(), sums(&group.sums)));
    for order in &group.orders {
        let why = match &order.reason {
            Some(reason) => vec![reason.message.as_str()],
            None => order.differences.iter().map(crate::order::Text::as_str).collect(),
        };
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
        printer.data(format_args!("    {}{why}", order.id));
    }
}

fn sums(sums: &BTreeMap<String, Sum>) -> String {
    let one = |(currency, sum): (&String, &Sum)| format!(" · {} {currency}, tax {}", sum.total, sum.tax);
    let all: Vec<String> = sums.iter().map(one).collect();
    all.concat()
}
