//! What most commands begin with: configuration, store, Odoo.

use std::sync::Arc;

use crate::clock::SystemClock;
use crate::config::Config;
use crate::odoo::{Client, OdooConfig};
use crate::source::http::Allowed;
use crate::store::{SqliteStore, Store};
use crate::sync::{Engine, EngineSettings};

use super::exit::CliError;

/// Opens the store of a configuration.
pub(super) async fn store(config: &Config) -> Result<Arc<dyn Store>, CliError> {
    Ok(Arc::new(SqliteStore::open(&config.store.path).await?))
}

/// Logs in to Odoo.
pub(super) async fn odoo(config: &Config) -> Result<Client, CliError> {
    let secret = config
        .odoo
        .secret
        .read(config.folder())
        .map_err(|error| CliError::usage(format!("{}: [odoo]: {error}", config.path.display()), None))?;
    let mut settings =
        OdooConfig::new(config.odoo.url.clone(), &config.odoo.database, &config.odoo.username, secret);
    settings.allow_insecure_http = config.odoo.allow_insecure_http;
    Ok(Client::connect(&settings).await?)
}

/// The engine of a configuration.
pub(super) fn engine(config: &Config, store: Arc<dyn Store>) -> Result<Engine, CliError> {
    let allow = config
        .network
        .allow
        .iter()
        .map(|text| {
            text.parse::<Allowed>().map_err(|error| {
                CliError::usage(format!("{}: [network] allow: {error}", config.path.display()), None)
            })
        })
        .collect::<Result<_, _>>()?;
    let settings =
        EngineSettings { parallel: config.odoo.parallel, unknown_settle: config.odoo.unknown_settle, allow };
    Ok(Engine::new(store, Arc::new(SystemClock), settings))
}
