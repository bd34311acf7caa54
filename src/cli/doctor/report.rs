//! The report: its lines, its exit code, its looks.

use std::io::IsTerminal as _;

use serde::Serialize;

use crate::doctor::{Finding, Status};

use super::super::Output;
use super::super::exit::{CliError, Exit};
use super::super::printer::Printer;

/// A finding and the sync it is about.
#[derive(Debug, Serialize)]
struct Entry {
    sync: Option<String>,
    #[serde(flatten)]
    finding: Finding,
}

/// All findings, in the order they were made.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    #[serde(skip)]
    sync: Option<String>,
    checks: Vec<Entry>,
}

impl Report {
    /// What follows is about this sync.
    pub fn begin(&mut self, sync: &str) {
        self.sync = Some(sync.to_owned());
    }

    pub fn add(&mut self, finding: Finding) {
        self.checks.push(Entry { sync: self.sync.clone(), finding });
    }

    pub fn add_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.add(finding);
        }
    }

    /// Adds the finding, and keeps what the check has made.
    pub fn keep<T>(&mut self, (finding, made): (Finding, Option<T>)) -> Option<T> {
        self.add(finding);
        made
    }

    fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|entry| entry.finding.status == status).count()
    }

    /// What must be mended goes before what may pass by itself.
    pub fn exit(&self) -> Exit {
        let problems: Vec<_> =
            self.checks.iter().map(|entry| &entry.finding).filter(|f| f.status == Status::Problem).collect();
        if problems.is_empty() {
            Exit::Done
        } else if problems.iter().all(|problem| problem.unreachable) {
            Exit::Unreachable
        } else {
            Exit::Usage
        }
    }

    pub fn print(&self, output: Output, printer: &Printer) -> Result<(), CliError> {
        if output == Output::Json {
            return printer.json(self);
        }
        let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        printer.data(self.text(coloured));
        Ok(())
    }

    fn text(&self, coloured: bool) -> String {
        let mut lines = Vec::new();
        let mut section = None;
        for Entry { sync, finding } in &self.checks {
            if section != Some(sync) {
                section = Some(sync);
                match sync {
                    Some(name) => lines.extend([String::new(), format!("Sync {name}")]),
                    None => lines.push("tillbridge and Odoo".to_owned()),
                }
            }
            lines.push(format!(
                "  {} {:<11} {}",
                mark(finding.status, coloured),
                finding.check,
                finding.message
            ));
            if let Some(fix) = &finding.fix {
                lines.push(format!("{:<24}→ {fix}", ""));
            }
        }
        lines.push(format!(
            "\n{} ok, {}, {}",
            self.count(Status::Ok),
            plural(self.count(Status::Warning), "warning"),
            plural(self.count(Status::Problem), "problem")
        ));
        lines.join("\n")
    }
}

/// Icon and word; colour is an extra.
fn mark(status: Status, coloured: bool) -> String {
    let (text, colour) = match status {
        Status::Ok => ("✓ ok     ", "32"),
        Status::Warning => ("! warning", "33"),
        Status::Problem => ("✗ problem", "31"),
    };
    if coloured { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    fn report(findings: impl IntoIterator<Item = Finding>) -> Report {
        let mut report = Report::default();
        report.add_all(findings);
        report
    }

    #[test]
    fn the_exit_code_tells_what_must_be_mended_from_what_may_pass() {
        let (ok, warning) = (plain::ok("a", "A."), plain::warning("b", "B.", "Do b."));
        let (problem, down) = (plain::problem("c", "C.", "Do c."), plain::unreachable("d", "D.", "Do d."));
        assert_eq!(report([ok.clone(), warning.clone()]).exit(), Exit::Done);
        assert_eq!(report([ok.clone(), down.clone()]).exit(), Exit::Unreachable);
        assert_eq!(report([down.clone(), problem.clone()]).exit(), Exit::Usage);
        assert_eq!(report([warning, problem, ok, down]).exit(), Exit::Usage);
    }

    #[test]
    fn status_is_said_in_words_with_the_fix_below() {
        let mut report = report([plain::ok("login", "Fine.")]);
        report.begin("Web");
        report.add(plain::problem("shop", "No shop.", "Make one."));
        let text = report.text(false);
        assert_eq!(
            text,
            "tillbridge and Odoo\n  ✓ ok      login       Fine.\n\nSync Web\n  ✗ problem shop        No shop.\n                        → Make one.\n\n1 ok, 0 warnings, 1 problem"
        );
        assert!(report.text(true).contains("✗ problem"));
    }
}
