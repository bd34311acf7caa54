//! Quantities as Odoo keeps them. One with more decimals would be rounded in the database,
//! and the session could then not be closed.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::order::{Code, Line, Part, Refusal, Text};
use crate::shop::{Product, Shop};
use crate::text;

use super::lines::Place;
use super::{QuantityPolicy, products};

/// A quantity that Odoo keeps as it is, and the unit price that goes with it.
#[derive(Debug)]
pub(super) struct Fitted {
    pub quantity: Decimal,
    pub price: Decimal,
    pub warning: Option<Text>,
}

/// Fits a quantity to the decimals of *Product Unit* and to the product's unit of measure.
/// Where it has to be rounded, the unit price changes so that the amount stays.
pub(super) fn fit(
    line: &Line,
    quantity: Decimal,
    price: Decimal,
    product: &Product,
    place: Place,
    shop: &Shop,
    policy: QuantityPolicy,
) -> Result<Fitted, Refusal> {
    let finest = Decimal::new(1, shop.quantity_decimals);
    let step = shop.unit_steps.get(&product.unit).map_or(finest, |step| finest.max(*step));
    let kept = (quantity / step).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero) * step;
    if kept == quantity {
        return Ok(Fitted { quantity, price, warning: None });
    }
    let [sent, kept_text, step] = [quantity, kept, step].map(|figure| Part::figure(figure.normalize()));
    let item = products::describe(line);
    if kept.is_zero() || policy == QuantityPolicy::Refuse {
        return Err(Refusal::new(
            Code::QuantityPrecision,
            text!(
                "{place} ({item}): the quantity {quantity} is not kept by Odoo, which rounds to {step} here.",
                place,
                item,
                quantity = sent,
                step,
            ),
            text!(
                "Raise the decimals of \"Product Unit\" in Odoo (Settings → Technical → Decimal Accuracy), or the precision of the product's unit of measure; the order then books itself."
            ),
        ));
    }
    let warning = text!(
        "{place} ({item}): the quantity {quantity} was booked as {kept}, with the unit price adapted.",
        place,
        item,
        quantity = sent,
        kept = kept_text,
    );
    Ok(Fitted { quantity: kept, price: price * quantity / kept, warning: Some(warning) })
}
