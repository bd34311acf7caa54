//! Finding a sync by what a person calls it.

use crate::config::Sync;

use super::exit::CliError;

/// The sync of a name.
pub(super) fn by_name<'s>(syncs: &'s [Sync], name: &str) -> Result<&'s Sync, CliError> {
    let found = syncs.iter().find(|sync| sync.name == name);
    found.ok_or_else(|| CliError::usage(format!("there is no sync named \"{name}\""), known(syncs)))
}

/// The only active sync, where there is just one.
pub(super) fn only(syncs: &[Sync]) -> Result<&Sync, CliError> {
    let active: Vec<_> = syncs.iter().filter(|sync| sync.active).collect();
    match active.as_slice() {
        [only] => Ok(only),
        [] => Err(CliError::usage("there is no active sync".to_owned(), known(syncs))),
        _ => Err(CliError::usage(
            "there are several syncs: say which one with --sync".to_owned(),
            known(syncs),
        )),
    }
}

fn known(syncs: &[Sync]) -> String {
    let names: Vec<_> = syncs.iter().map(|sync| format!("\"{}\"", sync.name)).collect();
    if names.is_empty() {
        return "There is no sync yet: create one in Odoo, or add a [[sync]] table to the file (see config.example.toml).".to_owned();
    }
    format!("The syncs are: {}.", names.join(", "))
}
