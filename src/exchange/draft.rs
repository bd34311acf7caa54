//! A draft of how a sync of Odoo is configured, which a request carries.

use serde_json::Value;

use crate::config::{Secrets, Sync};
use crate::order::Text;
use crate::text;

use super::syncs::convert;
use super::wire::SyncRow;

/// The sync as a draft of it says. Where its orders come from, and whose they are, stays as it
/// is, and its key is nobody's to carry around.
///
/// # Errors
///
/// Says what is wrong with the draft and how to mend it, as of a sync that is so configured.
pub fn drafted(present: &Sync, draft: Value, secrets: &Secrets) -> Result<Sync, Text> {
    let row: SyncRow = serde_json::from_value(draft).map_err(|error| {
        text!(
            "The service cannot read the draft ({error}). Install the addon and the service of the same release.",
            error = error.to_string()
        )
    })?;
    let row = SyncRow {
        source: present.source.to_string(),
        url: present.url.to_string(),
        api_key: String::new(),
        order_url: String::new(),
        ..row
    };
    Ok(convert(row, secrets)?.drafted_of(present))
}
