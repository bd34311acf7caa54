//! What lies on this machine.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use crate::config::{Config, SecretSource, StoreSettings};
use crate::doctor::{Finding, capital};
use crate::store::Store;

use super::super::connect;

/// A configuration that holds secrets is its owner's alone.
pub(super) fn permissions(config: &Config) -> Finding {
    let path = config.path.display();
    let holds_secrets = matches!(config.odoo.secret, SecretSource::Value(_))
        || matches!(config.store, StoreSettings::Postgres(SecretSource::Value(_)));
    let mode = std::fs::metadata(&config.path).map(|metadata| metadata.permissions().mode() & 0o777);
    match mode {
        Ok(mode) if holds_secrets && mode & 0o077 != 0 => Finding::warning(
            "config",
            format!("{path} holds a key, and other users of this machine can read it (mode {mode:03o})."),
            format!("Run: chmod 600 {path}"),
        ),
        _ => Finding::ok("config", format!("{path} can be used.")),
    }
}

/// The store can be opened.
pub(super) async fn store(config: &Config) -> (Finding, Option<Arc<dyn Store>>) {
    match connect::store(config).await {
        Ok(store) => (Finding::ok("store", format!("{} can be used.", store.place())), Some(store)),
        Err(error) => {
            let fix = error.hint.unwrap_or_else(|| "Mend what the message names.".to_owned());
            (Finding::problem("store", capital(&error.message), fix), None)
        }
    }
}
