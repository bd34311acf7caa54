//! `tillbridge orders --release`: a person lets a late order pass.

use std::sync::Arc;

use chrono::SubsecRound as _;

use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::order::Code;
use crate::store::{Decided, Filter, State, Store};

use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;
use super::super::word::tell;

/// Lets the orders of this external id pass that are held for being late. The next pass books
/// them; a running service, too.
pub(super) async fn run(
    id: &str,
    sync: Option<String>,
    store: &Arc<dyn Store>,
    config: &Config,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let filter = Filter {
        states: [State::Refused].into(),
        sync,
        external_id: Some(id.to_owned()),
        ..Filter::default()
    };
    let mut items = store.list(&filter).await?;
    items.retain(|item| item.reason.as_ref().is_some_and(|reason| reason.code == Code::LateOrder));
    if items.is_empty() {
        return Err(CliError::usage(
            format!("no order {id} is held for being late"),
            format!("See where it stands with: tillbridge orders --id {id}"),
        ));
    }
    let keys: Vec<String> = items.iter().map(|item| item.key.clone()).collect();
    let by = std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned());
    let now = SystemClock.now().trunc_subsecs(3);
    let released = store.decide(&keys, Decided::Released, &by, "", now).await?;
    for item in items.iter().filter(|item| released.contains(&item.key)) {
        printer.data(format_args!("Order {} ({}) is booked with the next sync.", item.external_id, item.key));
    }
    tell(config, store, printer).await?;
    Ok(Exit::Done)
}
