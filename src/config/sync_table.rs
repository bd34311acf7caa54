//! A `[[sync]]` table of `tillbridge.toml`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{self, Deserializer};
use url::Url;

use crate::booking::{
    Ambiguous, ComboComponents, CustomerRules, Customers, Fallback, Invoicing, LotPolicy, Match,
    OrderDiscount, PartPaid, PaymentRule, PriceMode, ProductRule, QuantityPolicy, Rules, SpecialProducts,
    TaxPolicy,
};
use crate::order::SourceId;
use crate::shop::ShopRef;
use crate::source::http::{OrderUrl, Paging};
use crate::store::Keep;

use super::SecretSource;
use super::closing::{Closing, ClosingRule, LateOrders};
use super::duration::duration;
use super::locations::{Shops, from_csv};
use super::orders::{CancelledAfterBooking, OrderRules, RefundWithoutSale, SaleDate};
use super::sync::{AuthScheme, Origin, SinceField, Statuses, Sync};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the keys of the file as they are")]
pub(super) struct RawSync {
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
    #[serde(default = "payload_days")]
    keep_payload_days: u32,
    #[serde(default = "log_days")]
    keep_log_days: u32,
    #[serde(default = "order_days")]
    keep_order_days: u32,
    #[serde(default = "yes")]
    adopt_existing: bool,
    #[serde(default)]
    refund_without_sale: RefundWithoutSale,
    #[serde(default)]
    cancelled_after_booking: CancelledAfterBooking,
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
    until_param: Option<String>,
    order_url: Option<String>,
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
const fn payload_days() -> u32 {
    Keep::DEFAULT.payload_days
}
const fn log_days() -> u32 {
    Keep::DEFAULT.log_days
}
const fn order_days() -> u32 {
    Keep::DEFAULT.order_days
}
const fn one() -> u64 {
    1
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

impl RawSync {
    /// The sync it describes; files that it names lie in `beside`. The error says what is
    /// wrong and how to mend it.
    pub fn resolve(self, beside: &Path) -> Result<Sync, String> {
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
        let (paging, order_url, keep) = (self.paging(), self.order_url(), self.keep());
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
        let paging = paging.map_err(complain)?;
        let closing = Closing::new(
            self.closing,
            &self.closing_time,
            self.closing_idle_minutes,
            self.closing_orders,
            self.late_orders,
            self.shared_shop_cash,
        )
        .map_err(|error| complain(&error))?;
        let order_url = order_url.map_err(|error| complain(&error))?;
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
                cancelled_after_booking: self.cancelled_after_booking,
                refund_id_field: self.refund_id_field.filter(|name| !name.trim().is_empty()),
                sale_date: self.sale_date,
            },
            keep,
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
            until_param: self.until_param.filter(|name| !name.trim().is_empty()),
            order_url,
            name,
        })
    }

    const fn keep(&self) -> Keep {
        Keep {
            payload_days: self.keep_payload_days,
            log_days: self.keep_log_days,
            order_days: self.keep_order_days,
        }
    }

    fn order_url(&self) -> Result<Option<OrderUrl>, String> {
        let text = self.order_url.as_deref().filter(|text| !text.trim().is_empty());
        let address = text.map(|text| OrderUrl::new(text, &self.url)).transpose();
        address.map_err(|error| format!("order_url {error}"))
    }

    fn paging(&self) -> Result<Paging, &'static str> {
        if self.page_size == Some(0) || (self.page_size_param.is_some() && self.page_size.is_none()) {
            return Err("page_size must be at least 1, and page_size_param needs it");
        }
        let (size_param, size) = (self.page_size_param.clone(), self.page_size);
        let param = |default: &str| self.page_param.clone().unwrap_or_else(|| default.to_owned());
        Ok(match self.paging {
            PagingKind::Auto => Paging::Auto,
            PagingKind::None => Paging::None,
            PagingKind::Page => {
                Paging::PageNumber { param: param("page"), size_param, size, first: self.first_page }
            }
            PagingKind::Offset => Paging::Offset { param: param("offset"), size_param, size },
            PagingKind::Cursor => Paging::CursorToken { param: param("cursor") },
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
