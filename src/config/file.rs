//! `tillbridge.toml`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::odoo::{OdooConfig, TransportChoice};

use super::duration::duration;
use super::secret::SecretTable;
use super::sync::Sync;
use super::sync_table::RawSync;
use super::{SecretSource, Secrets};

/// Everything `tillbridge.toml` says.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// Connection to Odoo.
    pub odoo: OdooSettings,
    /// The store.
    pub store: StoreSettings,
    /// Network limits.
    pub network: Network,
    /// What may be asked of the running service over HTTP.
    pub metrics: MetricsSettings,
    /// Named secrets.
    pub secrets: Secrets,
    /// Syncs kept in the file.
    pub syncs: Vec<Sync>,
}

/// `[odoo]`.
#[derive(Debug, Clone)]
pub struct OdooSettings {
    /// Address of the server.
    pub url: Url,
    /// Database name.
    pub database: String,
    /// Login of the API user.
    pub username: String,
    /// Its API key or password.
    pub secret: SecretSource,
    /// Whether that is an API key.
    pub is_api_key: bool,
    /// Over which transport Odoo is reached.
    pub transport: TransportChoice,
    /// Permit plain http to an Odoo that is not on this machine.
    pub allow_insecure_http: bool,
    /// Modules of Odoo that may issue fiscal documents for orders: somebody agreed to it.
    pub accept_fiscal_modules: Vec<String>,
    /// How many requests with orders may be under way at once for one shop.
    pub parallel: usize,
    /// How long a request of unknown outcome may still be running in Odoo.
    pub unknown_settle: Duration,
}

impl OdooSettings {
    /// The connection they describe, its secret read. Relative files are looked for in `folder`.
    ///
    /// # Errors
    ///
    /// Names the variable or file of a secret that is missing, never a content.
    pub fn connection(&self, folder: &Path) -> Result<OdooConfig, String> {
        let secret = self.secret.read(folder)?;
        let mut connection = OdooConfig::new(self.url.clone(), &self.database, &self.username, secret);
        connection.is_api_key = self.is_api_key;
        connection.transport = self.transport;
        connection.allow_insecure_http = self.allow_insecure_http;
        Ok(connection)
    }
}

/// `[store]`.
#[derive(Debug, Clone)]
pub enum StoreSettings {
    /// A SQLite file at this path.
    File(PathBuf),
    /// A PostgreSQL database: its `postgres://` URL, which holds a password.
    Postgres(SecretSource),
}

impl StoreSettings {
    /// The path of the file; `None` for a database.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

/// `[network]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Hosts, addresses or networks that a sync kept in Odoo may use although they are not
    /// public.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// `[metrics]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSettings {
    /// Where the running service answers `/healthz`, `/readyz` and `/metrics`; none: nowhere.
    pub listen: Option<SocketAddr>,
}

/// Why the configuration cannot be used; says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no file.
    #[error("No {path} here. Start with: tillbridge init")]
    Missing {
        /// The path looked for.
        path: String,
    },
    /// It cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// It says something that cannot be.
    #[error("{path}{}: {message}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Invalid {
        /// The path.
        path: String,
        /// The line, counted from 1, where it is known.
        line: Option<usize>,
        /// What is wrong and how to mend it.
        message: String,
    },
}

impl Config {
    /// Reads and checks a configuration file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing { path: shown.clone() },
            _ => ConfigError::Unreadable { path: shown.clone(), reason: error.to_string() },
        })?;
        Self::parse(&text, path)
    }

    /// Checks the text of a configuration file that lies at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let raw: RawConfig = toml::from_str(text).map_err(|error| ConfigError::Invalid {
            path: shown.clone(),
            line: error.span().map(|span| line_of(text, span.start)),
            message: with_suggestion(error.message()),
        })?;
        let beside = path.parent().unwrap_or(Path::new("")).to_owned();
        raw.resolve(path, &beside).map_err(|message| ConfigError::Invalid {
            path: shown,
            line: None,
            message,
        })
    }

    /// The folder that relative paths start from.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

/// Adds the nearest known key to serde's list of expected ones.
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (Some(unknown), true) = (quoted.next(), message.starts_with("unknown")) else {
        return message.to_owned();
    };
    let nearest = quoted
        .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
        .filter(|(distance, _)| *distance <= 3)
        .min();
    match nearest {
        Some((_, known)) => format!("unknown key `{unknown}`, did you mean `{known}`?"),
        None => message.to_owned(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    odoo: RawOdoo,
    #[serde(default)]
    store: RawStore,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    metrics: MetricsSettings,
    #[serde(default)]
    secrets: BTreeMap<String, SecretTable>,
    #[serde(default)]
    sync: Vec<RawSync>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOdoo {
    url: Url,
    database: String,
    username: String,
    password: Option<SecretString>,
    password_env: Option<String>,
    password_file: Option<PathBuf>,
    api_key: Option<SecretString>,
    api_key_env: Option<String>,
    api_key_file: Option<PathBuf>,
    #[serde(default)]
    transport: TransportChoice,
    #[serde(default)]
    allow_insecure_http: bool,
    #[serde(default)]
    accept_fiscal_modules: Vec<String>,
    #[serde(default = "two")]
    parallel: usize,
    #[serde(default = "five_minutes", deserialize_with = "duration")]
    unknown_settle: Duration,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStore {
    path: Option<PathBuf>,
    url: Option<SecretString>,
    url_env: Option<String>,
    url_file: Option<PathBuf>,
}

impl RawStore {
    fn resolve(self, beside: &Path) -> Result<StoreSettings, String> {
        match (self.path, SecretSource::one_of("url", self.url, self.url_env, self.url_file)?) {
            (Some(_), Some(_)) => {
                Err("[store] has both path (a file) and url (a PostgreSQL database); keep one".into())
            }
            (None, Some(url)) => Ok(StoreSettings::Postgres(url)),
            (path, None) => {
                let path = path.unwrap_or_else(|| PathBuf::from("tillbridge.sqlite"));
                Ok(StoreSettings::File(beside.join(path)))
            }
        }
    }
}

const fn two() -> usize {
    2
}
const fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

impl RawConfig {
    fn resolve(self, path: &Path, beside: &Path) -> Result<Config, String> {
        let odoo = self.odoo;
        let password =
            SecretSource::one_of("password", odoo.password, odoo.password_env, odoo.password_file)?;
        let api_key = SecretSource::one_of("api_key", odoo.api_key, odoo.api_key_env, odoo.api_key_file)?;
        let (secret, is_api_key) = match (api_key, password) {
            (Some(secret), None) => (secret, true),
            (None, Some(secret)) => (secret, false),
            (None, None) => {
                return Err("[odoo] needs api_key (better) or password, each also as …_env or …_file".into());
            }
            (Some(_), Some(_)) => return Err("[odoo] has both api_key and password; keep one".into()),
        };
        if odoo.transport == TransportChoice::Json2 && !is_api_key {
            return Err("[odoo] has transport = \"json2\", which takes an API key only: give api_key in place of password".into());
        }
        if odoo.parallel == 0 || odoo.parallel > 16 {
            return Err(format!("[odoo] parallel is {}; it must be 1 to 16", odoo.parallel));
        }
        let mut syncs: Vec<Sync> = Vec::new();
        for raw in self.sync {
            let sync = raw.resolve(beside)?;
            if syncs.iter().any(|other| other.name == sync.name) {
                return Err(format!("two syncs are named \"{}\"; give each its own name", sync.name));
            }
            syncs.push(sync);
        }
        Ok(Config {
            path: path.to_owned(),
            odoo: OdooSettings {
                url: odoo.url,
                database: odoo.database,
                username: odoo.username,
                secret,
                is_api_key,
                transport: odoo.transport,
                allow_insecure_http: odoo.allow_insecure_http,
                accept_fiscal_modules: odoo.accept_fiscal_modules,
                parallel: odoo.parallel,
                unknown_settle: odoo.unknown_settle,
            },
            store: self.store.resolve(beside)?,
            network: self.network,
            metrics: self.metrics,
            secrets: Secrets::new(self.secrets, beside)?,
            syncs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::Rules;
    use crate::shop::ShopRef;

    const ODOO: &str = "[odoo]\nurl = \"https://odoo.example.com\"\ndatabase = \"shop\"\nusername = \"api\"\napi_key = \"k3y\"\n";

    fn parse(rest: &str) -> Result<Config, String> {
        Config::parse(&format!("{ODOO}{rest}"), Path::new("etc/tillbridge.toml"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_minimal_file_gets_working_defaults() {
        let config = parse(
            "[[sync]]\nname = \"Web\"\nurl = \"https://pos.example.com/orders\"\nshop = \"Main Shop\"\n",
        )
        .unwrap();
        let sync = &config.syncs[0];
        assert_eq!(config.store.path(), Some(Path::new("etc/tillbridge.sqlite")));
        assert_eq!((sync.id.as_str(), sync.source.as_str()), ("file:Web", "Web"));
        assert_eq!((sync.interval.as_secs(), sync.overlap.as_secs()), (900, 72 * 3600));
        assert!(sync.active && sync.auto_open_session && sync.start_date.is_none());
        assert_eq!(sync.rules, Rules::default());
        assert_eq!(sync.statuses.completed, ["103"]);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let error = parse(
            "[[sync]]\nname = \"Web\"\nurl = \"https://pos.example.com\"\nshop = 1\nintervall = \"5m\"\n",
        )
        .unwrap_err();
        assert_eq!(error, "etc/tillbridge.toml, line 10: unknown key `intervall`, did you mean `interval`?");
    }

    #[test]
    fn a_start_date_without_zone_is_local_to_the_store() {
        let config = parse("[[sync]]\nname = \"Web\"\nurl = \"https://pos.example.com\"\nshop = 1\ntimezone = \"Asia/Riyadh\"\nstart_date = 2026-11-01\n").unwrap();
        assert_eq!(config.syncs[0].start_date.unwrap().to_rfc3339(), "2026-10-31T21:00:00+00:00");
    }

    #[test]
    fn shops_by_location_come_from_tables_and_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("stores.csv"), "location,shop\n12,Airport\n13,7\n").unwrap();
        let load = |rest: &str| {
            let sync = "[[sync]]\nname = \"Web\"\nurl = \"https://pos.example.com\"\n";
            Config::parse(&format!("{ODOO}{sync}{rest}"), &folder.path().join("tillbridge.toml"))
                .map(|config| config.syncs[0].shops.clone())
                .map_err(|error| error.to_string())
        };
        let shops =
            load("locations_file = \"stores.csv\"\n[[sync.location]]\nid = 1\nshop = \"Main\"\n").unwrap();
        assert_eq!(shops.to_string(), "Main, Airport, id 7");
        assert_eq!(shops.of(Some("13")), Some(&ShopRef::Id(7)));
        assert_eq!(shops.default(), None);
        let both = "locations_file = \"stores.csv\"\n[[sync.location]]\nid = \"12\"\nshop = \"Main\"\n";
        for (rest, expected) in [
            ("", "it has no shop; give it shop, or [[sync.location]] tables or a locations_file"),
            (both, "the location 12 is listed with the shop \"Main\" and with the shop \"Airport\""),
            ("locations_file = \"none.csv\"", "none.csv: No such file"),
        ] {
            let error = load(rest).unwrap_err();
            assert!(error.contains(expected), "{rest}: {error}");
        }
        std::fs::write(folder.path().join("stores.csv"), "location,shop\n12\n").unwrap();
        let error = load("locations_file = \"stores.csv\"").unwrap_err();
        assert!(error.ends_with("stores.csv, line 2: the shop is missing"), "{error}");
    }

    #[test]
    fn mistakes_are_explained() {
        let table = |rest: &str| {
            format!("[[sync]]\nname = \"Web\"\nurl = \"https://pos.example.com\"\nshop = 1\n{rest}\n")
        };
        for (rest, expected) in [
            ("timezone = \"Mars\"", "is not a time zone"),
            ("interval = \"soon\"", "is not a duration"),
            ("start_date = \"yesterday\"", "start_date yesterday is not a date"),
            ("closing_time = \"noon\"", "closing_time \"noon\" is not a time such as \"04:00\""),
            ("closing_orders = 0", "closing_orders must be at least 1"),
            ("page_size_param = \"limit\"", "page_size must be at least 1"),
            (
                "api_key = \"a\"\napi_key_env = \"B\"",
                "give only one of api_key, api_key_env and api_key_file",
            ),
            (
                "api_key_env = \"TILLBRIDGE_NOT_SET\"",
                "the environment variable TILLBRIDGE_NOT_SET is not set",
            ),
        ] {
            let error = parse(&table(rest)).unwrap_err();
            assert!(error.contains(expected), "{rest}: {error}");
        }
        let twice = format!("{}{}", table(""), table(""));
        assert!(parse(&twice).unwrap_err().contains("two syncs are named \"Web\""));
    }

    #[test]
    fn the_store_is_a_file_or_a_database() {
        let store = |rest: &str| parse(&format!("[store]\n{rest}\n")).map(|config| config.store);
        let file = store("path = \"/var/lib/t.sqlite\"").unwrap();
        assert_eq!(file.path(), Some(Path::new("/var/lib/t.sqlite")));
        let database = store("url = \"postgres://u:p4ss@db.example.com/t\"").unwrap();
        assert!(matches!(database, StoreSettings::Postgres(_)));
        assert!(!format!("{database:?}").contains("p4ss"), "{database:?}");
        assert!(matches!(store("url_env = \"STORE_URL\"").unwrap(), StoreSettings::Postgres(_)));
        for (rest, expected) in [
            ("path = \"a\"\nurl = \"b\"", "[store] has both path (a file) and url"),
            ("url = \"a\"\nurl_file = \"b\"", "give only one of url, url_env and url_file"),
        ] {
            let error = store(rest).unwrap_err();
            assert!(error.contains(expected), "{rest}: {error}");
        }
    }

    #[test]
    fn debug_of_the_whole_configuration_leaks_no_secret() {
        let config = parse(
            "[secrets.pos]\nvalue = \"s3cret\"\norigins = [\"https://pos.example.com\"]\n[[sync]]\nname = \"Web\"\nurl = \"https://pos.example.com\"\nshop = 1\napi_key = \"p4ss\"\n",
        )
        .unwrap();
        let shown = format!("{config:?}");
        for secret in ["k3y", "s3cret", "p4ss"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }

    #[test]
    fn a_named_secret_goes_only_where_it_is_allowed() {
        let config =
            parse("[secrets.pos]\nvalue = \"s3cret\"\norigins = [\"https://pos.example.com\"]\n").unwrap();
        let allowed = Url::parse("https://pos.example.com/v1/orders").unwrap();
        let other = Url::parse("https://evil.example.com/v1/orders").unwrap();
        assert!(config.secrets.resolve("secret:pos", &allowed).unwrap().is_some());
        assert!(
            config
                .secrets
                .resolve("secret:pos", &other)
                .unwrap_err()
                .contains("may not be sent to https://evil.example.com")
        );
        assert!(config.secrets.resolve("secret:nope", &allowed).unwrap_err().contains("no [secrets.nope]"));
    }
}
