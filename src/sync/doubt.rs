//! When a request with orders last got no clear answer, shop by shop.
//!
//! Odoo may still be at it. A session is not closed meanwhile: what comes too late for one ends,
//! before 18, in a rescue session of Odoo's own making.

use chrono::{DateTime, Utc};

use crate::store::{Store, StoreError};

fn note(shop: i64) -> String {
    format!("shop.doubt.{shop}")
}

/// Notes that a request of this time may still be under way.
pub(super) async fn begin(store: &dyn Store, shop: i64, sent_at: DateTime<Utc>) -> Result<(), StoreError> {
    if since(store, shop).await?.is_none_or(|known| known < sent_at) {
        store.set_note(&note(shop), &sent_at.to_rfc3339()).await?;
    }
    Ok(())
}

/// When the last such request was sent; `None` without one.
pub(super) async fn since(store: &dyn Store, shop: i64) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(store.note(&note(shop)).await?.and_then(|text| text.parse().ok()))
}
