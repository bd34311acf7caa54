//! What a person decides about an order. The inbox takes it at once; the service, or the next
//! pass, acts on it.

use chrono::SubsecRound as _;
use clap::{Args, Subcommand};

use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::order::{Code, Refusal};
use crate::store::{Filter, Item, State, Store};

use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;
use super::sync_id;

/// What can be decided.
#[derive(Subcommand)]
pub(super) enum Decision {
    /// Book an order that waits, as if its source had completed it
    Complete(Of),
    /// Close an order that is not to be booked
    Ignore {
        #[command(flatten)]
        of: Of,
        /// Why, for everybody who looks at it later
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Open an order again that somebody closed
    Reopen(Of),
    /// Try an order again now that is refused, or waits for its next try
    Retry(Of),
}

/// Which order, and who decides.
#[derive(Args)]
pub(super) struct Of {
    /// External id of the order, or its key as `orders --show` tells it
    #[arg(value_name = "ID")]
    id: String,
    /// Only the order of the sync of this name
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,
    /// Who decides
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true, default_value = "somebody")]
    by: String,
}

pub(super) async fn run(
    decision: &Decision,
    store: &dyn Store,
    config: &Config,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let (Decision::Complete(of) | Decision::Ignore { of, .. } | Decision::Reopen(of) | Decision::Retry(of)) =
        decision;
    let item = find(of, store, config).await?;
    let fits = match decision {
        Decision::Reopen(_) => item.state == State::Ignored,
        Decision::Retry(_) => matches!(item.state, State::Refused | State::Retrying),
        Decision::Complete(_) | Decision::Ignore { .. } => true,
    };
    if !fits {
        return Err(cannot(decision, &item, item.state));
    }
    let keys = [item.key.clone()];
    let now = SystemClock.now().trunc_subsecs(3);
    let by = of.by.trim();
    let (done, said) = match decision {
        Decision::Complete(_) => (
            store.complete(&keys, by, now).await?,
            "counts as completed and is booked in the next pass (now: tillbridge sync)",
        ),
        Decision::Ignore { reason, .. } => {
            let reason = Refusal::new(
                Code::ClosedByPerson,
                format!("Closed by {by}: {}", reason.trim()),
                "Nothing to do. It is opened again by: tillbridge orders reopen ID",
            );
            (store.ignore(&keys, &reason, now).await?, "is closed and will not be booked")
        }
        Decision::Reopen(_) => (
            store.reopen(&keys, now).await?,
            "is open again and goes on in the next pass (now: tillbridge sync)",
        ),
        Decision::Retry(_) => {
            (store.reopen(&keys, now).await?, "is tried again in the next pass (now: tillbridge sync)")
        }
    };
    if done.is_empty() {
        // It may have moved on since it was found.
        let state = store.get(&keys).await?.first().map_or(item.state, |item| item.state);
        return Err(cannot(decision, &item, state));
    }
    tracing::info!(order = %item.key, by, said, "decided by a person");
    printer.data(format_args!("Order {} {said}.", item.external_id));
    Ok(Exit::Done)
}

async fn find(of: &Of, store: &dyn Store, config: &Config) -> Result<Item, CliError> {
    let sync = of.sync.as_deref().map(|name| sync_id(name, config)).transpose()?;
    let mut items = store.get(std::slice::from_ref(&of.id)).await?;
    if items.is_empty() {
        let filter = Filter { external_id: Some(of.id.trim().to_owned()), sync, ..Filter::default() };
        items = store.list(&filter).await?;
    }
    match <[Item; 1]>::try_from(items) {
        Ok([item]) => Ok(item),
        Err(none) if none.is_empty() => Err(CliError::usage(
            format!("no order with the external id {} was received", of.id),
            "See all of them with: tillbridge orders --limit 0".to_owned(),
        )),
        Err(several) => {
            let keys: Vec<String> =
                several.iter().map(|item| format!("{} ({})", item.key, item.state.as_str())).collect();
            Err(CliError::usage(
                format!("{} orders have the external id {}: {}", keys.len(), of.id, keys.join(", ")),
                "Name one of them by its key, in quotes.".to_owned(),
            ))
        }
    }
}

fn cannot(decision: &Decision, item: &Item, state: State) -> CliError {
    let (what, hint) = match decision {
        Decision::Complete(_) => {
            ("completed: only one that waits can be", "See it with: tillbridge orders --show ID")
        }
        Decision::Ignore { .. } => (
            "closed: Odoo holds it, or may do so",
            "Correct it in Odoo; tillbridge orders --show ID says where it stands there.",
        ),
        Decision::Reopen(_) => ("opened again: nobody closed it", "See it with: tillbridge orders --show ID"),
        Decision::Retry(_) => {
            ("tried again: it is not refused", "See where it stands with: tillbridge orders --show ID")
        }
    };
    CliError::usage(
        format!("order {} is {} and cannot be {what}", item.external_id, state.as_str()),
        hint.replace("ID", &item.external_id),
    )
}
