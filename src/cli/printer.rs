//! What a command prints: data on stdout, everything else on stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{Cell, ContentArrangement, Table, TableComponent, presets};
use serde::Serialize;

use super::exit::CliError;

/// Hands out the two streams. A closed pipe (`| head`) is not worth a message.
#[derive(Debug)]
pub(super) struct Printer {
    /// Whether a person watches stderr.
    pub interactive: bool,
}

#[expect(clippy::unused_self, reason = "printing goes through the printer, so that it has one place")]
impl Printer {
    pub fn new() -> Self {
        Self { interactive: io::stderr().is_terminal() }
    }

    /// Data.
    pub fn data(&self, text: impl Display) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// Data, as one JSON document.
    pub fn json(&self, value: &impl Serialize) -> Result<(), CliError> {
        let text =
            serde_json::to_string_pretty(value).map_err(|error| CliError::unexpected(error.to_string()))?;
        self.data(text);
        Ok(())
    }

    /// Data, as a table; at a terminal no wider than that.
    pub fn table<R: IntoIterator<Item = String>>(&self, head: &[&str], rows: impl IntoIterator<Item = R>) {
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_style(TableComponent::HeaderLines, '─')
            .set_style(TableComponent::MiddleHeaderIntersections, '─')
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(head.iter().map(Cell::new));
        for row in rows {
            table.add_row(row.into_iter().map(Cell::new));
        }
        self.data(table.trim_fmt());
    }

    /// A remark to the person at the terminal.
    pub fn note(&self, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// An error with its hint.
    pub fn error(&self, error: &CliError) {
        self.note(format_args!("error: {}", error.message));
        if let Some(hint) = &error.hint {
            self.note(format_args!("hint: {hint}"));
        }
    }
}
