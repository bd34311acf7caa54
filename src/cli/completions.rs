//! `tillbridge completions`.

use std::io::Write as _;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::exit::{CliError, Exit};
use super::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  tillbridge completions bash > /etc/bash_completion.d/tillbridge
  tillbridge completions zsh > \"${fpath[1]}/_tillbridge\"
  tillbridge completions fish > ~/.config/fish/completions/tillbridge.fish";

/// Options of `tillbridge completions`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, printer: &Printer) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "tillbridge", &mut script);
    script.flush().map_err(|error| CliError::unexpected(error.to_string()))?;
    printer.data(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}
