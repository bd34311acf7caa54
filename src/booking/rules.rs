//! The settings of a sync that decide how an order is booked.

use rust_decimal::{Decimal, dec};
use serde::{Deserialize, Serialize};

use super::{CustomerRules, SpecialProducts};

/// The booking settings of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How prices relate to tax.
    pub price_mode: PriceMode,
    /// Explicit mapping of items to products; the first that fits wins.
    pub product_map: Vec<ProductRule>,
    /// In which order a line's product is looked for otherwise.
    pub product_matching: Vec<Match>,
    /// Explicit mapping of tenders to payment methods; the first that fits wins.
    pub payment_map: Vec<PaymentRule>,
    /// What to do with a tender that nothing fits.
    pub payment_fallback: Fallback,
    /// What happens when Odoo's tax is not the source's.
    pub tax_policy: TaxPolicy,
    /// How the discount of a whole order is booked.
    pub order_discount: OrderDiscount,
    /// Residual cents up to this, per line, become a rounding line. Zero: none.
    pub rounding_limit: Decimal,
    /// What happens to a quantity that Odoo would round.
    pub quantity_policy: QuantityPolicy,
    /// What happens to a tracked product without a lot or serial number.
    pub lot_policy: LotPolicy,
    /// What becomes of a combo's components.
    pub combo_components: ComboComponents,
    /// Products for what is no item.
    pub special: SpecialProducts,
    /// Customers, invoices, payments on account.
    pub customers: CustomerRules,
}

impl Rules {
    /// The default of [`Rules::rounding_limit`].
    pub const ROUNDING_LIMIT: Decimal = dec!(0.01);

    /// Reads a [`Rules::rounding_limit`]: a decimal, not negative.
    pub fn parse_rounding_limit(text: &str) -> Option<Decimal> {
        text.trim().parse().ok().filter(|limit| *limit >= Decimal::ZERO)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            price_mode: PriceMode::Auto,
            product_map: Vec::new(),
            product_matching: Match::DEFAULT_ORDER.to_vec(),
            payment_map: Vec::new(),
            payment_fallback: Fallback::FirstAvailable,
            tax_policy: TaxPolicy::Refuse,
            order_discount: OrderDiscount::Spread,
            rounding_limit: Self::ROUNDING_LIMIT,
            quantity_policy: QuantityPolicy::Adapt,
            lot_policy: LotPolicy::Refuse,
            combo_components: ComboComponents::Ignore,
            special: SpecialProducts::default(),
            customers: CustomerRules::default(),
        }
    }
}

/// Whether the source's prices contain tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceMode {
    /// Tries both and takes the reading that gives the order's grand total to the cent.
    #[default]
    Auto,
    /// Prices contain tax.
    TaxIncluded,
    /// Prices are without tax.
    TaxExcluded,
}

/// One way to find the product of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// `OdooItemID` is the product's record id.
    OdooItemId,
    /// `ItemID` is the product's record id.
    ItemId,
    /// The barcode.
    Barcode,
    /// The internal reference, compared with the SKU and with `ItemID`.
    DefaultCode,
    /// The exact name.
    Name,
    /// The name in any case, when that is unique.
    NameCi,
}

impl Match {
    /// The order in which identifiers are trusted unless a sync says otherwise.
    pub const DEFAULT_ORDER: [Self; 6] =
        [Self::OdooItemId, Self::ItemId, Self::Barcode, Self::DefaultCode, Self::Name, Self::NameCi];
}

/// An explicit mapping of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductRule {
    /// Item name, item id, barcode or SKU of the source, compared whole and in any case.
    pub code: String,
    /// The product.
    pub product: ProductRef,
}

/// Names a product: by `product.product` id or by internal reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ProductRef {
    /// Record id.
    Id(i64),
    /// Internal reference, compared whole.
    Reference(String),
}

/// An explicit mapping of a tender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRule {
    /// A payment code (`2`) or a card type (`Mada`), compared whole and in any case.
    pub code: String,
    /// The shop's payment method.
    pub method: MethodRef,
}

/// Names a payment method: by record id (syncs kept in Odoo) or by name (the file).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MethodRef {
    /// `pos.payment.method` id.
    Id(i64),
    /// Its name, compared whole and in any case.
    Name(String),
}

/// What happens to a tender that no rule and no name fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The shop's first suitable method, flagged on the order.
    #[default]
    FirstAvailable,
    /// The order is refused until somebody maps it.
    Ask,
}

/// What happens when the booked tax would not be the tax that the source states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxPolicy {
    /// The order is refused with both figures.
    #[default]
    Refuse,
    /// The lines get the Odoo tax of the percentage that the source states, flagged.
    Map,
    /// Odoo's tax is booked, flagged.
    Keep,
}

/// How the discount of a whole order is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderDiscount {
    /// Spread over the lines by their amounts.
    #[default]
    Spread,
    /// As lines of the discount product, one per combination of taxes.
    Lines,
}

/// What happens to a quantity with more decimals than Odoo keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuantityPolicy {
    /// It is rounded, and the unit price adapted so that the line's amount stays; flagged.
    #[default]
    Adapt,
    /// The order is refused.
    Refuse,
}

/// What happens to a product tracked by lot or serial number when the source names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotPolicy {
    /// The order is refused.
    #[default]
    Refuse,
    /// It is booked, and flagged: Odoo does not move its stock.
    Book,
}

/// What becomes of the components that the source lists for a combo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComboComponents {
    /// They are not booked.
    #[default]
    Ignore,
    /// They are booked at price 0, so that their stock moves.
    Book,
}
