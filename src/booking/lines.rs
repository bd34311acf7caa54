//! From the lines as sent to the lines as meant: product, signed quantity, amounts.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::order::{Code, Line, LineDiscount, Order, Refusal, Status};
use crate::shop::{Product, Shop};

use super::{Rules, products};

/// A line whose product and signs are settled; its price is still as the source states it.
#[derive(Debug, Clone)]
pub(super) struct SoldLine<'a> {
    pub line: &'a Line,
    pub product: &'a Product,
    /// The product's taxes of the shop's company, as they stand on the product.
    pub tax_ids: Vec<i64>,
    /// Signed quantity.
    pub quantity: Decimal,
    /// Unit price as stated.
    pub price: Decimal,
    /// Discount of the whole line, positive, in the terms of the price.
    pub discount: Decimal,
}

impl SoldLine<'_> {
    /// What the line costs before discount, without its sign.
    pub fn gross_amount(&self) -> Decimal {
        (self.quantity * self.price).abs()
    }
}

/// Whether the order gives money back: a refund, or a sale with a negative total.
pub fn gives_back(order: &Order) -> bool {
    order.status == Status::Refund || order.totals.grand < Decimal::ZERO
}

/// Settles products, signs and discounts. Returns warnings too.
pub(super) fn settle<'a>(
    order: &'a Order,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<(Vec<SoldLine<'a>>, Vec<String>), Refusal> {
    let mut warnings = Vec::new();
    let mut sold = Vec::with_capacity(order.lines.len());
    let negative = gives_back(order) && !has_mixed_signs(order);
    for (index, line) in order.lines.iter().enumerate() {
        let number = index + 1;
        let (product, warning) = products::find(line, number, &rules.product_matching, &shop.catalogue)?;
        warnings.extend(warning);
        refuse_unsupported(line, number, product)?;
        check_quantity(line, number, shop)?;
        // Quantity −1 × price −100 is one sign too many on a refund, and still a refund.
        let (quantity, price) =
            if negative { (-line.quantity.abs(), line.price.abs()) } else { (line.quantity, line.price) };
        let amount = (quantity * price).abs();
        let discount = match line.discount {
            None => Decimal::ZERO,
            Some(LineDiscount::Amount(discount)) => discount.abs(),
            Some(LineDiscount::Percent(percent)) => amount * percent.abs() / Decimal::ONE_HUNDRED,
        };
        if discount > amount {
            return Err(Refusal::new(
                Code::BadValue,
                format!(
                    "Line {number} ({}): the discount {discount} is more than the line's {amount}.",
                    products::describe(line)
                ),
                "Correct the order at its source.",
            ));
        }
        let kept = |id: &i64| shop.taxes.get(id).is_some_and(|tax| tax.active);
        let tax_ids = product.taxes.iter().copied().filter(kept).collect();
        sold.push(SoldLine { line, product, tax_ids, quantity, price, discount });
    }
    Ok((sold, warnings))
}

/// An exchange: some lines are sold and others come back.
pub(super) fn has_mixed_signs(order: &Order) -> bool {
    let sign = |line: &Line| (line.quantity * line.price).cmp(&Decimal::ZERO);
    let mut signs: Vec<_> = order.lines.iter().map(sign).filter(|sign| sign.is_ne()).collect();
    signs.dedup();
    signs.len() > 1
}

fn refuse_unsupported(line: &Line, number: usize, product: &Product) -> Result<(), Refusal> {
    let why = if product.combo {
        "is a combo in Odoo"
    } else if product.tracked {
        "is tracked by lot or serial number"
    } else {
        return Ok(());
    };
    Err(Refusal::new(
        Code::NotSupported,
        format!(
            "Line {number} ({}): the product {} {why}, which this version cannot book yet.",
            products::describe(line),
            product.label()
        ),
        "Sell it under a product without tracking or components, or enter the order in Odoo by hand and ignore it here.",
    ))
}

fn check_quantity(line: &Line, number: usize, shop: &Shop) -> Result<(), Refusal> {
    let kept =
        line.quantity.round_dp_with_strategy(shop.quantity_decimals, RoundingStrategy::MidpointAwayFromZero);
    if kept == line.quantity {
        return Ok(());
    }
    Err(Refusal::new(
        Code::QuantityPrecision,
        format!(
            "Line {number} ({}): the quantity {} has more than the {} decimals that Odoo keeps.",
            products::describe(line),
            line.quantity.normalize(),
            shop.quantity_decimals
        ),
        "Raise the decimals of \"Product Unit\" in Odoo (Settings → Technical → Decimal Accuracy); the order then books itself.",
    ))
}
