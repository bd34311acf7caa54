//! `tillbridge.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{self, Deserializer};
use url::Url;

use super::secret::SecretTable;
use crate::booking::{
    Ambiguous, ComboComponents, CustomerRules, Customers, Fallback, Invoicing, LotPolicy, Match,
    OrderDiscount, PartPaid, PaymentRule, PriceMode, ProductRule, QuantityPolicy, Rules, SpecialProducts,
    TaxPolicy,
};
use crate::odoo::{OdooConfig, TransportChoice};
use crate::order::SourceId;
use crate::source::http::Paging;

use super::closing::{Closing, ClosingRule, LateOrders};
use super::locations::{Shops, from_csv};
use super::orders::{OrderRules, RefundWithoutSale, SaleDate};
use super::sync::{AuthScheme, Origin, SinceField, Statuses, Sync};
use super::{SecretSource, Secrets};
use crate::shop::ShopRef;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// Path of the SQLite file.
    pub path: PathBuf,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawStore {
    path: PathBuf,
}

impl Default for RawStore {
    fn default() -> Self {
        Self { path: PathBuf::from("tillbridge.sqlite") }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the keys of the file as they are")]
struct RawSync {
    name: String,
    source: Option<String>,
    #[serde(default = "yes")]
    active: bool,
    url: Url,
    #[serde(default)]
    auth: AuthScheme,
    api_key: Option<SecretString>,
    api_key_env: Option<String>,
    api_key_file: Option<PathBuf>,
    shop: Option<ShopRef>,
    #[serde(default)]
    location: Vec<RawLocation>,
    locations_file: Option<PathBuf>,
    #[serde(default = "yes")]
    auto_open_session: bool,
    #[serde(default)]
    closing: ClosingRule,
    #[serde(default = "four")]
    closing_time: String,
    #[serde(default = "sixty")]
    closing_idle_minutes: u64,
    #[serde(default = "five_hundred")]
    closing_orders: u64,
    #[serde(default)]
    late_orders: LateOrders,
    #[serde(default)]
    shared_shop_cash: bool,
    #[serde(default = "quarter_hour", deserialize_with = "duration")]
    interval: Duration,
    start_date: Option<toml::Value>,
    #[serde(default = "utc", deserialize_with = "timezone")]
    timezone: Tz,
    #[serde(default)]
    registers: Vec<String>,
    #[serde(default)]
    paid_days: u32,
    #[serde(default = "waiting_days")]
    waiting_days: u32,
    #[serde(default = "yes")]
    adopt_existing: bool,
    #[serde(default)]
    refund_without_sale: RefundWithoutSale,
    refund_id_field: Option<String>,
    #[serde(default)]
    sale_date: SaleDate,
    #[serde(default)]
    price_mode: PriceMode,
    #[serde(default = "default_matching")]
    product_matching: Vec<Match>,
    #[serde(default)]
    payment_fallback: Fallback,
    #[serde(default)]
    payment: Vec<PaymentRule>,
    #[serde(default)]
    product: Vec<ProductRule>,
    #[serde(default)]
    tax_policy: TaxPolicy,
    #[serde(default)]
    order_discount: OrderDiscount,
    #[serde(default = "rounding_limit", deserialize_with = "limit")]
    rounding_limit: Decimal,
    #[serde(default)]
    quantity_policy: QuantityPolicy,
    #[serde(default)]
    lot_policy: LotPolicy,
    #[serde(default)]
    combo_components: ComboComponents,
    service_charge_product: Option<String>,
    tip_product: Option<String>,
    rounding_product: Option<String>,
    discount_product: Option<String>,
    refund_product: Option<String>,
    #[serde(default)]
    customers: Customers,
    #[serde(default)]
    ambiguous_customer: Ambiguous,
    #[serde(default)]
    invoicing: Invoicing,
    #[serde(default)]
    part_paid: PartPaid,
    #[serde(default)]
    status_completed: Option<Vec<String>>,
    #[serde(default)]
    status_refund: Option<Vec<String>>,
    #[serde(default)]
    status_cancelled: Option<Vec<String>>,
    #[serde(default = "since")]
    since_param: String,
    #[serde(default)]
    since_field: SinceField,
    #[serde(default = "three_days", deserialize_with = "duration")]
    overlap: Duration,
    #[serde(default)]
    paging: PagingKind,
    page_param: Option<String>,
    page_size_param: Option<String>,
    page_size: Option<usize>,
    #[serde(default = "one")]
    first_page: u64,
}

/// `[[sync.location]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLocation {
    #[serde(deserialize_with = "text_or_number")]
    id: String,
    shop: ShopRef,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum PagingKind {
    #[default]
    Auto,
    None,
    Page,
    Offset,
    Cursor,
}

const fn rounding_limit() -> Decimal {
    Rules::ROUNDING_LIMIT
}
const fn yes() -> bool {
    true
}
const fn waiting_days() -> u32 {
    OrderRules::WAITING_DAYS
}
const fn one() -> u64 {
    1
}
const fn two() -> usize {
    2
}
const fn five_minutes() -> Duration {
    Duration::from_secs(300)
}
const fn quarter_hour() -> Duration {
    Duration::from_secs(15 * 60)
}
const fn three_days() -> Duration {
    Duration::from_secs(72 * 3600)
}
fn four() -> String {
    "04:00".to_owned()
}
const fn sixty() -> u64 {
    60
}
const fn five_hundred() -> u64 {
    500
}
const fn utc() -> Tz {
    Tz::UTC
}
fn since() -> String {
    "since".to_owned()
}
fn default_matching() -> Vec<Match> {
    Match::DEFAULT_ORDER.to_vec()
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
            store: StoreSettings { path: beside.join(self.store.path) },
            network: self.network,
            secrets: Secrets::new(self.secrets, beside)?,
            syncs,
        })
    }
}

impl RawSync {
    #[expect(clippy::too_many_lines, reason = "one setting after the other")]
    fn resolve(self, beside: &Path) -> Result<Sync, String> {
        let name = self.name.trim().to_owned();
        let complain = |what: &str| format!("sync \"{name}\": {what}");
        if name.is_empty() {
            return Err("a sync has an empty name".into());
        }
        let source = SourceId::new(self.source.as_deref().unwrap_or(&name))
            .ok_or_else(|| complain("source is empty"))?;
        if !matches!(self.url.scheme(), "http" | "https") || self.url.host().is_none() {
            return Err(complain("url must be an http or https address"));
        }
        let api_key = SecretSource::one_of("api_key", self.api_key, self.api_key_env, self.api_key_file)
            .and_then(|source| source.map(|source| source.read(beside)).transpose())
            .map_err(|error| complain(&error))?;
        if self.interval < Duration::from_secs(1) {
            return Err(complain("interval must be at least 1s"));
        }
        let start_date = match self.start_date {
            None => None,
            Some(value) => Some(start_date(&value, self.timezone).map_err(|error| complain(&error))?),
        };
        if self.page_size == Some(0) || (self.page_size_param.is_some() && self.page_size.is_none()) {
            return Err(complain("page_size must be at least 1, and page_size_param needs it"));
        }
        let (size_param, size) = (self.page_size_param, self.page_size);
        let param = |default: &str| self.page_param.clone().unwrap_or_else(|| default.to_owned());
        let paging = match self.paging {
            PagingKind::Auto => Paging::Auto,
            PagingKind::None => Paging::None,
            PagingKind::Page => {
                Paging::PageNumber { param: param("page"), size_param, size, first: self.first_page }
            }
            PagingKind::Offset => Paging::Offset { param: param("offset"), size_param, size },
            PagingKind::Cursor => Paging::CursorToken { param: param("cursor") },
        };
        let closing = Closing::new(
            self.closing,
            &self.closing_time,
            self.closing_idle_minutes,
            self.closing_orders,
            self.late_orders,
            self.shared_shop_cash,
        )
        .map_err(|error| complain(&error))?;
        let file = self.locations_file.map(|file| beside.join(file));
        let shops = shops(self.shop, self.location, file.as_deref()).map_err(|error| complain(&error))?;
        let defaults = Statuses::default();
        let special = SpecialProducts::default();
        Ok(Sync {
            id: format!("file:{name}"),
            origin: Origin::File,
            source,
            active: self.active,
            url: self.url,
            auth: self.auth,
            api_key,
            shops,
            auto_open_session: self.auto_open_session,
            closing,
            interval: self.interval,
            start_date,
            timezone: self.timezone,
            registers: self.registers,
            orders: OrderRules {
                paid_days: self.paid_days,
                waiting_days: self.waiting_days,
                adopt_existing: self.adopt_existing,
                refund_without_sale: self.refund_without_sale,
                refund_id_field: self.refund_id_field.filter(|name| !name.trim().is_empty()),
                sale_date: self.sale_date,
            },
            rules: Rules {
                price_mode: self.price_mode,
                product_matching: self.product_matching,
                payment_map: self.payment,
                payment_fallback: self.payment_fallback,
                product_map: self.product,
                tax_policy: self.tax_policy,
                order_discount: self.order_discount,
                rounding_limit: self.rounding_limit,
                quantity_policy: self.quantity_policy,
                lot_policy: self.lot_policy,
                combo_components: self.combo_components,
                special: SpecialProducts {
                    service_charge: self.service_charge_product.unwrap_or(special.service_charge),
                    tip: self.tip_product.unwrap_or(special.tip),
                    rounding: self.rounding_product.unwrap_or(special.rounding),
                    discount: self.discount_product.unwrap_or(special.discount),
                    refund: self.refund_product.unwrap_or(special.refund),
                },
                customers: CustomerRules {
                    customers: self.customers,
                    ambiguous: self.ambiguous_customer,
                    invoicing: self.invoicing,
                    part_paid: self.part_paid,
                },
            },
            statuses: Statuses {
                completed: self.status_completed.unwrap_or(defaults.completed),
                refund: self.status_refund.unwrap_or(defaults.refund),
                cancelled: self.status_cancelled.unwrap_or(defaults.cancelled),
            },
            since_param: self.since_param,
            since_field: self.since_field,
            overlap: self.overlap,
            paging,
            name,
        })
    }
}

fn shops(default: Option<ShopRef>, rows: Vec<RawLocation>, file: Option<&Path>) -> Result<Shops, String> {
    let mut table: Vec<_> = rows.into_iter().map(|row| (row.id, row.shop)).collect();
    if let Some(file) = file {
        table.extend(locations(file)?);
    }
    Shops::new(default, table)
        .map_err(|error| format!("{error}; give it shop, or [[sync.location]] tables or a locations_file"))
}

/// The table of locations in a CSV file.
fn locations(path: &Path) -> Result<Vec<(String, ShopRef)>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("locations_file {shown}: {error}"))?;
    from_csv(&text).map_err(|error| format!("locations_file {shown}, {error}"))
}

/// `"12"` or `12`.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        other => Err(de::Error::custom(format!("{other} is not a location; write it like \"12\""))),
    }
}

/// A date (its midnight in the store's zone), a local date-time, or one with an offset.
fn start_date(value: &toml::Value, zone: Tz) -> Result<DateTime<Utc>, String> {
    let text = match value {
        toml::Value::Datetime(datetime) => datetime.to_string(),
        toml::Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let bad = || format!("start_date {text} is not a date such as 2026-11-01 or 2026-11-01T00:00:00+03:00");
    if let Ok(exact) = DateTime::parse_from_rfc3339(&text) {
        return Ok(exact.to_utc());
    }
    let local = NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .map(|date| date.and_time(NaiveTime::MIN))
        .or_else(|_| NaiveDateTime::parse_from_str(&text.replace(' ', "T"), "%Y-%m-%dT%H:%M:%S%.f"))
        .map_err(|_| bad())?;
    zone.from_local_datetime(&local).earliest().map(|time| time.to_utc()).ok_or_else(|| {
        format!("start_date {text} does not exist in {zone} (the clock is put forward over it)")
    })
}

fn timezone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        de::Error::custom(format!(
            "{text:?} is not a time zone; use a name such as \"Asia/Riyadh\" or \"Europe/Berlin\""
        ))
    })
}

/// An amount, as a number or a text.
fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    // A number's own text gives back the digits that were written.
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    Rules::parse_rounding_limit(&text)
        .ok_or_else(|| de::Error::custom(format!("{text} is not an amount such as 0.01")))
}

/// `"90s"`, `"15m"`, `"72h"`, `"3d"`.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).ok_or_else(|| {
        de::Error::custom(format!(
            "{text:?} is not a duration; write it like \"90s\", \"15m\", \"72h\" or \"3d\""
        ))
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?.trim();
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(config.store.path, Path::new("etc/tillbridge.sqlite"));
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
