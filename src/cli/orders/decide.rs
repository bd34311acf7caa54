//! What a person decides about an order. The inbox takes it at once, and Odoo is told; the service,
//! or the next pass, acts on it.

use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::store::Store;
use crate::sync::Word;

use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;
use super::super::word::tell;
use super::find::{cannot, find};

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
    store: &Arc<dyn Store>,
    config: &Config,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let (Decision::Complete(of) | Decision::Ignore { of, .. } | Decision::Reopen(of) | Decision::Retry(of)) =
        decision;
    let (word, said) = match decision {
        Decision::Complete(_) => {
            (Word::Complete, "counts as completed and is booked in the next pass (now: tillbridge sync)")
        }
        Decision::Ignore { reason, .. } => {
            (Word::Ignore { reason: reason.clone() }, "is closed and will not be booked")
        }
        Decision::Reopen(_) => {
            (Word::Reopen, "is open again and goes on in the next pass (now: tillbridge sync)")
        }
        Decision::Retry(_) => (Word::Retry, "is tried again in the next pass (now: tillbridge sync)"),
    };
    let item = find(&of.id, of.sync.as_deref(), &word, store.as_ref(), config).await?;
    let keys = [item.key.clone()];
    if word.say(store.as_ref(), &keys, of.by.trim(), SystemClock.now()).await?.is_empty() {
        // It may have moved on since it was found.
        let state = store.get(&keys).await?.first().map_or(item.state, |item| item.state);
        return Err(cannot(&word, &item, state));
    }
    printer.data(format_args!("Order {} {said}.", item.external_id));
    tell(config, store, printer).await?;
    Ok(Exit::Done)
}
