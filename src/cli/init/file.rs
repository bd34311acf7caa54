//! The text of a first configuration, and writing it.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chrono::NaiveDate;
use chrono_tz::Tz;
use secrecy::ExposeSecret as _;
use url::Url;

use crate::config::SecretSource;
use crate::shop::ShopRef;

use super::super::exit::CliError;

/// How to reach Odoo.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub url: Url,
    pub database: String,
    pub username: String,
    pub secret_name: SecretName,
    pub secret: SecretSource,
    pub allow_insecure_http: bool,
}

/// What the secret is called in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretName {
    ApiKey,
    Password,
}

impl SecretName {
    /// Odoo's API keys are 40 hexadecimal digits.
    pub fn of(secret: &str) -> Self {
        let is_key = secret.len() == 40 && secret.chars().all(|c| c.is_ascii_hexdigit());
        if is_key { Self::ApiKey } else { Self::Password }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::Password => "password",
        }
    }
}

/// A first sync.
#[derive(Debug, Clone)]
pub(super) struct FirstSync {
    pub name: String,
    pub url: Url,
    pub key: Option<SecretSource>,
    pub shop: ShopRef,
    pub start_date: Option<NaiveDate>,
    pub timezone: Tz,
}

/// A configuration to be written.
pub(super) struct Draft<'a> {
    pub connection: &'a Connection,
    pub sync: Option<&'a FirstSync>,
    pub store: Option<&'a str>,
}

impl Draft<'_> {
    /// The text of the file.
    pub fn text(&self) -> String {
        let Connection { url, database, username, secret_name, secret, allow_insecure_http } =
            self.connection;
        let mut text = String::from(
            "# How tillbridge reaches Odoo, and what it brings there.\n\
             # config.example.toml explains every key. Check this file with: tillbridge doctor\n\n[odoo]\n",
        );
        let line = |text: &mut String, key: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{key} = {}", quoted(value));
        };
        line(&mut text, "url", url.as_str().trim_end_matches('/'));
        line(&mut text, "database", database);
        line(&mut text, "username", username);
        if *secret_name == SecretName::Password {
            text.push_str(
                "# Better than a password: an API key (in Odoo: Preferences → Account Security).\n",
            );
        }
        let (key, value) = entry(secret_name.key(), secret);
        line(&mut text, &key, &value);
        if *allow_insecure_http {
            text.push_str(
                "# The password travels readable for everybody on the way.\nallow_insecure_http = true\n",
            );
        }
        text.push_str("\n[store]\n# The orders received and where they stand.\n");
        line(&mut text, "path", self.store.unwrap_or("tillbridge.sqlite"));
        let Some(sync) = self.sync else {
            text.push_str(
                "\n# Syncs are kept in Odoo, by the addon External Order Sync, or here as [[sync]] tables.\n",
            );
            return text;
        };
        text.push_str("\n# Which source feeds which shop.\n[[sync]]\n");
        line(&mut text, "name", &sync.name);
        text.push_str("# Part of every order's identity: never change it, whatever the name becomes.\n");
        line(&mut text, "source", &sync.name);
        line(&mut text, "url", sync.url.as_str());
        if let Some(secret) = &sync.key {
            let (key, value) = entry("api_key", secret);
            line(&mut text, &key, &value);
        }
        match &sync.shop {
            ShopRef::Name(name) => line(&mut text, "shop", name),
            ShopRef::Id(id) => {
                let _ = writeln!(text, "shop = {id}");
            }
        }
        match sync.start_date {
            Some(date) => {
                let _ = writeln!(text, "# Sales before this are left out.\nstart_date = {date}");
            }
            None => text.push_str("# Without start_date, all that the source returns is booked.\n"),
        }
        text.push_str("# Of dates that name no zone.\n");
        line(&mut text, "timezone", sync.timezone.name());
        text
    }
}

/// Key and value of a secret.
fn entry(name: &str, secret: &SecretSource) -> (String, String) {
    match secret {
        SecretSource::Value(value) => (name.to_owned(), value.expose_secret().to_owned()),
        SecretSource::Env(variable) => (format!("{name}_env"), variable.clone()),
        SecretSource::File(path) => (format!("{name}_file"), path.display().to_string()),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Writes the file so that nobody else can read it at any time.
pub(super) fn write(path: &Path, text: &str, replace: bool) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::usage(
            format!("{} cannot be written: {error}", path.display()),
            "Choose a file in a folder that exists and that this user may write to.".to_owned(),
        )
    };
    let create = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    if !replace {
        let mut file = create(path).map_err(failed)?;
        return file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed);
    }
    // Beside it first: the old file stays whole until the new one is.
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = Path::new(&beside);
    let mut file = create(beside).map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(beside, path))
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::config::{Config, Shops};

    use super::*;

    fn connection(secret: &str) -> Connection {
        Connection {
            url: "https://odoo.example.com/".parse().unwrap(),
            database: "sh\"op".into(),
            username: "till@example.com".into(),
            secret_name: SecretName::of(secret),
            secret: SecretSource::Value(secret.into()),
            allow_insecure_http: false,
        }
    }

    fn sync() -> FirstSync {
        FirstSync {
            name: "Web \"shop\"\\".into(),
            url: "https://shop.example.com/orders?x=1".parse().unwrap(),
            key: Some(SecretSource::Value("k\"3\ny".into())),
            shop: ShopRef::Name("Main 'Shop'".into()),
            start_date: Some("2026-11-01".parse().unwrap()),
            timezone: Tz::Asia__Riyadh,
        }
    }

    fn parsed(text: &str) -> Config {
        Config::parse(text, Path::new("tillbridge.toml")).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn what_is_written_is_what_is_read_back() {
        let text = Draft { connection: &connection("p\"w\\"), sync: Some(&sync()), store: None }.text();
        let config = parsed(&text);
        assert_eq!(config.odoo.url.as_str(), "https://odoo.example.com/");
        assert_eq!(
            (config.odoo.database.as_str(), config.odoo.username.as_str()),
            ("sh\"op", "till@example.com")
        );
        assert_eq!(config.odoo.secret.read(Path::new("")).unwrap().expose_secret(), "p\"w\\");
        let read = &config.syncs[0];
        assert_eq!((&read.name, read.url.as_str()), (&sync().name, sync().url.as_str()));
        assert_eq!(read.source.as_str(), sync().name);
        assert_eq!(read.api_key.as_ref().unwrap().expose_secret(), "k\"3\ny");
        assert_eq!(read.shops, Shops::one(sync().shop));
        assert_eq!(read.start_date.unwrap().to_rfc3339(), "2026-10-31T21:00:00+00:00");
        assert_eq!(read.timezone, Tz::Asia__Riyadh);
    }

    #[test]
    fn the_least_is_read_back_too() {
        let least = FirstSync { key: None, shop: ShopRef::Id(7), start_date: None, ..sync() };
        let mut connection = connection("x");
        connection.allow_insecure_http = true;
        connection.secret = SecretSource::File("odoo.key".into());
        let text =
            Draft { connection: &connection, sync: Some(&least), store: Some("/var/lib/t/t.sqlite") }.text();
        let config = parsed(&text);
        assert!(matches!(&config.odoo.secret, SecretSource::File(path) if path == Path::new("odoo.key")));
        assert!(config.odoo.allow_insecure_http);
        assert_eq!(config.store.path(), Some(Path::new("/var/lib/t/t.sqlite")));
        assert_eq!(config.syncs[0].shops, Shops::one(ShopRef::Id(7)));
        assert!(config.syncs[0].api_key.is_none() && config.syncs[0].start_date.is_none());
        assert!(parsed(&Draft { connection: &connection, sync: None, store: None }.text()).syncs.is_empty());
    }

    #[test]
    fn a_key_is_told_from_a_password() {
        assert_eq!(SecretName::of("aa22f6418872b6c3b61e39dcf0bedbee6b1da866"), SecretName::ApiKey);
        assert_eq!(SecretName::of("correct horse battery staple"), SecretName::Password);
    }

    #[test]
    fn only_the_owner_can_read_it_and_nothing_is_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tillbridge.toml");
        write(&path, "one", false).map_err(|error| error.message).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write(&path, "two", false).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        write(&path, "three", true).map_err(|error| error.message).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
