//! Secrets: given by value, from an environment variable or from a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Where a secret comes from.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// Written down.
    Value(SecretString),
    /// In an environment variable.
    Env(String),
    /// In a file; blanks at its ends do not count.
    File(PathBuf),
}

impl SecretSource {
    /// Picks the one source given of `name`, `name_env` and `name_file`.
    pub(super) fn one_of(
        name: &str,
        value: Option<SecretString>,
        env: Option<String>,
        file: Option<PathBuf>,
    ) -> Result<Option<Self>, String> {
        let mut given =
            [value.map(Self::Value), env.map(Self::Env), file.map(Self::File)].into_iter().flatten();
        match (given.next(), given.next()) {
            (first, None) => Ok(first),
            _ => Err(format!("give only one of {name}, {name}_env and {name}_file")),
        }
    }

    /// Reads the secret. Relative files are looked for beside the configuration file.
    ///
    /// # Errors
    ///
    /// Names the variable or file that is missing or empty, never a content.
    pub fn read(&self, beside: &Path) -> Result<SecretString, String> {
        let text = match self {
            Self::Value(secret) => return Ok(secret.clone()),
            Self::Env(name) => {
                std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?
            }
            Self::File(path) => {
                let path = beside.join(path);
                std::fs::read_to_string(&path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?
            }
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(match self {
                Self::File(path) => format!("{} is empty", path.display()),
                Self::Env(name) => format!("the environment variable {name} is empty"),
                Self::Value(_) => "the secret is empty".to_owned(),
            });
        }
        Ok(SecretString::from(text))
    }
}

/// The `[secrets]` of the file: what a sync kept in Odoo may refer to as `secret:NAME`.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    pub(super) named: BTreeMap<String, NamedSecret>,
    pub(super) beside: PathBuf,
}

/// One `[secrets.NAME]` table.
#[derive(Debug, Clone)]
pub(super) struct NamedSecret {
    pub source: SecretSource,
    pub origins: Vec<Url>,
}

/// One `[secrets.NAME]` table as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretTable {
    value: Option<SecretString>,
    env: Option<String>,
    file: Option<PathBuf>,
    /// The only addresses (scheme, host, port) this secret may be sent to.
    origins: Vec<Url>,
}

impl Secrets {
    pub(super) fn new(tables: BTreeMap<String, SecretTable>, beside: &Path) -> Result<Self, String> {
        let mut named = BTreeMap::new();
        for (name, table) in tables {
            let source = SecretSource::one_of("value", table.value, table.env, table.file)
                .map_err(|_| format!("[secrets.{name}]: give only one of value, env and file"))?
                .ok_or_else(|| format!("[secrets.{name}]: give one of value, env and file"))?;
            if table.origins.is_empty() {
                return Err(format!(
                    "[secrets.{name}]: origins is empty, so the secret could be sent nowhere; list the source's address, such as \"https://pos.example.com\""
                ));
            }
            named.insert(name, NamedSecret { source, origins: table.origins });
        }
        Ok(Self { named, beside: beside.to_owned() })
    }

    /// The key of a sync kept in Odoo, for its address: the text itself, or what
    /// `secret:NAME` refers to.
    ///
    /// # Errors
    ///
    /// An unknown name, or an address that the secret may not be sent to.
    pub fn resolve(&self, text: &str, url: &Url) -> Result<Option<SecretString>, String> {
        let Some(name) = text.strip_prefix("secret:") else {
            return Ok((!text.is_empty()).then(|| SecretString::from(text)));
        };
        let secret = self.named.get(name).ok_or_else(|| {
            format!(
                "its key refers to secret:{name}, but the service's configuration has no [secrets.{name}]"
            )
        })?;
        if !secret.origins.iter().any(|allowed| allowed.origin() == url.origin()) {
            return Err(format!(
                "its key refers to secret:{name}, which may not be sent to {}; add that address to origins of [secrets.{name}] in the service's configuration",
                url.origin().ascii_serialization()
            ));
        }
        secret.source.read(&self.beside).map(Some)
    }
}
