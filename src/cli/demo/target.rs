//! Which Odoo the demo books into: one of its own, or the user's.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use crate::cli::exit::CliError;
use crate::cli::printer::Printer;
use crate::odoo::{Client, ConnectError, OdooConfig};

use super::OwnOdoo;
use super::addon::Addon;
use super::folder::Folder;
use super::tooling::{Login, Server, Tooling};

const DATABASE: &str = "tillbridge_demo";
const SHOP: &str = "Main Shop";

/// The Odoo that is booked into.
pub(super) struct Target {
    /// Its address.
    pub url: Url,
    /// Database.
    pub database: String,
    /// The user of the service.
    pub username: String,
    /// How the configuration file gives the password: key and value.
    pub password: (&'static str, String),
    /// Shop.
    pub shop: String,
    /// The addon with which the sync is kept in Odoo, and the shop's record id there.
    pub addon: Option<(Addon, i64)>,
    /// A login to look at it, of the demo's own Odoo.
    pub visitor: Option<Login>,
}

impl Target {
    /// The user's own Odoo, as given.
    pub fn own(own: &OwnOdoo, url: &Url) -> Self {
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        Self {
            url: url.clone(),
            database: text(&own.database),
            username: text(&own.username),
            password: ("password_env", text(&own.password_env)),
            shop: text(&own.shop),
            addon: None,
            visitor: None,
        }
    }

    /// A name for a folder, one for each database of each Odoo.
    pub fn folder_name(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        format!("demo-{host}-{port}-{}", self.database).chars().map(plain).collect()
    }

    /// The demo's own Odoo: brought up, with a database that holds the sample shop. What is
    /// there already stays, unless it was made from something else than would be now.
    pub async fn of_the_demo(
        tooling: &Tooling,
        folder: &Folder,
        fresh: bool,
        printer: &Printer,
    ) -> Result<Self, CliError> {
        let server = tooling.up().await?;
        let template = tooling.template(&server).await?;
        let known = folder.template();
        let outdated = known.as_ref().is_some_and(|known| *known != template);
        if outdated {
            printer.note("The sample shop or the addon has changed since the last run: starting over.");
        }
        if fresh || outdated || known.is_none() || !there(&server).await? {
            printer.note(format_args!("Making the database {DATABASE}"));
            folder.clear()?;
            tooling.fresh(DATABASE, &template).await?;
            folder.set_template(&template)?;
        }
        let addon = Addon::find(login(&server, &server.admin).await?).await?;
        if let Some(addon) = &addon {
            addon.employ(server.users.posapi.id).await?;
        }
        let Server { url, admin, users, shops, .. } = server;
        let shop = shops
            .get(SHOP)
            .ok_or_else(|| CliError::unexpected(format!("there is no shop {SHOP} in the sample data")))?
            .id;
        Ok(Self {
            url,
            database: DATABASE.to_owned(),
            username: users.posapi.name,
            password: ("password", users.posapi.password),
            shop: SHOP.to_owned(),
            addon: addon.map(|addon| (addon, shop)),
            visitor: Some(admin),
        })
    }
}

/// Whether the demo's database is there.
async fn there(server: &Server) -> Result<bool, CliError> {
    match login(server, &server.users.posapi).await {
        Ok(_) => Ok(true),
        Err(ConnectError::UnknownDatabase { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn login(server: &Server, user: &Login) -> Result<Client, ConnectError> {
    let password = SecretString::from(user.password.clone());
    Client::connect(&OdooConfig::new(server.url.clone(), DATABASE, &user.name, password)).await
}

/// Where folders of the demo go when no scripts say where.
pub(super) fn cache() -> Result<PathBuf, CliError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("TILLBRIDGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|home| home.join("tillbridge")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/tillbridge")))
        .ok_or_else(|| {
            CliError::usage(
                "there is no folder for what the demo keeps: neither TILLBRIDGE_CACHE nor HOME is set",
                "Set TILLBRIDGE_CACHE to a folder of yours.".to_owned(),
            )
        })
}
