//! Whether Odoo still knows what it was told: where a backup was restored, or the addon was
//! installed anew, it does not, and everything is told once more.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use crate::odoo::Client;
use crate::store::{Note, Store, StoreError};
use crate::sync::in_all_companies;

use super::super::ExchangeError;

/// Keys of orders that Odoo took last, with their states.
const NOTE: Note<Vec<(String, String)>> = Note::new("orders.told");
/// Orders that stand for all.
const KEPT: usize = 20;

/// Remembers a few of the orders that Odoo took just now.
pub(super) async fn set(store: &dyn Store, taken: &[(&str, &str)]) -> Result<(), StoreError> {
    let marks = taken.iter().take(KEPT).map(|(key, state)| ((*key).to_owned(), (*state).to_owned()));
    NOTE.write(store, &marks.collect()).await
}

/// Whether Odoo has those as it took them. One that changed since says nothing.
pub(super) async fn holds(client: &Client, store: &dyn Store) -> Result<bool, ExchangeError> {
    #[derive(Deserialize)]
    struct Row {
        key: String,
        state: String,
    }
    let marks: HashMap<String, String> = NOTE.read(store).await?.into_iter().collect();
    let keys: Vec<String> = marks.keys().cloned().collect();
    let items = store.get(&keys).await?;
    let same =
        items.iter().filter(|item| marks.get(&item.key).is_some_and(|state| state == item.state.as_str()));
    let same: HashMap<&str, &str> = same.map(|item| (item.key.as_str(), item.state.as_str())).collect();
    if same.is_empty() {
        return Ok(true);
    }
    let domain = json!([["key", "in", same.keys().collect::<Vec<_>>()]]);
    let client = in_all_companies(client).await?;
    let rows: Vec<Row> = client.search_read("external.order", domain, &["key", "state"], "id").await?;
    let known: HashMap<&str, &str> = rows.iter().map(|row| (row.key.as_str(), row.state.as_str())).collect();
    Ok(same.iter().all(|(key, state)| known.get(key) == Some(state)))
}
