//! Finding a sync by what a person calls it.

use crate::config::Sync;

use super::exit::CliError;

/// The sync of a name.
pub(super) fn by_name<'s>(syncs: &'s [Sync], name: &str) -> Result<&'s Sync, CliError> {
    syncs.iter().find(|sync| sync.name == name).ok_or_else(|| {
        let names: Vec<_> = syncs.iter().map(|sync| format!("\"{}\"", sync.name)).collect();
        let hint = if names.is_empty() {
            "There is no sync yet: create one in Odoo, or add a [[sync]] table to the file (see config.example.toml).".to_owned()
        } else {
            format!("The syncs are: {}.", names.join(", "))
        };
        CliError::usage(format!("there is no sync named \"{name}\""), hint)
    })
}
