//! What would be booked of an order, in figures: those of the booking itself.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::booking::Booking;
use crate::order::Text;
use crate::shop::{Product, Shop};

/// The figures of a planned order. Amounts are in its currency, with tax where nothing else is
/// said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Total, signed.
    pub total: Decimal,
    /// Tax among it.
    pub tax: Decimal,
    /// Code of the shop's currency.
    pub currency: String,
    /// Lines.
    pub lines: Vec<LineFigures>,
    /// Payments; change is negative.
    pub payments: Vec<PaymentFigures>,
    /// What is unusual about it, in words.
    pub warnings: Vec<Text>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFigures {
    /// What was sold, as the source names it.
    pub name: String,
    /// The product in Odoo.
    pub product: String,
    /// Quantity.
    pub quantity: Decimal,
    /// Unit price, in the terms of the line's taxes.
    pub price: Decimal,
    /// Discount in percent.
    pub discount: Decimal,
    /// Tax of the line.
    pub tax: Decimal,
    /// Total of the line.
    pub total: Decimal,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFigures {
    /// Payment method in Odoo.
    pub method: String,
    /// Amount.
    pub amount: Decimal,
}

impl Figures {
    /// Those of a booking in its shop.
    pub(super) fn of(booking: &Booking, shop: &Shop) -> Self {
        let amount = |amount: Decimal| {
            let mut amount = shop.currency.round(amount);
            amount.rescale(shop.currency.decimals);
            amount
        };
        let product = |id: i64| shop.catalogue.get(id).map_or_else(|| id.to_string(), Product::label);
        let method = |id: i64| {
            let found = shop.methods.iter().find(|method| method.id == id);
            found.map_or_else(|| id.to_string(), |method| method.name.clone())
        };
        let lines = booking.lines.iter().map(|line| LineFigures {
            name: line.product_name.clone(),
            product: product(line.product),
            quantity: line.quantity.normalize(),
            price: line.price_unit.normalize(),
            discount: line.discount.normalize(),
            tax: amount(line.subtotal_incl - line.subtotal),
            total: amount(line.subtotal_incl),
        });
        let payments = booking
            .payments
            .iter()
            .map(|payment| PaymentFigures { method: method(payment.method), amount: amount(payment.amount) });
        Self {
            total: amount(booking.total),
            tax: amount(booking.tax),
            currency: shop.currency.code.clone(),
            lines: lines.collect(),
            payments: payments.collect(),
            warnings: booking.warnings.clone(),
        }
    }
}
