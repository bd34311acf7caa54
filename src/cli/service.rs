//! `tillbridge service`: running under systemd.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::config::Config;

use super::Global;
use super::exit::{CliError, Exit};
use super::printer::Printer;

const UNIT: &str = include_str!("service.unit");

const EXAMPLES: &str = "\
Examples:
  tillbridge --config /etc/tillbridge/tillbridge.toml service print
  tillbridge service print | sudo tee /etc/systemd/system/tillbridge.service
  tillbridge service print --user shop      run it as the user shop";

/// Options of `tillbridge service`.
#[derive(Args)]
pub(super) struct ServiceArgs {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Subcommand)]
enum ServiceCommand {
    /// Print a hardened systemd unit for this configuration, with how to install it
    Print(PrintArgs),
}

/// Options of `tillbridge service print`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
struct PrintArgs {
    /// User that the service runs as [default: the owner of the configuration, or tillbridge
    /// where that is root]
    #[arg(long, value_name = "NAME", value_parser = user_name)]
    user: Option<String>,
}

pub(super) fn run(args: ServiceArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    let ServiceCommand::Print(args) = args.command;
    let config = Config::load(&global.config)?;
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .map_err(|error| CliError::unexpected(format!("{}: {error}", path.display())))
    };
    let program = std::env::current_exe().map_err(|error| {
        CliError::unexpected(format!("this program does not know where it lies: {error}"))
    })?;
    let user = args.user.map_or_else(|| owner(&config.path), Ok)?;
    let store = config.store.path().map(absolute).transpose()?;
    let service = Service { program, config: absolute(&config.path)?, store, user };
    printer.data(service.unit()?.trim_end());
    Ok(Exit::Done)
}

fn user_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    if text.is_empty() || !text.chars().all(plain) {
        return Err("this is not the name of a user".into());
    }
    Ok(text.to_owned())
}

/// The user a service should run as: whoever owns the configuration, but never root.
fn owner(config: &Path) -> Result<String, CliError> {
    let unreadable = |error: std::io::Error| CliError::unexpected(format!("{}: {error}", config.display()));
    match std::fs::metadata(config).map_err(unreadable)?.uid() {
        0 => Ok("tillbridge".to_owned()),
        // systemd takes a number as well.
        uid => Ok(name_of(uid).unwrap_or_else(|| uid.to_string())),
    }
}

fn name_of(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id == uid.to_string()).then(|| name.to_owned())
    })
}

/// What a unit is made of; absolute paths.
struct Service {
    program: PathBuf,
    config: PathBuf,
    /// The file that the store is in, if it is in one.
    store: Option<PathBuf>,
    user: String,
}

impl Service {
    fn unit(&self) -> Result<String, CliError> {
        let folder = self.store.as_deref().map(|store| store.parent().unwrap_or(Path::new("/")));
        // systemd makes a state directory for the user. Any other folder is there already, and
        // whose it should be is for its owner to say.
        let (state, note) = match folder.map(|folder| (folder, state_directory(folder))) {
            None => (String::new(), String::new()),
            Some((_, Some(name))) => {
                (format!("StateDirectory={name}\nStateDirectoryMode=0700"), String::new())
            }
            Some((folder, None)) => (
                format!("ReadWritePaths={}", quoted(folder)?),
                format!(
                    "#   (the user {} must be able to write to {}; or set [store] path to\n#    \"/var/lib/tillbridge/tillbridge.sqlite\", a folder that systemd makes, and print this again)\n",
                    self.user,
                    shell_quoted(folder)?
                ),
            ),
        };
        let homes = ["/home", "/root", "/run/user"];
        let at_home = [&self.program, &self.config]
            .into_iter()
            .chain(&self.store)
            .any(|path| homes.iter().any(|home| path.starts_with(home)));
        Ok(UNIT
            .replace("@USER@", &self.user)
            .replace("@PROGRAM@", &argument(&self.program)?)
            .replace("@CONFIG@", &argument(&self.config)?)
            .replace("@STATE@", &state)
            .replace("@HOME@", if at_home { "read-only" } else { "yes" })
            .replace("@CONFIG_SHELL@", &shell_quoted(&self.config)?)
            .replace("@FOLDER_NOTE@", &note))
    }
}

/// The name for `StateDirectory=`, where the store's folder is one that systemd makes.
fn state_directory(folder: &Path) -> Option<&str> {
    let name = folder.strip_prefix("/var/lib").ok()?.to_str()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// A path as systemd reads it in a setting: `%` would be expanded.
fn quoted(path: &Path) -> Result<String, CliError> {
    let text = printable(path)?;
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    Ok(if is_plain(text) { escaped } else { format!("\"{escaped}\"") })
}

/// A path as systemd reads it in a command, where `$` would be expanded, too.
fn argument(path: &Path) -> Result<String, CliError> {
    Ok(quoted(path)?.replace('$', "$$"))
}

fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'))
}

/// A path as a shell reads it.
fn shell_quoted(path: &Path) -> Result<String, CliError> {
    let text = printable(path)?;
    Ok(if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) })
}

fn printable(path: &Path) -> Result<&str, CliError> {
    path.to_str().filter(|text| !text.chars().any(char::is_control)).ok_or_else(|| {
        CliError::usage(
            format!("systemd cannot be given the path {}", path.display()),
            "Move it to a path without special characters.".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(store: &str, config: &str) -> String {
        let service = Service {
            program: "/usr/local/bin/tillbridge".into(),
            config: config.into(),
            store: Some(store.into()),
            user: "shop".into(),
        };
        service.unit().map_err(|error| error.message).unwrap()
    }

    #[test]
    fn every_placeholder_is_filled() {
        let unit = unit("/var/lib/tillbridge/tillbridge.sqlite", "/etc/tillbridge/tillbridge.toml");
        assert!(!unit.contains('@') || unit.contains("@system-service"), "{unit}");
        assert!(!unit.replace("@system-service", "").contains('@'), "{unit}");
        assert!(unit.contains("\nUser=shop\n"), "{unit}");
        assert!(unit.contains(
            "\nExecStart=/usr/local/bin/tillbridge --config /etc/tillbridge/tillbridge.toml run\n"
        ));
    }

    #[test]
    fn the_store_is_all_that_can_be_written() {
        let standard = unit("/var/lib/tillbridge/tillbridge.sqlite", "/etc/tillbridge/tillbridge.toml");
        assert!(standard.contains("\nStateDirectory=tillbridge\n"), "{standard}");
        assert!(!standard.contains("\nReadWritePaths"), "{standard}");
        assert!(standard.contains("\nProtectHome=yes\n"), "{standard}");
        let home = unit("/home/shop/my till/t.sqlite", "/home/shop/my till/tillbridge.toml");
        assert!(home.contains("\nReadWritePaths=\"/home/shop/my till\"\n"), "{home}");
        assert!(home.contains("\nProtectHome=read-only\n"), "{home}");
    }

    #[test]
    fn paths_keep_their_meaning_in_the_unit() {
        assert_eq!(quoted(Path::new("/a/100%/b$c")).map_err(|e| e.message).unwrap(), "\"/a/100%%/b$c\"");
        assert_eq!(argument(Path::new("/a/100%/b$c")).map_err(|e| e.message).unwrap(), "\"/a/100%%/b$$c\"");
        assert_eq!(quoted(Path::new("/a \"b\"")).map_err(|e| e.message).unwrap(), "\"/a \\\"b\\\"\"");
        assert_eq!(shell_quoted(Path::new("/it's")).map_err(|e| e.message).unwrap(), "'/it'\\''s'");
        assert!(quoted(Path::new("/a\nb")).is_err());
    }

    #[test]
    fn a_user_is_a_name() {
        assert!(user_name("shop-1").is_ok());
        assert!(user_name("shop\nExecStart=/bin/sh").is_err());
    }
}
