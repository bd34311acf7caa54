//! The demo's sync and its configuration file.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::orders::SOURCE;
use super::target::Target;

/// Sales older than this are left out, in days before the first run.
const REACH: u64 = 30;

/// What the demo's sync is told, whether in the file or in Odoo.
#[derive(Debug)]
pub(super) struct DemoSync<'a> {
    /// Its name.
    pub name: &'static str,
    /// The order list.
    pub url: &'a Url,
    /// The key to it.
    pub key: &'a SecretString,
    /// Zone of dates that name none.
    pub zone: Tz,
    /// The day of the first run.
    pub day: NaiveDate,
}

impl DemoSync<'_> {
    fn start_day(&self) -> NaiveDate {
        self.day.checked_sub_days(Days::new(REACH)).unwrap_or(self.day)
    }

    /// Sales before this are left out, UTC.
    pub fn start(&self) -> DateTime<Utc> {
        let midnight = self.start_day().and_time(NaiveTime::MIN);
        self.zone.from_local_datetime(&midnight).earliest().map_or(midnight.and_utc(), |time| time.to_utc())
    }

    /// The configuration file: the connection to Odoo, and the sync unless it is kept there.
    pub fn config(&self, target: &Target) -> String {
        let (password_key, password) = &target.password;
        format!(
            "# Written by tillbridge demo, anew in every run. The order system that the sync names is
# there while the demo runs.

[odoo]
url = {url}
database = {database}
username = {username}
{password_key} = {password}

[store]
path = \"tillbridge.sqlite\"

{sync}",
            url = quoted(target.url.as_str()),
            database = quoted(&target.database),
            username = quoted(&target.username),
            password = quoted(password),
            sync = if target.addon.is_some() { self.permission() } else { self.table(&target.shop) },
        )
    }

    /// What a sync kept in Odoo needs to reach this machine.
    fn permission(&self) -> String {
        format!(
            "# The sync itself is kept in Odoo: Point of Sale → Configuration → External Order Sync.
[network]
allow = [{host}]
",
            host = quoted(self.url.host_str().unwrap_or_default())
        )
    }

    fn table(&self, shop: &str) -> String {
        format!(
            "[[sync]]
name = {name}
source = {source}
url = {url}
api_key = {key}
shop = {shop}
timezone = {zone}
start_date = {start}
",
            name = quoted(self.name),
            source = quoted(SOURCE),
            url = quoted(self.url.as_str()),
            key = quoted(self.key.expose_secret()),
            shop = quoted(shop),
            zone = quoted(self.zone.name()),
            start = self.start_day(),
        )
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Shops};
    use crate::shop::ShopRef;

    #[test]
    fn the_file_says_what_was_meant() {
        let url = Url::parse("http://127.0.0.1:18079/orders").unwrap();
        let key = SecretString::from("k3y");
        let sync = DemoSync {
            name: "Demo garage",
            url: &url,
            key: &key,
            zone: chrono_tz::Asia::Riyadh,
            day: NaiveDate::from_ymd_opt(2025, 11, 22).unwrap(),
        };
        let target = Target {
            url: Url::parse("https://odoo.example.com").unwrap(),
            database: "a \"quoted\" name".to_owned(),
            username: "api".to_owned(),
            password: ("password_env", "ODOO_KEY".to_owned()),
            shop: "متجر \"1\"\\".to_owned(),
            addon: None,
            visitor: None,
        };
        let config = Config::parse(&sync.config(&target), Path::new("demo/tillbridge.toml")).unwrap();
        assert_eq!(config.odoo.database, target.database);
        let [read] = config.syncs.as_slice() else { panic!("one sync") };
        assert_eq!((read.name.as_str(), read.source.as_str(), &read.url), ("Demo garage", SOURCE, &url));
        assert_eq!(read.shops, Shops::one(ShopRef::Name(target.shop)));
        assert_eq!(read.api_key.as_ref().map(ExposeSecret::expose_secret), Some("k3y"));
        assert_eq!(read.start_date, Some(sync.start()));
        assert_eq!(sync.start().to_rfc3339(), "2025-10-22T21:00:00+00:00");
    }
}
