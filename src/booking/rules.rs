//! The settings of a sync that decide how an order is booked.

use serde::{Deserialize, Serialize};

use super::CustomerRules;

/// The booking settings of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How prices relate to tax.
    pub price_mode: PriceMode,
    /// In which order a line's product is looked for.
    pub product_matching: Vec<Match>,
    /// Explicit mapping of tenders to payment methods; the first that fits wins.
    pub payment_map: Vec<PaymentRule>,
    /// What to do with a tender that nothing fits.
    pub payment_fallback: Fallback,
    /// Customers, invoices, payments on account.
    pub customers: CustomerRules,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            price_mode: PriceMode::Auto,
            product_matching: Match::DEFAULT_ORDER.to_vec(),
            payment_map: Vec::new(),
            payment_fallback: Fallback::FirstAvailable,
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
