//! What the demo keeps between two runs: a configuration, the store, and which template the
//! database was made from.

use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::cli::exit::CliError;

/// A folder of the demo, for one database.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder of this name in the cache; made when it is missing, for this user
    /// alone (the cache itself is entered by PostgreSQL's user too).
    pub fn open(cache: &Path, name: &str) -> Result<Self, CliError> {
        let path = cache.join(name);
        let made = std::fs::create_dir_all(cache).and_then(|()| {
            // Recursive: one that is there already is no error.
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)
        });
        made.map_err(|error| cannot_write(&path, &error))?;
        Ok(Self(path))
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.0.join("tillbridge.toml")
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.0.join("tillbridge.sqlite")
    }

    /// The template that the database was made from, as far as it is known.
    pub fn template(&self) -> Option<String> {
        std::fs::read_to_string(self.0.join("template")).ok()
    }

    /// Remembers the template.
    pub fn set_template(&self, template: &str) -> Result<(), CliError> {
        self.write("template", template)
    }

    /// Writes the configuration, readable for this user alone.
    pub fn set_config(&self, text: &str) -> Result<(), CliError> {
        self.write("tillbridge.toml", text)
    }

    /// Forgets what was known of the database.
    pub fn clear(&self) -> Result<(), CliError> {
        for name in ["template", "tillbridge.sqlite", "tillbridge.sqlite-wal", "tillbridge.sqlite-shm"] {
            let path = self.0.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(cannot_write(&path, &error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Replaces a file in one step.
    fn write(&self, name: &str, text: &str) -> Result<(), CliError> {
        let (path, new) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let written = || -> io::Result<()> {
            let mut file =
                std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            std::fs::rename(&new, &path)
        };
        written().map_err(|error| cannot_write(&path, &error))
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError::usage(
        format!("{} cannot be written: {error}", path.display()),
        "Choose another folder for the demo with the variable TILLBRIDGE_CACHE.".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_written_is_private_and_what_is_cleared_is_gone() {
        let cache = tempfile::tempdir().unwrap();
        let folder = Folder::open(&cache.path().join("new"), "demo").unwrap();
        folder.set_config("a").unwrap();
        folder.set_config("b").unwrap();
        folder.set_template("tpl").unwrap();
        std::fs::write(folder.store(), "").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.0), mode(&folder.config())), (0o700, 0o600));
        assert_eq!(std::fs::read_to_string(folder.config()).unwrap(), "b");
        assert_eq!(folder.template().as_deref(), Some("tpl"));
        folder.clear().unwrap();
        folder.clear().unwrap();
        assert!(folder.template().is_none() && !folder.store().exists());
    }
}
