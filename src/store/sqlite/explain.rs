//! What SQLite says, in words with a fix.

use crate::store::Trouble;

/// The extended result codes of a disk that does not take what is written: no more than a
/// quota or a limit allows, or out of order.
const NOT_WRITTEN: [i32; 5] = [778, 1034, 1290, 1546, 4874];

/// Result codes of SQLite (<https://www.sqlite.org/rescode.html>) with their fix.
pub(super) fn explain(error: &sqlx::Error) -> (Trouble, String) {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return (Trouble::Passing, format!("{error}; another write takes long; try again"));
    }
    let Some(code) = code(error) else { return (Trouble::Broken, error.to_string()) };
    let (trouble, fix) = match code & 0xff {
        5 | 6 => (Trouble::Passing, "another process keeps it locked; stop that one, or try again"),
        3 | 8 | 23 => (
            Trouble::Setup,
            "it cannot be written to; give this user the right to write to the file and its folder",
        ),
        10 if NOT_WRITTEN.contains(&code) => (
            Trouble::Passing,
            "the disk does not take what is written; look at its room, its quota and its health, then try again: nothing stored before is lost",
        ),
        10 => (
            Trouble::Broken,
            "the disk reports errors; check it, and restore the store's backup if the file is damaged",
        ),
        11 => (
            Trouble::Broken,
            "the file is damaged; restore its backup, or move it aside and start with an empty store: what is booked is looked up in Odoo",
        ),
        13 => (
            Trouble::Passing,
            "the disk is full; free some space and try again: nothing stored before is lost",
        ),
        14 => (Trouble::Setup, "it cannot be opened; check the path and the rights of its folder"),
        26 => (Trouble::Setup, "the file is not a tillbridge store; choose another [store] path"),
        _ => return (Trouble::Broken, error.to_string()),
    };
    (trouble, format!("{error}; {fix}"))
}

/// Whether SQLite cannot make sense of the file.
pub(super) fn is_damage(error: &sqlx::Error) -> bool {
    matches!(code(error).map(|code| code & 0xff), Some(11 | 26))
}

/// The extended result code.
fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}
