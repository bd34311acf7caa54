//! What SQLite says, in words with a fix.

/// Primary result codes of SQLite (<https://www.sqlite.org/rescode.html>) with their fix.
pub(super) fn explain(error: &sqlx::Error) -> String {
    let fix = match primary_code(error) {
        Some(5 | 6) => "another process keeps it locked; stop that one, or try again",
        Some(3 | 8 | 23) => {
            "it cannot be written to; give this user the right to write to the file and its folder"
        }
        Some(10) => {
            "the disk reports errors; check it, and restore the store's backup if the file is damaged"
        }
        Some(11) => {
            "the file is damaged; restore its backup, or move it aside and start with an empty store: what is booked is looked up in Odoo"
        }
        Some(13) => "the disk is full; free some space and try again: nothing stored before is lost",
        Some(14) => "it cannot be opened; check the path and the rights of its folder",
        Some(26) => "the file is not a tillbridge store; choose another [store] path",
        _ => return error.to_string(),
    };
    format!("{error}; {fix}")
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
