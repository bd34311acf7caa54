//! Orders that wait are followed until they are complete, however late: each pass looks at
//! them again, since time alone may have completed them, or made them worth a look.

use std::collections::{BTreeSet, HashSet};

use crate::config::Sync;
use crate::order::Code;
use crate::store::{Filter, Item, State, Verdict};

use super::collect::reread;
use super::engine::Engine;
use super::report::{OrderReport, PassError, SyncReport};
use super::settle::finding;

/// Items looked at a time.
const CHUNK: usize = 500;

/// Looks at everything that waits; what is due goes on in this same pass.
pub(super) async fn look_again(
    engine: &Engine,
    sync: &Sync,
    report: &mut SyncReport,
) -> Result<(), PassError> {
    let shown: HashSet<String> = report.orders.iter().map(|order| order.id.clone()).collect();
    let mut filter = Filter {
        states: BTreeSet::from([State::Waiting]),
        sync: Some(sync.id.clone()),
        limit: CHUNK,
        ..Filter::default()
    };
    while let Some(items) = engine.store.next_page(&mut filter).await? {
        let mut findings = Vec::new();
        for item in &items {
            let verdict = match reread(item, sync, engine.now()) {
                Ok(_) => Verdict::Due,
                Err(verdict) => verdict,
            };
            if let Verdict::Waiting(reason) = &verdict
                && reason.code == Code::WaitingLong
            {
                report.waiting_long += 1;
                if !shown.contains(&item.external_id) {
                    let total = item.total;
                    report.touch(OrderReport::unbooked(
                        &item.external_id,
                        State::Waiting,
                        total,
                        Some(reason),
                    ));
                }
            }
            if !says_the_same(item, &verdict) {
                findings.push(finding(item, verdict));
            }
        }
        engine.store.record(&findings, None, engine.now()).await?;
    }
    Ok(())
}

fn says_the_same(item: &Item, verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Waiting(reason) if item.reason.as_ref() == Some(reason))
}
