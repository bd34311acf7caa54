//! Linking a refund to the lines of its sale.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::order::{Code, Refusal};

/// The booked sale that a refund reverses, as Odoo holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// `pos.order` name or reference, for messages.
    pub name: String,
    /// Its customer, `res.partner` id.
    pub partner: Option<i64>,
    /// It has an invoice.
    pub invoiced: bool,
    /// Its lines.
    pub lines: Vec<OriginalLine>,
}

impl Sale {
    /// The same sale with less left to return, by line id.
    #[must_use]
    pub fn less(mut self, returning: &HashMap<i64, Decimal>) -> Self {
        for line in &mut self.lines {
            line.refunded += returning.get(&line.id).copied().unwrap_or_default();
        }
        self
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
}

/// Finds for each returned (product, positive quantity) the original line that still has
/// that much to return. Each line is linked whole: Odoo keeps one link per line.
pub(super) fn link(returned: &[(i64, Decimal)], sale: &Sale) -> Result<Vec<i64>, Refusal> {
    let mut left: Vec<(i64, i64, Decimal)> =
        sale.lines.iter().map(|line| (line.id, line.product, line.quantity - line.refunded)).collect();
    returned
        .iter()
        .enumerate()
        .map(|(index, &(product, quantity))| {
            let original = left.iter_mut().find(|(_, other, rest)| *other == product && *rest >= quantity);
            let Some((id, _, rest)) = original else {
                return Err(Refusal::new(
                    Code::OverRefund,
                    format!(
                        "Line {} returns {quantity}, which is more than {} has left of this product.",
                        index + 1,
                        sale.name
                    ),
                    "Compare the refund with its sale and with the refunds already booked in Odoo.",
                ));
            };
            *rest -= quantity;
            Ok(*id)
        })
        .collect()
}
