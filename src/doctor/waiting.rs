//! Orders of a sync that wait for too long, as the last pass found them.

use std::collections::BTreeSet;

use crate::config::Sync;
use crate::order::Code;
use crate::store::{Filter, State, Store};
use crate::text;

use super::finding::Finding;

/// Orders named in the finding.
const NAMED: usize = 5;

/// No order waits for longer than the sync finds usual.
pub(super) async fn long(sync: &Sync, store: &dyn Store) -> Finding {
    let waiting =
        Filter { states: BTreeSet::from([State::Waiting]), sync: Some(sync.id.clone()), ..Filter::default() };
    let items = match store.list(&waiting).await {
        Ok(items) => items,
        Err(error) => {
            return Finding::problem("waiting", error.text(), text!("Check the disk that the store is on."));
        }
    };
    let is_long = |code: Option<Code>| code == Some(Code::WaitingLong);
    let long: Vec<&str> = items
        .iter()
        .filter(|item| is_long(item.reason.as_ref().map(|reason| reason.code)))
        .map(|item| item.external_id.as_str())
        .collect();
    if long.is_empty() {
        return Finding::ok(
            "waiting",
            text!("{count} orders wait to be completed, none for too long.", count = items.len()),
        );
    }
    let mut names = long.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if long.len() > NAMED {
        names.push_str(", …");
    }
    Finding::warning(
        "waiting",
        text!(
            "{count} orders wait for more than {days} days to be completed: {orders}.",
            count = long.len(),
            days = sync.orders.waiting_days,
            orders = names
        ),
        text!(
            "Complete them at their source, or decide: tillbridge orders complete ID, tillbridge orders ignore ID --reason TEXT."
        ),
    )
}
