//! Questions at the terminal.

use std::io::{self, IsTerminal as _, Write as _};

use secrecy::SecretString;

use super::super::exit::CliError;
use super::super::printer::Printer;

/// Asks, where somebody is there to answer.
pub(super) struct Asker<'p> {
    can_ask: bool,
    printer: &'p Printer,
}

impl<'p> Asker<'p> {
    pub fn new(ask_nothing: bool, printer: &'p Printer) -> Self {
        Self { can_ask: !ask_nothing && io::stdin().is_terminal(), printer }
    }

    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// An answer that `check` accepts. Enter takes the default. `option` is what gives the
    /// answer where nobody can be asked.
    pub fn ask<T>(
        &self,
        question: &str,
        default: Option<&str>,
        option: &str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, CliError> {
        self.must_ask(option)?;
        loop {
            let shown = default.map(|text| format!(" [{text}]")).unwrap_or_default();
            let line = line(&format!("{question}{shown}: "))?;
            let answer = if line.is_empty() { default.unwrap_or_default() } else { &line };
            match check(answer) {
                Ok(value) => return Ok(value),
                Err(why) => self.printer.note(format_args!("  {why}")),
            }
        }
    }

    /// A number from a list, or the text of one of its entries.
    pub fn choose(
        &self,
        question: &str,
        entries: &[String],
        default: Option<usize>,
        option: &str,
    ) -> Result<usize, CliError> {
        self.must_ask(option)?;
        for (number, entry) in entries.iter().enumerate() {
            self.printer.note(format_args!("  {} {entry}", number + 1));
        }
        let default = default.map(|index| (index + 1).to_string());
        self.ask(question, default.as_deref(), option, |answer| {
            let by_number = answer
                .parse()
                .ok()
                .filter(|number| (1..=entries.len()).contains(number))
                .map(|n: usize| n - 1);
            by_number
                .or_else(|| entries.iter().position(|entry| entry == answer))
                .ok_or_else(|| format!("Give a number from 1 to {}.", entries.len()))
        })
    }

    /// Something that must not be seen; empty where that is allowed.
    pub fn secret(&self, question: &str, option: &str) -> Result<SecretString, CliError> {
        self.must_ask(option)?;
        rpassword::prompt_password(format!("{question} (not shown): "))
            .map(|text| SecretString::from(text.trim().to_owned()))
            .map_err(|error| unanswered(&error))
    }

    /// Where nobody can be asked, the option should have been given.
    pub fn must_ask(&self, option: &str) -> Result<(), CliError> {
        if self.can_ask {
            return Ok(());
        }
        Err(CliError::usage(
            format!("nobody can be asked, and this is missing: {option}"),
            "Give it as an option, or run tillbridge init at a terminal and without --yes.".to_owned(),
        ))
    }
}

fn line(prompt: &str) -> Result<String, CliError> {
    let mut out = io::stderr().lock();
    let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) => Err(unanswered(&io::ErrorKind::UnexpectedEof.into())),
        Ok(_) => Ok(line.trim().to_owned()),
        Err(error) => Err(unanswered(&error)),
    }
}

fn unanswered(error: &io::Error) -> CliError {
    CliError::usage(format!("no answer: {error}"), "Nothing was written.".to_owned())
}
