//! The shop and its parts, as plain data.

use std::collections::HashMap;
use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::odoo::Series;

use super::{CashRounding, Catalogue, FiscalPosition};

/// Names a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ShopRef {
    /// `pos.config` id.
    Id(i64),
    /// Its name.
    Name(String),
}

/// Its name, or `id 7`.
impl fmt::Display for ShopRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "id {id}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A shop: one `pos.config` with everything a booking depends on.
#[derive(Debug, Clone)]
pub struct Shop {
    /// `pos.config` id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The series of its Odoo: decides how it computes and what it is told.
    pub series: Series,
    /// `res.company` id; every call is made in this company.
    pub company: i64,
    /// The currency of the shop.
    pub currency: Currency,
    /// `product.pricelist` of its orders, where it has one. Prices never come from it.
    pub pricelist: Option<i64>,
    /// How the company rounds taxes (`tax_calculation_rounding_method`).
    pub tax_rounding: TaxRounding,
    /// Decimals that Odoo keeps of a quantity (decimal precision *Product Unit*).
    pub quantity_decimals: u32,
    /// The shop's payment methods, in the shop's order.
    pub methods: Vec<PaymentMethod>,
    /// The company's sale taxes, children of groups included, by `account.tax` id.
    pub taxes: HashMap<i64, Tax>,
    /// The shop's default fiscal position, where it has one.
    pub fiscal_position: Option<FiscalPosition>,
    /// How the shop rounds what is paid, where it does (`cash_rounding`).
    pub cash_rounding: Option<CashRounding>,
    /// The step of quantities in each unit of measure, by `uom.uom` id.
    pub unit_steps: HashMap<i64, Decimal>,
    /// The products.
    pub catalogue: Catalogue,
}

impl Shop {
    /// What may be paid for a total, the usual amount first: in whole coins where the shop
    /// rounds, else exactly. Odoo 14 takes nothing but whole coins in a shop that rounds,
    /// whatever it is paid with (`addons/point_of_sale/models/pos_order.py`).
    pub fn amounts_to_pay(&self, total: Decimal, with_cash: bool) -> impl Iterator<Item = Decimal> {
        let always = self.series.major <= 14;
        let rounded = self
            .cash_rounding
            .filter(|rounding| always || with_cash || !rounding.only_cash)
            .map(|rounding| self.currency.round(rounding.round(total)));
        let exact = (rounded.is_none() || !always).then_some(total);
        rounded.into_iter().chain(exact)
    }
}

/// A currency's precision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    /// `res.currency` id.
    pub id: i64,
    /// ISO 4217 code.
    pub code: String,
    /// Decimal places (2 for SAR, 0 for JPY, 3 for KWD).
    pub decimals: u32,
}

impl Currency {
    /// Rounds half away from zero, as Odoo does (`odoo/tools/float_utils.py`, `HALF-UP`).
    pub fn round(&self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.decimals, RoundingStrategy::MidpointAwayFromZero)
    }

    /// An amount as people write it, with the currency's decimals: `46.00`.
    pub fn show(&self, amount: Decimal) -> String {
        format!("{:.*}", self.decimals as usize, amount)
    }

    /// One unit of the last place, such as 0.01.
    pub fn cent(&self) -> Decimal {
        Decimal::new(1, self.decimals)
    }
}

/// `res.company.tax_calculation_rounding_method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxRounding {
    /// Each line's taxes are rounded and then summed.
    PerLine,
    /// Raw taxes are summed per tax over the order and rounded once.
    Globally,
}

/// How an `account.tax` computes its amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmountType {
    /// Percentage of the base.
    Percent,
    /// A fixed amount per unit.
    Fixed,
    /// Percentage of the price, tax included.
    Division,
    /// A group: its children, by id.
    Group(Vec<i64>),
    /// One this version does not compute (Odoo's technical name, such as `code`).
    Other(String),
}

/// One `account.tax`.
#[expect(clippy::struct_excessive_bools, reason = "Odoo's fields as they are")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tax {
    /// Record id.
    pub id: i64,
    /// Name as shown in Odoo.
    pub name: String,
    /// How it computes.
    pub amount_type: AmountType,
    /// Percentage, or amount per unit for `Fixed`.
    pub amount: Decimal,
    /// The price contains it.
    pub price_include: bool,
    /// Later taxes are computed on a base that contains it.
    pub include_base_amount: bool,
    /// Its own base contains earlier taxes that say so.
    pub is_base_affected: bool,
    /// Order of computation.
    pub sequence: i64,
    /// `account.tax.group` id.
    pub group: i64,
    /// Where its amounts go on a sale.
    pub repartition: Vec<Share>,
    /// Where its amounts go on a return.
    pub refund_repartition: Vec<Share>,
    /// Can be put on a product that is sold (`type_tax_use` is `sale`).
    pub for_sale: bool,
    /// Not archived.
    pub active: bool,
}

impl Tax {
    /// Its factors on a sale.
    pub fn factors(&self) -> impl Iterator<Item = Decimal> {
        self.repartition.iter().map(|share| share.factor)
    }

    /// Its factors on a return.
    pub fn refund_factors(&self) -> impl Iterator<Item = Decimal> {
        self.refund_repartition.iter().map(|share| share.factor)
    }

    /// A reverse charge: what it adds, it takes away again.
    pub fn reverses(&self) -> bool {
        self.factors().any(|factor| factor < Decimal::ZERO)
    }
}

/// A share of a tax's amount (`account.tax.repartition.line`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Part of the whole: 1 for all of it, negative for a reverse charge.
    pub factor: Decimal,
    /// `account.account` id it is posted on.
    pub account: Option<i64>,
}

/// What a payment method is (`pos.payment.method.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    /// Cash in a drawer.
    Cash,
    /// Paid into a bank journal: cards, wallets, transfers.
    Bank,
    /// On the customer's account.
    PayLater,
}

/// One `pos.payment.method` of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    /// Record id.
    pub id: i64,
    /// Name as shown in Odoo.
    pub name: String,
    /// Kind.
    pub kind: MethodKind,
    /// Name of its journal, where it names one (14: only for cash).
    pub journal: Option<String>,
    /// It has no journal although its series needs one.
    pub lacks_journal: bool,
    /// Technical name of its payment terminal or online provider, where it has one.
    pub terminal: Option<String>,
    /// Each payment must name its customer (`split_transactions`).
    pub names_customer: bool,
}

impl PaymentMethod {
    /// Whether nothing can be booked on it without a customer: the session would not close.
    pub fn needs_customer(&self) -> bool {
        self.kind == MethodKind::PayLater || self.names_customer
    }
}
