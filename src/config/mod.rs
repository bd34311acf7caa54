//! Configuration: `tillbridge.toml`, and syncs from wherever they are kept, as one type.
//!
//! The file holds the connection to Odoo, the store, secrets, and, where no addon can be
//! installed, the syncs themselves as `[[sync]]` tables. With the addon the syncs are
//! records in Odoo. Both become a [`Sync`], so both behave the same.

mod closing;
mod duration;
mod file;
mod locations;
mod orders;
mod secret;
mod sync;
mod sync_table;

pub use closing::{Closing, ClosingRule, LateOrders};
pub use file::{Config, ConfigError, MetricsSettings, Network, OdooSettings, StoreSettings};
pub use locations::Shops;
pub use orders::{CancelledAfterBooking, OrderRules, RefundWithoutSale, SaleDate};
pub use secret::{SecretSource, Secrets};
pub use sync::{AuthScheme, Origin, SinceField, Statuses, Sync};
