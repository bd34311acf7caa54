//! From the lines as sent to the lines as meant: product, signed quantity, amounts.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::order::{Code, Line, LineDiscount, Order, Part, Refusal, Status, Text};
use crate::shop::{Product, Shop};
use crate::text;

use super::pricing::Reading;
use super::{ComboComponents, Rules, lots, products, quantity};

/// A line whose product and signs are settled; its price is still as the source states it.
#[derive(Debug, Clone)]
pub(super) struct SoldLine<'a> {
    pub kind: Kind,
    pub product: &'a Product,
    /// What the source calls it.
    pub name: &'a str,
    pub note: Option<Cow<'a, str>>,
    /// Lot or serial number.
    pub lot: Option<&'a str>,
    /// Taxes as they stand on the product.
    pub tax_ids: Vec<i64>,
    /// Tax rate of the line as the source states it.
    pub tax_percent: Option<Decimal>,
    /// Signed quantity.
    pub quantity: Decimal,
    /// Unit price as stated.
    pub price: Decimal,
    /// Discount of the whole line, positive, in the terms of the price.
    pub discount: Decimal,
    pub terms: Terms,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line of the source, or a component of one.
    Item,
    /// Added for what the order states beside its lines.
    Extra,
}

/// What the price of a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terms {
    /// The same as the other prices of the order.
    OfOrder,
    /// This, whatever the other prices mean.
    Always(Reading),
}

impl<'a> SoldLine<'a> {
    /// One piece of a special product. `price` is signed; a return takes the piece back at
    /// the opposite price, which comes to the same.
    pub fn extra(product: &'a Product, price: Decimal, way: Way, terms: Terms, shop: &Shop) -> Self {
        let quantity = way.sign();
        Self {
            kind: Kind::Extra,
            product,
            name: &product.name,
            note: None,
            lot: None,
            tax_ids: taxes_of(product, shop),
            tax_percent: None,
            quantity,
            price: price * quantity,
            discount: Decimal::ZERO,
            terms,
        }
    }

    /// What the line costs before discount, without its sign.
    pub fn gross_amount(&self) -> Decimal {
        (self.quantity * self.price).abs()
    }

    /// What the line costs after discount, without its sign.
    pub fn net_amount(&self) -> Decimal {
        self.gross_amount() - self.discount
    }

    /// Whether it gives money back.
    pub fn is_negative(&self) -> bool {
        self.quantity * self.price < Decimal::ZERO
    }
}

/// Which way the goods of an order go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the customer.
    Sale,
    /// All back.
    Return,
    /// Some to the customer and others back.
    Exchange,
}

impl Way {
    pub fn of(order: &Order) -> Self {
        if has_mixed_signs(order) {
            Self::Exchange
        } else if gives_back(order) {
            Self::Return
        } else {
            Self::Sale
        }
    }

    /// −1 for a return, whatever signs it came with.
    pub const fn sign(self) -> Decimal {
        match self {
            Self::Return => Decimal::NEGATIVE_ONE,
            Self::Sale | Self::Exchange => Decimal::ONE,
        }
    }

    /// An amount of the order with the sign it is booked with.
    pub fn signed(self, amount: Decimal) -> Decimal {
        match self {
            Self::Return => -amount.abs(),
            Self::Sale | Self::Exchange => amount,
        }
    }
}

/// Whether the order gives money back: a refund, or a sale with a negative total.
pub fn gives_back(order: &Order) -> bool {
    order.status == Status::Refund || order.totals.grand < Decimal::ZERO
}

/// An exchange: some lines are sold and others come back.
fn has_mixed_signs(order: &Order) -> bool {
    let sign = |line: &Line| (line.quantity * line.price).cmp(&Decimal::ZERO);
    let mut signs = order.lines.iter().map(sign).filter(|sign| sign.is_ne());
    signs.next().is_some_and(|first| signs.any(|other| other != first))
}

/// Where a line stands in the order, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    line: usize,
    component: Option<usize>,
}

impl Place {
    /// The line of this number, counted from 1.
    pub const fn line(line: usize) -> Self {
        Self { line, component: None }
    }

    fn text(self) -> Text {
        match self.component {
            Some(component) => text!("Line {line}, component {component}", line = self.line, component),
            None => text!("Line {line}", line = self.line),
        }
    }
}

impl From<Place> for Part {
    fn from(place: Place) -> Self {
        place.text().into()
    }
}

/// Settles products, signs and discounts. Returns warnings too.
pub(super) fn settle<'a>(
    order: &'a Order,
    way: Way,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<(Vec<SoldLine<'a>>, Vec<Text>), Refusal> {
    let mut warnings = Vec::new();
    let mut sold = Vec::with_capacity(order.lines.len());
    for (index, line) in order.lines.iter().enumerate() {
        let place = Place::line(index + 1);
        // Quantity −1 × price −100 is one sign too many on a refund, and still a refund.
        let (quantity, price) = match way {
            Way::Return => (-line.quantity.abs(), line.price.abs()),
            Way::Sale | Way::Exchange => (line.quantity, line.price),
        };
        let discount = discount(line, (quantity * price).abs(), place)?;
        let (mut one, found) = item(line, quantity, price, place, shop, rules)?;
        one.discount = discount;
        let parent = one.quantity;
        sold.push(one);
        warnings.extend(found);
        if rules.combo_components == ComboComponents::Book {
            for (index, component) in line.components.iter().enumerate() {
                let place = Place { component: Some(index + 1), ..place };
                let quantity = component.quantity.abs() * parent;
                let (mut one, found) = item(component, quantity, Decimal::ZERO, place, shop, rules)?;
                // A fixed tax would cost something even at price 0.
                one.tax_ids.clear();
                sold.push(one);
                warnings.extend(found);
            }
        }
    }
    Ok((sold, warnings))
}

fn item<'a>(
    line: &'a Line,
    quantity: Decimal,
    price: Decimal,
    place: Place,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<(SoldLine<'a>, Vec<Text>), Refusal> {
    let (product, renamed) = products::find(line, place, rules, &shop.catalogue)?;
    let fitted = quantity::fit(line, quantity, price, product, place, shop, rules.quantity_policy)?;
    let lot = lots::of(line, product, place, rules.lot_policy)?;
    let sold = SoldLine {
        kind: Kind::Item,
        product,
        name: line.name.as_deref().unwrap_or(&product.name),
        note: lots::note(line, product),
        lot: lot.number,
        tax_ids: taxes_of(product, shop),
        tax_percent: line.tax_percent,
        quantity: fitted.quantity,
        price: fitted.price,
        discount: Decimal::ZERO,
        terms: Terms::OfOrder,
    };
    Ok((sold, [renamed, fitted.warning, lot.warning].into_iter().flatten().collect()))
}

/// The discount of a line, positive. `amount` is what the line costs without it.
fn discount(line: &Line, amount: Decimal, place: Place) -> Result<Decimal, Refusal> {
    let discount = match line.discount {
        None => Decimal::ZERO,
        Some(LineDiscount::Amount(discount)) => discount.abs(),
        Some(LineDiscount::Percent(percent)) => amount * percent.abs() / Decimal::ONE_HUNDRED,
    };
    if discount > amount {
        return Err(Refusal::new(
            Code::BadValue,
            text!(
                "{place} ({item}): the discount {discount} is more than the line's {amount}.",
                place,
                item = products::describe(line),
                discount,
                amount,
            ),
            text!("Correct the order at its source."),
        ));
    }
    Ok(discount)
}

/// The product's taxes of the shop's company, as they stand on the product.
fn taxes_of(product: &Product, shop: &Shop) -> Vec<i64> {
    of_company(&product.taxes, shop)
}

/// Those of these taxes that are of the shop's company and not archived.
pub(super) fn of_company(ids: &[i64], shop: &Shop) -> Vec<i64> {
    ids.iter().copied().filter(|id| shop.taxes.get(id).is_some_and(|tax| tax.active)).collect()
}
