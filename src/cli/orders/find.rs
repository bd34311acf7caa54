//! The order that a person means.

use crate::config::Config;
use crate::store::{Filter, Item, State, Store};
use crate::sync::Word;

use super::super::exit::CliError;
use super::sync_id;

/// The order of an external id or a key, of which a word can be said. Of several of one id it
/// is the only one that this can be said of.
pub(in crate::cli) async fn find(
    id: &str,
    sync: Option<&str>,
    word: &Word,
    store: &dyn Store,
    config: &Config,
) -> Result<Item, CliError> {
    let id = id.trim();
    let sync = sync.map(|name| sync_id(name, config)).transpose()?;
    let mut items = store.get(&[id.to_owned()]).await?;
    if items.is_empty() {
        let filter = Filter { external_id: Some(id.to_owned()), sync, ..Filter::default() };
        items = store.list(&filter).await?;
    }
    if items.len() > 1 && items.iter().any(|item| word.fits(item.state)) {
        items.retain(|item| word.fits(item.state));
    }
    match <[Item; 1]>::try_from(items) {
        Ok([item]) if word.fits(item.state) => Ok(item),
        Ok([item]) => Err(cannot(word, &item, item.state)),
        Err(none) if none.is_empty() => Err(CliError::usage(
            format!("no order with the external id {id} was received"),
            "See all of them with: tillbridge orders --limit 0".to_owned(),
        )),
        Err(several) => {
            let keys: Vec<String> =
                several.iter().map(|item| format!("{} ({})", item.key, item.state.as_str())).collect();
            Err(CliError::usage(
                format!("{} orders have the external id {id}: {}", keys.len(), keys.join(", ")),
                "Name one of them by its key, in quotes.".to_owned(),
            ))
        }
    }
}

/// Why a word cannot be said of an order in this state.
pub(in crate::cli) fn cannot(word: &Word, item: &Item, state: State) -> CliError {
    let hint = match word {
        Word::Ignore { .. } => "Correct it in Odoo; tillbridge orders --show ID says where it stands there.",
        Word::Retry => "See where it stands with: tillbridge orders --show ID",
        _ => "See it with: tillbridge orders --show ID",
    };
    CliError::usage(word.why_not(&item.external_id, state).to_string(), hint.replace("ID", &item.external_id))
}
