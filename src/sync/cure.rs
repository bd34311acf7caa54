//! What a mapping would cure: the open orders that lack it.

use crate::order::{Subject, SubjectKind};
use crate::store::{Filter, State, Store, StoreError};

/// An order that is booked once something of its source is mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curable {
    /// Its key.
    pub key: String,
    /// External id.
    pub id: String,
    /// What it lacks, as its source writes it.
    pub lacks: Subject,
}

/// The open orders of a sync that lack a mapping of this kind.
///
/// # Errors
///
/// The store fails.
pub async fn curable(store: &dyn Store, sync: &str, kind: SubjectKind) -> Result<Vec<Curable>, StoreError> {
    let mut filter = Filter {
        states: [State::Refused, State::Retrying, State::Waiting].into(),
        sync: Some(sync.to_owned()),
        limit: 500,
        ..Filter::default()
    };
    let mut found = Vec::new();
    while let Some(items) = store.next_page(&mut filter).await? {
        for item in items {
            if let Some(lacks) = item.reason.and_then(|reason| reason.subject)
                && lacks.kind == kind
            {
                found.push(Curable { key: item.key, id: item.external_id, lacks });
            }
        }
    }
    Ok(found)
}
