//! Which Odoo database a store belongs to.
//!
//! Where the addon tells it, by `database.uuid`, so that another database under the same name
//! is noticed and another address of the same one is not minded; else by address. And always
//! by name: a raw copy of a database has the same uuid (Odoo's own "duplicate" gives a new one,
//! 14 to 19, `odoo/service/db.py`).

use std::fmt;

use crate::odoo::Client;
use crate::store::{OdooIdentity, Store, StoreError};

/// Note in the store that holds the `database.uuid` of the Odoo it belongs to.
const DATABASE: &str = "odoo.database.uuid";

/// An Odoo database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    address: String,
    name: String,
    /// `database.uuid`; empty where it is not known.
    uuid: String,
}

impl Binding {
    pub(super) fn new(client: &Client, uuid: String) -> Self {
        let target = client.target();
        Self { address: target.address.clone(), name: target.database.clone(), uuid }
    }

    /// The database that a store belongs to; `None` before its first use.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn bound(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let Some(OdooIdentity { uuid: address, database: name }) = store.bound().await? else {
            return Ok(None);
        };
        Ok(Some(Self { address, name, uuid: store.note(DATABASE).await?.unwrap_or_default() }))
    }

    /// Whether both are the same database, as far as can be known.
    pub fn is(&self, other: &Self) -> bool {
        let same = if self.uuid.is_empty() || other.uuid.is_empty() {
            self.address == other.address
        } else {
            self.uuid == other.uuid
        };
        same && self.name == other.name
    }

    /// Ties a store to this database because a person says so.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn bind(&self, store: &dyn Store) -> Result<(), StoreError> {
        store.rebind(&self.identity()).await?;
        store.set_note(DATABASE, &self.uuid).await
    }

    fn identity(&self) -> OdooIdentity {
        OdooIdentity { uuid: self.address.clone(), database: self.name.clone() }
    }

    /// Ties a store to this database at its first use; an error for any other afterwards.
    pub(super) async fn check(&self, store: &dyn Store) -> Result<(), StoreError> {
        match Self::bound(store).await? {
            Some(bound) if !bound.is(self) => {
                Err(StoreError::OtherOdoo { bound: bound.to_string(), asked: self.to_string() })
            }
            Some(bound) if !bound.uuid.is_empty() || self.uuid.is_empty() => Ok(()),
            _ => {
                // Of two that begin at the same time with different databases one is refused.
                store.bind(&self.identity()).await?;
                store.set_note(DATABASE, &self.uuid).await
            }
        }
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = if self.uuid.is_empty() { &self.address } else { &self.uuid };
        write!(f, "{} ({which})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(address: &str, name: &str, uuid: &str) -> Binding {
        Binding { address: address.into(), name: name.into(), uuid: uuid.into() }
    }

    #[test]
    fn a_database_is_known_by_uuid_and_name_or_by_address_and_name() {
        let shop = binding("https://a", "shop", "u-1");
        for (other, same) in [
            (binding("https://b", "shop", "u-1"), true),
            (binding("https://a", "shop", ""), true),
            (binding("https://a", "shop", "u-2"), false),
            (binding("https://a", "copy", "u-1"), false),
            (binding("https://b", "shop", ""), false),
        ] {
            assert_eq!(shop.is(&other), same, "{other:?}");
            assert_eq!(other.is(&shop), same, "{other:?}");
        }
    }
}
