//! The addon in the demo's own database: the service's rights, and the sync as a record of
//! Odoo, where it can be looked at.

use std::fmt::Display;

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;

use crate::cli::exit::CliError;
use crate::odoo::xmlrpc::Value;
use crate::odoo::{CallError, Client, Outcome};

use super::orders::SOURCE;
use super::sync::DemoSync;

const SYNC: &str = "external.order.sync";

/// The addon of a database, used by its administrator.
#[derive(Debug)]
pub(super) struct Addon {
    admin: Client,
    /// The group of the service's user.
    group: i64,
}

#[derive(Deserialize)]
struct Record {
    id: i64,
}

impl Addon {
    /// The addon, where it is installed.
    pub async fn find(admin: Client) -> Result<Option<Self>, CliError> {
        #[derive(Deserialize)]
        struct Group {
            res_id: i64,
        }
        let domain = (("module", "=", "external_order_sync"), ("name", "=", "group_sidecar"));
        let found: Result<Vec<Group>, _> =
            admin.search_read("ir.model.data", domain, &["res_id"], "id").await;
        let group = found.map_err(unprepared)?.first().map(|group| group.res_id);
        Ok(group.map(|group| Self { admin, group }))
    }

    /// Lets a user be the service's.
    pub async fn employ(&self, user: i64) -> Result<(), CliError> {
        let values = json!({"group_ids": [[4, self.group]]});
        done(self.admin.write::<bool>("res.users", "write", json!([[user], values]), ()).await).map(drop)
    }

    /// Makes the record of the sync, or brings its address and key up to date.
    pub async fn keep_sync(&self, sync: &DemoSync<'_>, shop: i64) -> Result<(), CliError> {
        let every = self.admin.with_context([("active_test", Value::Bool(false))]);
        let known: Result<Vec<Record>, _> =
            every.search_read(SYNC, (("source", "=", SOURCE),), &["id"], "id").await;
        let (url, key) = (sync.url.as_str(), sync.key.expose_secret());
        if let Some(known) = known.map_err(unprepared)?.first() {
            let args = json!([[known.id], {"external_api_url": url, "external_api_key": key}]);
            return done(self.admin.write::<bool>(SYNC, "write", args, ()).await).map(drop);
        }
        let args = json!([[{
            "name": sync.name,
            "source": SOURCE,
            "external_api_url": url,
            "external_api_key": key,
            "pos_config_id": shop,
            "start_date": sync.start().format("%Y-%m-%d %H:%M:%S").to_string(),
            "timezone": sync.zone.name(),
        }]]);
        done(self.admin.write::<Vec<i64>>(SYNC, "create", args, ()).await).map(drop)
    }
}

fn done<T>(outcome: Outcome<T>) -> Result<T, CliError> {
    match outcome {
        Outcome::Committed(value) => Ok(value),
        Outcome::Refused(fault) => Err(unprepared(CallError::Fault(fault))),
        Outcome::NotSent(error) | Outcome::Unknown(error) => Err(unprepared(error)),
    }
}

fn unprepared(error: impl Display) -> CliError {
    CliError {
        hint: Some("Start over with: tillbridge demo --fresh".to_owned()),
        ..CliError::unexpected(format!("the demo's Odoo cannot be prepared: {error}"))
    }
}
