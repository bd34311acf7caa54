//! Linking a refund to the lines of its sale.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::order::{Code, Part, Refusal};
use crate::shop::Currency;
use crate::text;

use super::Booking;

/// The booked sale that a refund reverses, as Odoo holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// `pos.order` name or reference, for messages.
    pub name: String,
    /// `amount_total`.
    pub total: Decimal,
    /// What refunds gave back already, positive.
    pub given_back: Decimal,
    /// Its customer, `res.partner` id.
    pub partner: Option<i64>,
    /// It has an invoice.
    pub invoiced: bool,
    /// Its lines.
    pub lines: Vec<OriginalLine>,
}

impl Sale {
    /// What may still be given back.
    pub fn left(&self) -> Decimal {
        self.total - self.given_back
    }

    /// The same sale with less left to return.
    #[must_use]
    pub fn less(mut self, returning: &Returning) -> Self {
        for line in &mut self.lines {
            line.refunded += returning.lines.get(&line.id).copied().unwrap_or_default();
        }
        self.given_back += returning.amounts.get(&self.name).copied().unwrap_or_default();
        self
    }
}

/// What planned refunds give back that Odoo does not know of yet.
#[derive(Debug, Default)]
pub struct Returning {
    /// Quantities by the line of the sale.
    lines: HashMap<i64, Decimal>,
    /// Amounts by the name of the sale.
    amounts: HashMap<String, Decimal>,
}

impl Returning {
    /// Takes note of a refund of this sale.
    pub fn add(&mut self, refund: &Booking, sale: &Sale) {
        for line in &refund.lines {
            if let Some(original) = line.refunded_line {
                *self.lines.entry(original).or_default() -= line.quantity;
            }
        }
        *self.amounts.entry(sale.name.clone()).or_default() -= refund.total;
    }
}

/// A `pos.order.line` of a booked sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalLine {
    /// Record id.
    pub id: i64,
    /// `product.product` id.
    pub product: i64,
    /// Quantity sold.
    pub quantity: Decimal,
    /// Quantity returned by earlier refunds, positive.
    pub refunded: Decimal,
    /// `account.tax` ids.
    pub taxes: Vec<i64>,
    /// `price_subtotal_incl`.
    pub total: Decimal,
}

/// Refuses to give back more than a sale has left.
pub(super) fn check_amount(amount: Decimal, sale: &Sale, currency: &Currency) -> Result<(), Refusal> {
    if amount <= sale.left() {
        return Ok(());
    }
    let [amount, left] = [amount, sale.left()].map(|sum| currency.show(sum));
    Err(Refusal::new(
        Code::OverRefund,
        text!(
            "The refund of {amount} is more than the {left} that {sale} has left.",
            amount = Part::figure(amount),
            left = Part::figure(left),
            sale = &sale.name
        ),
        text!("Compare the refund with its sale and with the refunds already booked in Odoo."),
    ))
}

/// A line of a refund.
pub(super) struct Line {
    pub product: i64,
    /// Positive.
    pub quantity: Decimal,
    /// It returns goods; others, such as charges, need no line that they return.
    pub must_link: bool,
}

/// Finds for each returned line the original line that still has that much to return. Each
/// line is linked whole: Odoo keeps one link per line.
pub(super) fn link(returned: &[Line], sale: &Sale) -> Result<Vec<Option<i64>>, Refusal> {
    let mut left: Vec<(i64, i64, Decimal)> =
        sale.lines.iter().map(|line| (line.id, line.product, line.quantity - line.refunded)).collect();
    returned
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let original =
                left.iter_mut().find(|(_, product, rest)| *product == one.product && *rest >= one.quantity);
            match original {
                Some((id, _, rest)) => {
                    *rest -= one.quantity;
                    Ok(Some(*id))
                }
                None if !one.must_link => Ok(None),
                None => Err(Refusal::new(
                    Code::OverRefund,
                    text!(
                        "Line {line} returns {quantity}, which is more than {sale} has left of this product.",
                        line = index + 1,
                        quantity = one.quantity,
                        sale = &sale.name
                    ),
                    text!("Compare the refund with its sale and with the refunds already booked in Odoo."),
                )),
            }
        })
        .collect()
}
