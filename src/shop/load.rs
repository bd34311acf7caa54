//! Reads a shop over RPC.
//!
//! Everything is read with the rights of a POS user. The catalogue is read once in pages
//! and afterwards only what changed (`write_date` of the product or its template).

mod rounding;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde_json::json;

use crate::odoo::fields::{self, Datetime, Many2One};
use crate::odoo::xmlrpc::decimal;
use crate::odoo::{CallError, Client, EVERYTHING};
use crate::order::{Code, Refusal, Text};
use crate::text;

use super::{
    AmountType, Catalogue, Currency, MethodKind, PaymentMethod, Product, Share, Shop, ShopRef, Stock, Tax,
    TaxRounding, Tracking, Unavailable, fiscal,
};

/// Products per request.
const PAGE: usize = 2000;

/// Why a shop cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Odoo could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It was asked, and the shop cannot take orders as it is.
    #[error("{0}")]
    NotReady(Refusal),
}

/// Loads a shop, and keeps its catalogue fresh from then on.
#[derive(Debug)]
pub struct ShopLoader {
    shop: Shop,
    read_until: Option<DateTime<Utc>>,
}

impl ShopLoader {
    /// Reads a shop and its whole catalogue.
    pub async fn load(client: &Client, shop: &ShopRef) -> Result<Self, LoadError> {
        let config = find_config(client, shop).await?;
        let mut loader = Self {
            shop: Shop {
                id: config.id,
                name: config.name.clone(),
                series: client.series(),
                company: config.company_id.id,
                currency: Currency {
                    id: config.currency_id.id,
                    code: config.currency_id.name.clone(),
                    decimals: 2,
                },
                pricelist: None,
                tax_rounding: TaxRounding::Globally,
                quantity_decimals: 2,
                methods: Vec::new(),
                taxes: HashMap::new(),
                fiscal_position: None,
                cash_rounding: None,
                unit_steps: HashMap::new(),
                catalogue: Catalogue::default(),
            },
            read_until: None,
        };
        loader.refresh(client).await?;
        Ok(loader)
    }

    /// Reads the settings again, and of the catalogue what changed.
    pub async fn refresh(&mut self, client: &Client) -> Result<&Shop, LoadError> {
        let config = find_config(client, &ShopRef::Id(self.shop.id)).await?;
        let company = config.company_id.id;
        let shop = &mut self.shop;
        shop.name = config.name;
        shop.series = client.series();
        shop.company = company;
        shop.currency = currency(client, config.currency_id.id).await?;
        shop.tax_rounding = tax_rounding(client, company).await?;
        shop.quantity_decimals = quantity_decimals(client).await?;
        shop.methods = methods(client, &config.payment_method_ids).await?;
        shop.taxes = taxes(client, company).await?;
        shop.pricelist = config.pricelist_id.map(|pricelist| pricelist.id);
        shop.fiscal_position = match config.default_fiscal_position_id {
            Some(position) => Some(fiscal::read(client, position).await?),
            None => None,
        };
        shop.cash_rounding = match config.rounding_method {
            Some(method) if config.cash_rounding => {
                Some(rounding::coins(client, method.id, config.only_round_cash_method).await?)
            }
            _ => None,
        };
        shop.unit_steps = rounding::unit_steps(client).await?;
        if shop.methods.is_empty() {
            return Err(not_ready(
                text!("The shop {shop} has no payment method.", shop = &shop.name),
                text!("Add payment methods to the shop in Odoo (Point of Sale → Configuration → Settings)."),
            ));
        }
        // 19, `pos_order.py`, `_process_saved_order`.
        if config.invoice_journal_id.is_none() && client.series().major >= 19 {
            return Err(not_ready(
                text!(
                    "The shop {shop} has no invoice journal, without which Odoo refuses every order.",
                    shop = &shop.name
                ),
                text!(
                    "Set the invoice journal of the shop in Odoo (Point of Sale → Configuration → Settings)."
                ),
            ));
        }
        self.read_until = read_catalogue(client, &mut shop.catalogue, company, self.read_until).await?;
        tracing::debug!(shop = %shop.name, products = shop.catalogue.len(), "shop read");
        Ok(&self.shop)
    }

    /// The id of a shop, which must be there and active.
    pub async fn find(client: &Client, shop: &ShopRef) -> Result<i64, LoadError> {
        Ok(find_config(client, shop).await?.id)
    }

    /// The name and the payment methods of a shop, without anything else of it.
    pub async fn methods(client: &Client, shop: &ShopRef) -> Result<(String, Vec<PaymentMethod>), LoadError> {
        let config = find_config(client, shop).await?;
        Ok((config.name, methods(client, &config.payment_method_ids).await?))
    }

    /// Lets the next [`Self::refresh`] read the whole catalogue.
    pub fn forget(&mut self) {
        self.shop.catalogue = Catalogue::default();
        self.read_until = None;
    }

    /// The shop as last read.
    pub fn shop(&self) -> &Shop {
        &self.shop
    }
}

fn not_ready(message: Text, fix: Text) -> LoadError {
    LoadError::NotReady(Refusal::new(Code::ShopNotReady, message, fix))
}

#[derive(Deserialize)]
struct ConfigRow {
    id: i64,
    name: String,
    company_id: Many2One,
    currency_id: Many2One,
    payment_method_ids: Vec<i64>,
    #[serde(deserialize_with = "fields::optional")]
    invoice_journal_id: Option<Many2One>,
    #[serde(deserialize_with = "fields::optional")]
    pricelist_id: Option<Many2One>,
    #[serde(deserialize_with = "fields::optional")]
    default_fiscal_position_id: Option<Many2One>,
    cash_rounding: bool,
    #[serde(deserialize_with = "fields::optional")]
    rounding_method: Option<Many2One>,
    only_round_cash_method: bool,
    active: bool,
}

/// The same client, to which archived records are visible too.
fn with_archived(client: &Client) -> Client {
    client.with_context([("active_test", false)])
}

async fn find_config(client: &Client, shop: &ShopRef) -> Result<ConfigRow, LoadError> {
    let (domain, called) = match shop {
        ShopRef::Id(id) => (json!([["id", "=", id]]), text!("with the id {id}", id = id.to_string())),
        ShopRef::Name(name) => (json!([["name", "=", name]]), text!("named \"{name}\"", name)),
    };
    let fields = [
        "name",
        "company_id",
        "currency_id",
        "payment_method_ids",
        "invoice_journal_id",
        "pricelist_id",
        "default_fiscal_position_id",
        "cash_rounding",
        "rounding_method",
        "only_round_cash_method",
        "active",
    ];
    let rows: Vec<ConfigRow> = with_archived(client)
        .read("pos.config", "search_read", json!([domain]), json!({"fields": fields}))
        .await?;
    let (mut live, archived): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.active);
    match (live.pop(), live.len(), archived.is_empty()) {
        (Some(one), 0, _) => Ok(one),
        (None, _, true) => Err(not_ready(
            text!("There is no shop {shop} in Odoo, or the API user may not see it.", shop = called),
            text!("Choose an existing shop, and check the API user's companies."),
        )),
        (None, _, false) => Err(not_ready(
            text!("The shop {shop} is archived in Odoo.", shop = called),
            text!("Unarchive it (Point of Sale → Configuration → Point of Sales), or choose another shop."),
        )),
        (Some(_), others, _) => Err(not_ready(
            text!("There are {count} shops {shop}.", count = others + 1, shop = called),
            text!("Use the shop's id, or rename one of them."),
        )),
    }
}

async fn currency(client: &Client, id: i64) -> Result<Currency, LoadError> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
        decimal_places: u32,
    }
    let rows: Vec<Row> = client
        .read("res.currency", "read", json!([[id]]), json!({"fields": ["name", "decimal_places"]}))
        .await?;
    let row = rows.into_iter().next().ok_or_else(|| {
        not_ready(
            text!("The shop's currency (id {id}) cannot be read.", id = id.to_string()),
            text!("Check the API user's rights."),
        )
    })?;
    Ok(Currency { id, code: row.name, decimals: row.decimal_places })
}

async fn tax_rounding(client: &Client, company: i64) -> Result<TaxRounding, LoadError> {
    #[derive(Deserialize)]
    struct Row {
        tax_calculation_rounding_method: String,
    }
    let rows: Vec<Row> = client
        .read(
            "res.company",
            "read",
            json!([[company]]),
            json!({"fields": ["tax_calculation_rounding_method"]}),
        )
        .await?;
    match rows.first().map(|row| row.tax_calculation_rounding_method.as_str()) {
        Some("round_per_line") => Ok(TaxRounding::PerLine),
        Some("round_globally") => Ok(TaxRounding::Globally),
        other => {
            let message = match other {
                Some(method) => {
                    text!("The company rounds taxes by {method}, which is not known here.", method)
                }
                None => text!("Odoo does not say how the company rounds taxes."),
            };
            Err(not_ready(
                message,
                text!("Choose “Round per Line” or “Round per Tax” in Odoo's accounting settings."),
            ))
        }
    }
}

/// Decimals of *Product Unit* (*Product Unit of Measure* before 19).
async fn quantity_decimals(client: &Client) -> Result<u32, LoadError> {
    #[derive(Deserialize)]
    struct Row {
        digits: u32,
    }
    let names = ["Product Unit", "Product Unit of Measure"];
    let rows: Vec<Row> = client
        .read(
            "decimal.precision",
            "search_read",
            json!([[["name", "in", names]]]),
            json!({"fields": ["digits"]}),
        )
        .await?;
    // Odoo itself falls back on two decimals where the record is missing.
    Ok(rows.first().map_or(2, |row| row.digits))
}

async fn methods(client: &Client, ids: &[i64]) -> Result<Vec<PaymentMethod>, LoadError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        name: String,
        /// 15 and later.
        r#type: Option<String>,
        is_cash_count: bool,
        /// 14 names a journal for cash only.
        #[serde(default, alias = "cash_journal_id", deserialize_with = "fields::optional")]
        journal_id: Option<Many2One>,
        #[serde(default, deserialize_with = "fields::optional")]
        use_payment_terminal: Option<String>,
        split_transactions: bool,
    }
    let known = client.fields_of("pos.payment.method").await?;
    let typed = known.contains("type");
    let mut wanted = vec!["name", "is_cash_count", "split_transactions", "use_payment_terminal"];
    wanted.push(if known.contains("journal_id") { "journal_id" } else { "cash_journal_id" });
    if typed {
        wanted.push("type");
    }
    let rows: Vec<Row> = client
        .read("pos.payment.method", "search_read", json!([[["id", "in", ids]]]), json!({"fields": wanted}))
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| PaymentMethod {
            id: row.id,
            kind: match row.r#type.as_deref() {
                Some("cash") => MethodKind::Cash,
                Some("pay_later") => MethodKind::PayLater,
                None if row.is_cash_count => MethodKind::Cash,
                _ => MethodKind::Bank,
            },
            lacks_journal: row.journal_id.is_none() && (typed || row.is_cash_count),
            journal: row.journal_id.map(|journal| journal.name),
            terminal: row.use_payment_terminal,
            // 14 splits the closing entry by payment, and asks for no customer.
            names_customer: row.split_transactions && typed,
            name: row.name,
        })
        .collect())
}

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Odoo's fields as they are")]
struct TaxRow {
    id: i64,
    name: String,
    amount_type: String,
    #[serde(with = "decimal")]
    amount: Decimal,
    price_include: bool,
    include_base_amount: bool,
    /// 15 and later; before, every tax is affected.
    #[serde(default = "affected")]
    is_base_affected: bool,
    sequence: i64,
    children_tax_ids: Vec<i64>,
    type_tax_use: String,
    #[serde(deserialize_with = "fields::optional")]
    tax_group_id: Option<Many2One>,
    invoice_repartition_line_ids: Vec<i64>,
    refund_repartition_line_ids: Vec<i64>,
    active: bool,
}

const fn affected() -> bool {
    true
}

/// The company's taxes: those for sales, and any others for the sake of groups.
async fn taxes(client: &Client, company: i64) -> Result<HashMap<i64, Tax>, LoadError> {
    let mut fields = vec![
        "name",
        "amount_type",
        "amount",
        "price_include",
        "include_base_amount",
        "sequence",
        "children_tax_ids",
        "type_tax_use",
        "tax_group_id",
        "invoice_repartition_line_ids",
        "refund_repartition_line_ids",
        "active",
    ];
    if client.fields_of("account.tax").await?.contains("is_base_affected") {
        fields.push("is_base_affected");
    }
    // From 17 on a branch has the taxes of its parent companies; before, a tax belongs to one
    // company alone (`account_tax.py`, `_check_company_domain`; `pos_order.py`, taxes by company).
    let of_company = if client.series().major < 17 { "=" } else { "parent_of" };
    let rows: Vec<TaxRow> = with_archived(client)
        .read(
            "account.tax",
            "search_read",
            json!([[["company_id", of_company, company], ["type_tax_use", "!=", "purchase"]]]),
            json!({"fields": fields}),
        )
        .await?;
    let shares = shares(client, &rows).await?;
    let shares_of = |ids: &[i64]| ids.iter().filter_map(|id| shares.get(id).copied().flatten()).collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let tax = Tax {
                id: row.id,
                amount_type: match row.amount_type.as_str() {
                    "percent" => AmountType::Percent,
                    "fixed" => AmountType::Fixed,
                    "division" => AmountType::Division,
                    "group" => AmountType::Group(row.children_tax_ids),
                    _ => AmountType::Other(row.amount_type),
                },
                // Odoo keeps four decimals of a rate; more digits are noise of its doubles.
                amount: row
                    .amount
                    .round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero)
                    .normalize(),
                name: row.name,
                price_include: row.price_include,
                include_base_amount: row.include_base_amount,
                is_base_affected: row.is_base_affected,
                sequence: row.sequence,
                group: row.tax_group_id.map_or(0, |group| group.id),
                repartition: shares_of(&row.invoice_repartition_line_ids),
                refund_repartition: shares_of(&row.refund_repartition_line_ids),
                for_sale: row.type_tax_use == "sale",
                active: row.active,
            };
            (tax.id, tax)
        })
        .collect())
}

/// The repartition lines of these taxes, by id; `None` for those that tell only of the base.
async fn shares(client: &Client, taxes: &[TaxRow]) -> Result<HashMap<i64, Option<Share>>, LoadError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        #[serde(with = "decimal")]
        factor_percent: Decimal,
        repartition_type: String,
        #[serde(deserialize_with = "fields::optional")]
        account_id: Option<Many2One>,
    }
    let ids: Vec<i64> = taxes
        .iter()
        .flat_map(|tax| tax.invoice_repartition_line_ids.iter().chain(&tax.refund_repartition_line_ids))
        .copied()
        .collect();
    let rows: Vec<Row> = client
        .read(
            "account.tax.repartition.line",
            "read",
            json!([ids]),
            json!({"fields": ["factor_percent", "repartition_type", "account_id"]}),
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let share = (row.repartition_type == "tax").then(|| Share {
                factor: (row.factor_percent / Decimal::ONE_HUNDRED).normalize(),
                account: row.account_id.map(|account| account.id),
            });
            (row.id, share)
        })
        .collect())
}

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Odoo's fields as they are")]
struct ProductRow {
    id: i64,
    name: String,
    #[serde(deserialize_with = "fields::optional")]
    default_code: Option<String>,
    #[serde(deserialize_with = "fields::optional")]
    barcode: Option<String>,
    taxes_id: Vec<i64>,
    r#type: String,
    /// 18 and later; before, a type of its own.
    #[serde(default)]
    is_storable: bool,
    tracking: String,
    uom_id: Many2One,
    active: bool,
    sale_ok: bool,
    available_in_pos: bool,
    #[serde(deserialize_with = "fields::optional")]
    company_id: Option<Many2One>,
    write_date: Datetime,
}

/// Reads the catalogue, or what changed in it since `since`. Returns the newest
/// `write_date` seen, from which the next reading goes on (inclusively: two changes may
/// share a second).
async fn read_catalogue(
    client: &Client,
    catalogue: &mut Catalogue,
    company: i64,
    since: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, LoadError> {
    let mut fields = vec![
        "name",
        "default_code",
        "barcode",
        "taxes_id",
        "type",
        "tracking",
        "uom_id",
        "active",
        "sale_ok",
        "available_in_pos",
        "company_id",
        "write_date",
    ];
    if client.fields_of("product.product").await?.contains("is_storable") {
        fields.push("is_storable");
    }
    let languages = languages(client).await?;
    let mut newest = since;
    let mut last = 0;
    loop {
        let mut domain = vec![json!(["id", ">", last])];
        if let Some(since) = since {
            let since = since.format("%Y-%m-%d %H:%M:%S").to_string();
            domain.extend([
                json!("|"),
                json!(["write_date", ">=", since]),
                json!(["product_tmpl_id.write_date", ">=", since]),
            ]);
        }
        let rows: Vec<ProductRow> = with_archived(client)
            .read(
                "product.product",
                "search_read",
                json!([domain]),
                json!({"fields": fields, "limit": PAGE, "order": "id"}),
            )
            .await?;
        let count = rows.len();
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut translations = translations(client, &languages, &ids).await?;
        for row in rows {
            last = row.id;
            newest = newest.max(Some(row.write_date.0));
            let others = translations.remove(&row.id).unwrap_or_default();
            catalogue.upsert(product(row, others, company));
        }
        if count < PAGE {
            return Ok(newest);
        }
    }
}

/// The languages of the database beside the one that names are kept in.
async fn languages(client: &Client) -> Result<Vec<String>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        code: String,
    }
    let rows: Vec<Row> = client.search_read("res.lang", EVERYTHING, &["code"], "id").await?;
    Ok(rows.into_iter().map(|row| row.code).filter(|code| code != "en_US").collect())
}

/// The names of these products in other languages: a source may well write in another one
/// than Odoo's first.
async fn translations(
    client: &Client,
    languages: &[String],
    ids: &[i64],
) -> Result<HashMap<i64, Vec<String>>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        name: String,
    }
    let mut names: HashMap<i64, Vec<String>> = HashMap::new();
    if ids.is_empty() {
        return Ok(names);
    }
    for language in languages {
        let client = client.with_context([("lang", language.as_str())]);
        let rows: Vec<Row> =
            client.read("product.product", "read", json!([ids]), json!({"fields": ["name"]})).await?;
        for row in rows {
            names.entry(row.id).or_default().push(row.name);
        }
    }
    Ok(names)
}

fn product(row: ProductRow, translations: Vec<String>, company: i64) -> Product {
    let unavailable = if !row.active {
        Some(Unavailable::Archived)
    } else if !row.sale_ok {
        Some(Unavailable::NotSold)
    } else if !row.available_in_pos {
        Some(Unavailable::NotInPos)
    } else {
        row.company_id.filter(|owner| owner.id != company).map(|owner| Unavailable::OtherCompany(owner.name))
    };
    Product {
        id: row.id,
        name: row.name,
        translations,
        code: row.default_code,
        barcode: row.barcode,
        taxes: row.taxes_id,
        unavailable,
        stock: match row.r#type.as_str() {
            "product" => Stock::Counted,
            "consu" if row.is_storable => Stock::Counted,
            "consu" => Stock::Moved,
            _ => Stock::None,
        },
        unit: row.uom_id.id,
        tracking: match row.tracking.as_str() {
            "lot" => Tracking::Lot,
            "serial" => Tracking::Serial,
            _ => Tracking::None,
        },
    }
}
