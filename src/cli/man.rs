//! `tillbridge man`.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::exit::{CliError, Exit};
use super::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  tillbridge man | man -l -                             read it
  sudo tillbridge man --dir /usr/local/share/man/man1   a page for each command";

/// Options of `tillbridge man`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ManArgs {
    /// Write a page for each command into this folder, instead of printing the first
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs, printer: &Printer) -> Result<Exit, CliError> {
    match &args.dir {
        Some(dir) => write_pages(dir, printer)?,
        None => print_page(printer)?,
    }
    Ok(Exit::Done)
}

fn print_page(printer: &Printer) -> Result<(), CliError> {
    let mut page = Vec::new();
    Man::new(super::Cli::command())
        .render(&mut page)
        .map_err(|error| CliError::unexpected(error.to_string()))?;
    printer.data(String::from_utf8_lossy(&page).trim_end());
    Ok(())
}

fn write_pages(dir: &Path, printer: &Printer) -> Result<(), CliError> {
    std::fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(super::Cli::command(), dir))
        .map_err(|error| {
            CliError::usage(
                format!("the pages cannot be written to {}: {error}", dir.display()),
                "Choose a folder that this user may write to.".to_owned(),
            )
        })?;
    printer.note(format_args!("The pages are in {}.", dir.display()));
    Ok(())
}
