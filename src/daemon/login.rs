//! The login as it stands in the configuration file, for a service whose login Odoo refuses:
//! once somebody has put it right, it goes on without a restart.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::{Config, OdooSettings, SecretSource};

/// When the files that hold the login were last written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written(Vec<Option<SystemTime>>);

impl Written {
    /// As it is now. A file that is not there counts as never written.
    pub fn now(config: &Config) -> Self {
        let key = match &config.odoo.secret {
            SecretSource::File(path) => Some(config.folder().join(path)),
            SecretSource::Value(_) | SecretSource::Env(_) => None,
        };
        let files: Vec<PathBuf> = std::iter::once(config.path.clone()).chain(key).collect();
        Self(files.iter().map(|path| changed(path)).collect())
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// The `[odoo]` table as it stands in the file now. Where the file cannot be read, it stays
/// as it was: an editor may be at it.
pub(super) fn reread(config: &Config) -> OdooSettings {
    match Config::load(&config.path) {
        Ok(fresh) => fresh.odoo,
        Err(error) => {
            tracing::warn!(%error, "the configuration file was changed and cannot be used");
            config.odoo.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_login_that_was_put_right_is_seen_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tillbridge.toml");
        let text = |database: &str| {
            format!(
                "[odoo]\nurl = \"http://localhost\"\ndatabase = \"{database}\"\nusername = \"u\"\napi_key_file = \"key\"\n"
            )
        };
        let touch = |path: &Path, text: &str, age: u64| {
            std::fs::write(path, text).unwrap();
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(age)).unwrap();
        };
        touch(&path, &text("old"), 1000);
        touch(&folder.path().join("key"), "k1", 1000);
        let config = Config::load(&path).unwrap();
        let before = Written::now(&config);
        assert_eq!(before, Written::now(&config));

        touch(&folder.path().join("key"), "k2", 2000);
        let key_changed = Written::now(&config);
        assert_ne!(before, key_changed);
        touch(&path, &text("new"), 3000);
        assert_ne!(key_changed, Written::now(&config));
        assert_eq!(reread(&config).database, "new");

        touch(&path, "half a fi", 4000);
        assert_eq!(reread(&config).database, "old", "as the service has it");
    }
}
