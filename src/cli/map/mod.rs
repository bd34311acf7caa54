//! `tillbridge map`: what something of the source stands for in Odoo, kept in the file.

mod edit;
mod replace;
mod target;

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::clock::SystemClock;
use crate::config::{Config, Origin, Sync};
use crate::daemon::{Handover, hand_over};
use crate::order::{Subject, SubjectKind};
use crate::store::Store;
use crate::store::lease::SERVICE;
use crate::sync::{Curable, Tally, Word, curable};

use super::connect::{Session, Work, work};
use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::word::done;
use super::{Global, Output, connect};
use target::Target;

const EXAMPLES: &str = "\
Examples:
  tillbridge map payment Tabby Card --sync \"Web shop\"   a card type or payment code → a method of the shop
  tillbridge map product \"Gift Card 50\" EXT-GIFT        an item → a product, by reference, barcode or name
  tillbridge map location 12 \"Airport Shop\"             a location → a shop
  tillbridge map payment 2 Card --yes --output json | jq .booked

It says how many orders that cures, asks, writes the line into the [[sync]] of tillbridge.toml
(comments and order stay) and has these orders booked: by the running service, else by this
command. A sync that is kept in Odoo is mapped there.
Exit codes: 0 all booked · 3 some are not · others as with tillbridge sync";

/// Options of `tillbridge map`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MapArgs {
    /// What is mapped
    kind: Kind,
    /// As the source writes it: a card type or payment code, an item's name or code, a location's id
    value: String,
    /// What it stands for in Odoo: a payment method, a product, a shop
    target: String,
    /// The sync; not needed where there is only one
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Who asks
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true, default_value = "somebody")]
    by: String,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What can be mapped.
#[derive(ValueEnum, Debug, Clone, Copy)]
enum Kind {
    Payment,
    Product,
    Location,
}

impl From<Kind> for SubjectKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Payment => Self::Payment,
            Kind::Product => Self::Product,
            Kind::Location => Self::Location,
        }
    }
}

/// What was written, and what became of the orders.
#[derive(Serialize)]
struct Report<'a> {
    sync: &'a str,
    kind: &'static str,
    value: &'a str,
    target: &'a str,
    #[serde(flatten)]
    tally: &'a Tally,
}

pub(super) async fn run(args: MapArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let mut of = Subject { kind: args.kind.into(), value: args.value.trim().to_owned() };
    if of.value.is_empty() {
        return Err(CliError::usage("there is nothing to map: the value is empty", None));
    }
    let config = Config::load(&global.config)?;
    let old =
        std::fs::read_to_string(&config.path).map_err(|error| unwritten(&config.path, &error, PERMIT))?;
    let store = connect::store(&config).await?;
    let session = Session::look(config.clone(), Arc::clone(&store)).await?;
    let sync = in_file(session.sync(args.sync.as_deref())?, of.kind)?;
    let target = target::find(&session.client, &sync, of.kind, &args.target).await?;
    let open = curable(store.as_ref(), &sync.id, of.kind).await?;
    let (cured, others): (Vec<Curable>, Vec<_>) =
        open.into_iter().partition(|order| order.lacks.is_called(&of.value));
    if let Some(order) = cured.first() {
        of = order.lacks.clone();
    }
    let new = edit::with_mapping(&old, &sync.name, &of, &target.named)
        .map_err(|why| unwritten(&config.path, &why, BY_HAND))?;
    let config =
        Config::parse(&new, &config.path).map_err(|error| unwritten(&config.path, &error, BY_HAND))?;

    printer.note(what_it_does(&of, &sync, &target, &cured, &others));
    if !args.yes && !agreed(&config.path)? {
        printer.note("Nothing was written.");
        return Ok(Exit::Attention);
    }
    replace::replace(&config.path, &old, &new).map_err(|error| unwritten(&config.path, &error, PERMIT))?;
    tell_service(&config, store.as_ref(), printer).await?;

    let keys: Vec<String> = cured.into_iter().map(|order| order.key).collect();
    let (tally, error) = if keys.is_empty() {
        (Tally::default(), None)
    } else {
        done(Word::Retry, keys, args.by, config, printer).await?
    };
    match args.output {
        Output::Json => printer.json(&Report {
            sync: &sync.name,
            kind: of.kind.as_str(),
            value: &of.value,
            target: &target.label,
            tally: &tally,
        })?,
        Output::Text if tally.of == 0 => printer.data("It is mapped; no order needed it."),
        Output::Text => printer.data(tally.text()),
    }
    Ok(Exit::of_tally(&tally, error.as_ref()))
}

/// The sync, where it is kept in the file.
fn in_file(sync: Sync, kind: SubjectKind) -> Result<Sync, CliError> {
    if sync.origin == Origin::File {
        return Ok(sync);
    }
    let (button, tab) = match kind {
        SubjectKind::Payment => ("Map this payment code…", "Payments"),
        SubjectKind::Product => ("Map this product…", "Products & Customers"),
        SubjectKind::Location => ("Choose the shop for this location…", "Which Orders"),
    };
    Err(CliError::usage(
        format!("the sync \"{}\" is kept in Odoo, and so is its mapping", sync.name),
        format!(
            "In Odoo open an order that lacks it (Point of Sale → External Orders) and press \"{button}\", or add the line to the sync (tab {tab})."
        ),
    ))
}

const PERMIT: &str = "See that this user may write to it, then try again.";
const BY_HAND: &str = "Add the line by hand; config.example.toml shows how.";

/// The file stays as it is.
fn unwritten(path: &Path, why: &dyn Display, fix: &str) -> CliError {
    CliError::usage(format!("the mapping was not written into {}: {why}", path.display()), fix.to_owned())
}

/// Orders that are named, and values that are offered in place of one that nothing lacks.
const NAMED: usize = 5;

/// What the mapping would do, before it is written.
fn what_it_does(of: &Subject, sync: &Sync, target: &Target, cured: &[Curable], others: &[Curable]) -> String {
    let will = format!(
        "The {} \"{}\" of the sync \"{}\" will stand for {}.",
        of.kind.as_str(),
        of.value,
        sync.name,
        target.label
    );
    let mut ids: Vec<&str> = cured.iter().take(NAMED).map(|order| order.id.as_str()).collect();
    if cured.len() > NAMED {
        ids.push("…");
    }
    let ids = ids.join(", ");
    match cured.len() {
        0 => {
            let mut values: Vec<&str> = others.iter().map(|order| order.lacks.value.as_str()).collect();
            values.sort_unstable();
            values.dedup();
            values.truncate(NAMED);
            if values.is_empty() {
                format!("{will} No order needs it so far.")
            } else {
                format!("{will} No order needs it so far; orders lack: {}.", values.join(", "))
            }
        }
        1 => format!("{will} This cures 1 order: {ids}."),
        n => format!("{will} This cures {n} orders: {ids}."),
    }
}

/// Whether the person at the terminal wants it.
fn agreed(path: &Path) -> Result<bool, CliError> {
    let nobody = |why: &str| {
        CliError::usage(
            format!("nobody agreed: {why}. Nothing was written."),
            "Say --yes to have it written without being asked.".to_owned(),
        )
    };
    if !io::stdin().is_terminal() {
        return Err(nobody("there is no terminal to ask at"));
    }
    let mut out = io::stderr().lock();
    let question = format!("Write it into {}? [y/N] ", path.display());
    let _ = out.write_all(question.as_bytes()).and_then(|()| out.flush());
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| nobody(&error.to_string()))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// A running service goes on with what the file says now.
async fn tell_service(config: &Config, store: &dyn Store, printer: &Printer) -> Result<(), CliError> {
    // Not ours to keep: the orders are begun anew.
    let Work::Theirs = work(config, store, "tillbridge map").await? else { return Ok(()) };
    // Of a file there is one. Of those that share a database any takes what is asked.
    if config.store.path().is_none() && store.holders(SERVICE).await?.len() > 1 {
        printer.note("Several services work on this store, and one of them is told: write the mapping into the files of the others too, and restart them.");
    }
    hand_over(store, &SystemClock, &Handover::Reread).await.map(drop).map_err(|error| {
        CliError::usage(
            format!("the mapping is written, but the running service does not know it: {error}"),
            "Restart the service; then: tillbridge retry --all".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::edit::Named;
    use super::*;

    #[test]
    fn a_sync_kept_in_odoo_is_mapped_there() {
        let mut sync = sync();
        assert!(in_file(sync.clone(), SubjectKind::Payment).is_ok());
        sync.origin = Origin::Odoo(7);
        let error = in_file(sync, SubjectKind::Payment).err().unwrap();
        assert_eq!(error.message, "the sync \"Web\" is kept in Odoo, and so is its mapping");
        assert!(error.hint.unwrap().contains("\"Map this payment code…\""));
    }

    fn sync() -> Sync {
        let text = "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\napi_key = \"k\"\n[[sync]]\nname = \"Web\"\nurl = \"http://localhost/o\"\nshop = 1\n";
        Config::parse(text, Path::new("t.toml")).unwrap().syncs.remove(0)
    }

    #[test]
    fn it_is_said_how_many_orders_a_mapping_cures() {
        let sync = sync();
        let target = Target { named: Named::Id(1), label: "the payment method Card".into() };
        let of = |value: &str| Subject { kind: SubjectKind::Payment, value: value.into() };
        let order = |n: usize, value| Curable { key: n.to_string(), id: n.to_string(), lacks: of(value) };
        let said = |cured: &[Curable], others: &[Curable]| {
            let said = what_it_does(&of("Tabby"), &sync, &target, cured, others);
            said.strip_prefix(
                "The payment \"Tabby\" of the sync \"Web\" will stand for the payment method Card. ",
            )
            .unwrap_or_else(|| panic!("{said}"))
            .to_owned()
        };
        assert_eq!(said(&[], &[]), "No order needs it so far.");
        let others = [order(1, "Tamara"), order(2, "Beam"), order(3, "Tamara")];
        assert_eq!(said(&[], &others), "No order needs it so far; orders lack: Beam, Tamara.");
        assert_eq!(said(&[order(7, "Tabby")], &others), "This cures 1 order: 7.");
        let many: Vec<_> = (1..8).map(|n| order(n, "Tabby")).collect();
        assert_eq!(said(&many, &[]), "This cures 7 orders: 1, 2, 3, 4, 5, ….");
    }
}
