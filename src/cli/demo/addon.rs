//! The addon in the demo's own database.

use serde::Deserialize;
use serde_json::json;

use crate::cli::exit::CliError;
use crate::odoo::{CallError, Client, Outcome};

/// Gives the service's user the addon's group for it, where the addon is installed.
pub(super) async fn employ(admin: &Client, user: i64) -> Result<(), CliError> {
    #[derive(Deserialize)]
    struct Group {
        res_id: i64,
    }
    let groups: Vec<Group> = admin
        .search_read(
            "ir.model.data",
            (("module", "=", "external_order_sync"), ("name", "=", "group_sidecar")),
            &["res_id"],
            "id",
        )
        .await
        .map_err(|error| failed(&error))?;
    let Some(group) = groups.first() else { return Ok(()) };
    let values = json!({"group_ids": [[4, group.res_id]]});
    match admin.write::<bool>("res.users", "write", ([user], values), ()).await {
        Outcome::Committed(_) => Ok(()),
        Outcome::Refused(fault) => Err(failed(&CallError::Fault(fault))),
        Outcome::NotSent(error) | Outcome::Unknown(error) => Err(failed(&error)),
    }
}

fn failed(error: &CallError) -> CliError {
    CliError {
        hint: Some("Start over with: tillbridge demo --fresh".to_owned()),
        ..CliError::unexpected(format!("the demo's Odoo could not be prepared: {error}"))
    }
}
