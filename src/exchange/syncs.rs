//! A sync kept in Odoo as a [`Sync`].

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use url::Url;

use crate::booking::{
    CustomerRules, MethodRef, PaymentRule, ProductRef, ProductRule, Rules, SpecialProducts,
};
use crate::config::{Closing, OrderRules, Origin, Secrets, Shops, Statuses, Sync};
use crate::order::SourceId;
use crate::shop::ShopRef;
use crate::source::http::{OrderUrl, Paging};

use super::wire::SyncRow;

/// The stable id of a record.
pub(super) fn id_of(record: i64) -> String {
    format!("odoo:{record}")
}

/// The record of a stable id; `None` for a sync of the file.
pub(super) fn record_of(id: &str) -> Option<i64> {
    id.strip_prefix("odoo:")?.parse().ok()
}

/// Converts a record; the error says what is wrong with it and how to mend it.
#[expect(clippy::too_many_lines, reason = "one setting after the other")]
pub(super) fn convert(row: SyncRow, secrets: &Secrets) -> Result<Sync, String> {
    let url: Url = row.url.trim().parse().map_err(|error| {
        format!(
            "Its API address cannot be used ({error}). Enter the full address of the source's order list."
        )
    })?;
    let source = SourceId::new(&row.source).ok_or("Its source id is empty. Enter one in the sync's form.")?;
    let api_key = secrets.resolve(&row.api_key, &url).map_err(|error| sentence(&error))?;
    let shop = (row.shop != 0).then_some(ShopRef::Id(row.shop));
    let table = row.locations.into_iter().map(|row| (row.location, ShopRef::Id(row.shop)));
    let shops = Shops::new(shop, table).map_err(|error| {
        format!("{} Choose one in the sync's form, or list the locations with theirs.", sentence(&error))
    })?;
    let timezone = row.timezone.parse().map_err(|_| {
        format!("Its time zone {:?} is not known to the service. Choose another one.", row.timezone)
    })?;
    let start_date = start_date(&row.start_date)?;
    let closing = {
        let row = row.closing;
        Closing::new(
            row.closing,
            &row.closing_time,
            row.closing_idle_minutes,
            row.closing_orders,
            row.late_orders,
            row.shared_shop_cash,
        )
        .map_err(|error| format!("Its setting {error}."))?
    };
    let rounding_limit = match row.rounding_limit.trim() {
        "" => Rules::ROUNDING_LIMIT,
        text => Rules::parse_rounding_limit(text)
            .ok_or_else(|| format!("Its rounding limit {text:?} is not an amount such as 0.01."))?,
    };
    let order_url = match row.order_url.trim() {
        "" => None,
        text => Some(OrderUrl::new(text, &url).map_err(|error| {
            format!(
                "Its address of a single order {error}. Correct it in the sync's form, or leave it empty."
            )
        })?),
    };
    let special = SpecialProducts::default();
    let text = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
    let (page_param, size) = (row.page_param, (row.page_size > 0).then_some(row.page_size));
    let size_param = (!row.page_size_param.is_empty() && size.is_some()).then_some(row.page_size_param);
    let paging = match row.paging.as_str() {
        "none" => Paging::None,
        "page" => Paging::PageNumber { param: text(page_param, "page"), size_param, size, first: 1 },
        "offset" => Paging::Offset { param: text(page_param, "offset"), size_param, size },
        _ => Paging::Auto,
    };
    Ok(Sync {
        id: id_of(row.id),
        origin: Origin::Odoo(row.id),
        name: row.name,
        source,
        active: row.active,
        url,
        auth: row.auth,
        api_key,
        shops,
        auto_open_session: row.auto_create_session,
        closing,
        interval: Duration::from_secs(row.interval.max(1) * 60),
        start_date,
        timezone,
        registers: row.registers,
        orders: OrderRules {
            paid_days: row.paid_days,
            waiting_days: row.waiting_days,
            adopt_existing: row.adopt_existing,
            refund_without_sale: row.refund_without_sale,
            cancelled_after_booking: row.cancelled_after_booking,
            refund_id_field: (!row.refund_id_field.is_empty()).then_some(row.refund_id_field),
            sale_date: row.sale_date,
        },
        keep: row.keep,
        rules: Rules {
            price_mode: row.price_mode,
            product_matching: row.product_matching,
            payment_map: row
                .payment_map
                .into_iter()
                .map(|line| PaymentRule { code: line.code, method: MethodRef::Id(line.method) })
                .collect(),
            payment_fallback: row.payment_fallback,
            product_map: row
                .product_map
                .into_iter()
                .map(|line| ProductRule { code: line.code, product: ProductRef::Id(line.product) })
                .collect(),
            tax_policy: row.tax_policy,
            order_discount: row.order_discount,
            rounding_limit,
            quantity_policy: row.quantity_policy,
            lot_policy: row.lot_policy,
            combo_components: row.combo_components,
            special: SpecialProducts {
                service_charge: text(row.service_charge_product, &special.service_charge),
                tip: text(row.tip_product, &special.tip),
                rounding: text(row.rounding_product, &special.rounding),
                discount: text(row.discount_product, &special.discount),
                refund: text(row.refund_product, &special.refund),
            },
            customers: CustomerRules {
                customers: row.customers,
                ambiguous: row.ambiguous_customer,
                invoicing: row.invoicing,
                part_paid: row.part_paid,
            },
        },
        statuses: Statuses {
            completed: row.status_completed,
            refund: row.status_refund,
            cancelled: row.status_cancelled,
        },
        since_param: text(row.since_param, "since"),
        since_field: row.since_field,
        overlap: Duration::from_secs(row.overlap_hours * 3600),
        paging,
        until_param: (!row.until_param.trim().is_empty()).then(|| row.until_param.trim().to_owned()),
        order_url,
    })
}

fn start_date(text: &str) -> Result<Option<DateTime<Utc>>, String> {
    Ok(match text {
        "" => None,
        text => Some(
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
                .map_err(|_| format!("Its start date {text:?} cannot be read."))?
                .and_local_timezone(Utc)
                .earliest()
                .ok_or("Its start date cannot be read.")?,
        ),
    })
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
