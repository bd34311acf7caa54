//! Net or gross, percent or folded: finds the way to write the lines down that gives the
//! order's grand total to the cent in Odoo's own arithmetic.

use rust_decimal::Decimal;

use crate::order::{Code, Order, Part, Refusal, Text};
use crate::shop::Shop;
use crate::text;

use super::line_price::{self, DiscountStyle, LinePrice};
use super::lines::{Kind, SoldLine, Terms, Way};
use super::special::Special;
use super::taxes::{Arithmetic, LineTaxes, OrderTotals};
use super::{PriceMode, Rules, TaxPolicy, charges, discount, tax_check};

/// What the prices of the source mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Net,
    Gross,
}

/// All lines of an order, priced.
#[derive(Debug, Clone)]
pub(super) struct Priced<'a> {
    pub lines: Vec<(SoldLine<'a>, LinePrice)>,
    pub totals: OrderTotals,
    /// Tips, signed; a line of their own is among the lines.
    pub tips: Decimal,
    pub warnings: Vec<Text>,
}

/// Prices the lines so that with charges, tips and discounts they come to the order's grand
/// total and their tax to what the source states, or refuses with the sums found.
pub(super) fn price<'a>(
    order: &Order,
    way: Way,
    items: Vec<SoldLine<'a>>,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<Priced<'a>, Refusal> {
    let charge = charges::service_charge(order, way, shop, rules)?;
    search(order, way, items, charge.as_ref(), shop, rules)
}

/// The same for a refund of an amount: all that the order states is in its one line.
pub(super) fn price_amount<'a>(
    order: &Order,
    line: SoldLine<'a>,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<Priced<'a>, Refusal> {
    search(order, Way::Return, vec![line], None, shop, rules)
}

fn search<'a>(
    order: &Order,
    way: Way,
    items: Vec<SoldLine<'a>>,
    charge: Option<&SoldLine<'a>>,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<Priced<'a>, Refusal> {
    let tips = charges::tips(order, way);
    let grand = way.signed(order.totals.grand);
    let mut search = Search {
        order,
        shop,
        rules,
        way,
        tip: charges::tip(tips, way, shop, rules)?,
        // Tips lie on top of the grand total or within it.
        targets: if tips.is_zero() { vec![grand] } else { vec![grand + tips, grand] },
        tips,
        sums: Vec::new(),
        near: None,
        other_tax: None,
    };
    let mapped = match rules.tax_policy {
        TaxPolicy::Map => Some(items.clone()),
        TaxPolicy::Refuse | TaxPolicy::Keep => None,
    };
    if let Some(found) = search.exact(items, charge)? {
        return Ok(found);
    }
    if let Some(mut items) = mapped
        && let Some(warning) = tax_check::map(order, &mut items, shop)?
        && let Some(mut found) = search.exact(items, charge)?
    {
        found.warnings.push(warning);
        return Ok(found);
    }
    search.last_resort()
}

/// A search for the reading that fits.
struct Search<'s, 'a> {
    order: &'s Order,
    shop: &'a Shop,
    rules: &'s Rules,
    way: Way,
    tip: Option<SoldLine<'a>>,
    tips: Decimal,
    /// Totals that are as good as each other.
    targets: Vec<Decimal>,
    /// What each reading came to first.
    sums: Vec<(Reading, Decimal)>,
    /// The best that is a few cents off, with what is missing.
    near: Option<(Decimal, Priced<'a>)>,
    /// The first that fits but for its tax.
    other_tax: Option<(Priced<'a>, Refusal)>,
}

impl<'a> Search<'_, 'a> {
    /// Tries every reading of these items for one that fits to the cent.
    fn exact(
        &mut self,
        mut lines: Vec<SoldLine<'a>>,
        charge: Option<&SoldLine<'a>>,
    ) -> Result<Option<Priced<'a>>, Refusal> {
        discount::apply(self.order, self.way, &mut lines, self.shop, self.rules)?;
        lines.extend(self.tip.clone());
        let discounted = lines.iter().any(|line| !line.discount.is_zero());
        let styles: &[DiscountStyle] = if discounted {
            &[DiscountStyle::Percent, DiscountStyle::Folded]
        } else {
            &[DiscountStyle::Percent]
        };
        let charges: Vec<Option<SoldLine<'a>>> = match charge {
            Some(charge) => charges::readings(charge).into_iter().map(Some).collect(),
            None => vec![None],
        };
        for &reading in readings(self.order, self.rules) {
            for charge in &charges {
                if charge.as_ref().is_some_and(|charge| charge.terms == Terms::Always(reading)) {
                    continue;
                }
                for &style in styles {
                    if let Some(found) = self.attempt(&lines, charge.as_ref(), reading, style)? {
                        return Ok(Some(found));
                    }
                }
            }
        }
        Ok(None)
    }

    fn attempt(
        &mut self,
        lines: &[SoldLine<'a>],
        charge: Option<&SoldLine<'a>>,
        reading: Reading,
        style: DiscountStyle,
    ) -> Result<Option<Priced<'a>>, Refusal> {
        let prices = lines
            .iter()
            .chain(charge)
            .map(|line| line_price::price(line, reading, style, self.shop))
            .collect::<Result<Vec<_>, _>>()?;
        let totals = totals(prices.iter(), self.shop);
        if !self.sums.iter().any(|(other, _)| *other == reading) {
            self.sums.push((reading, totals.total - self.tips));
        }
        let missing = self.targets.iter().map(|target| target - totals.total).min_by_key(Decimal::abs);
        let missing = missing.unwrap_or_default();
        let better = self.near.as_ref().is_none_or(|(other, _)| missing.abs() < other.abs());
        if missing.abs() > self.tolerated(lines) || !(missing.is_zero() || better) {
            return Ok(None);
        }
        let lines = lines.iter().chain(charge).cloned().zip(prices).collect();
        let mut priced = Priced { lines, totals, tips: self.tips, warnings: Vec::new() };
        let checked = tax_check::check(self.order, &priced, self.shop);
        match checked {
            Ok(()) if missing.is_zero() => return Ok(Some(priced)),
            Ok(()) => self.near = Some((missing, priced)),
            Err(refusal) if missing.is_zero() => {
                self.other_tax.get_or_insert((priced, refusal));
            }
            Err(refusal) if self.rules.tax_policy == TaxPolicy::Keep => {
                priced.warnings.push(refusal.message);
                self.near = Some((missing, priced));
            }
            Err(_) => {}
        }
        Ok(None)
    }

    /// How much may be made up for by a rounding line.
    fn tolerated(&self, lines: &[SoldLine<'_>]) -> Decimal {
        let items = lines.iter().filter(|line| line.kind == Kind::Item).count();
        self.rules.rounding_limit * Decimal::from(items.max(1))
    }

    /// What remains where nothing fits: Odoo's own tax, or a rounding line.
    fn last_resort(self) -> Result<Priced<'a>, Refusal> {
        match (self.other_tax, self.near) {
            (Some((mut priced, refusal)), _) if self.rules.tax_policy == TaxPolicy::Keep => {
                priced.warnings.push(refusal.message);
                Ok(priced)
            }
            (Some((_, refusal)), _) => Err(refusal),
            (None, Some((missing, priced))) => round_off(priced, missing, self.way, self.shop, self.rules),
            (None, None) => {
                let grand = self.way.signed(self.order.totals.grand);
                Err(total_mismatch(&self.sums, grand, self.tips, self.shop, self.rules))
            }
        }
    }
}

fn readings(order: &Order, rules: &Rules) -> &'static [Reading] {
    match rules.price_mode {
        PriceMode::TaxExcluded => &[Reading::Net],
        PriceMode::TaxIncluded => &[Reading::Gross],
        PriceMode::Auto if order.lines.iter().any(|line| line.price_is_net) => &[Reading::Net],
        PriceMode::Auto => &[Reading::Net, Reading::Gross],
    }
}

fn totals<'p>(prices: impl Iterator<Item = &'p LinePrice>, shop: &Shop) -> OrderTotals {
    let taxes: Vec<&LineTaxes> = prices.map(|price| &price.taxes).collect();
    Arithmetic::of(shop).totals(&taxes)
}

/// Adds a rounding line of the cents that are missing.
fn round_off<'a>(
    mut priced: Priced<'a>,
    missing: Decimal,
    way: Way,
    shop: &'a Shop,
    rules: &Rules,
) -> Result<Priced<'a>, Refusal> {
    let product = rules.special.find(Special::Rounding, shop)?;
    let wanted = priced.totals.total + missing;
    let line = SoldLine::extra(product, missing, way, Terms::Always(Reading::Gross), shop);
    let price = line_price::price(&line, Reading::Gross, DiscountStyle::Percent, shop)?;
    priced.lines.push((line, price));
    priced.totals = totals(priced.lines.iter().map(|(_, price)| price), shop);
    let [total, wanted_text, missing] =
        [priced.totals.total, wanted, missing].map(|sum| Part::figure(shop.currency.show(sum)));
    if priced.totals.total != wanted {
        return Err(Refusal::new(
            Code::TotalMismatch,
            text!(
                "With {missing} on {product} the order comes to {total} instead of {wanted}.",
                missing,
                product = product.label(),
                total,
                wanted = wanted_text,
            ),
            text!("Take the customer taxes off the rounding product in Odoo; the order then books itself."),
        ));
    }
    priced
        .warnings
        .push(text!("Rounding of {missing}: the order's lines do not come to its total.", missing));
    Ok(priced)
}

fn total_mismatch(
    sums: &[(Reading, Decimal)],
    grand: Decimal,
    tips: Decimal,
    shop: &Shop,
    rules: &Rules,
) -> Refusal {
    let figure = |amount| Part::figure(shop.currency.show(amount));
    let sum_of = |reading| sums.iter().find(|(other, _)| *other == reading).map(|(_, sum)| figure(*sum));
    let grand = figure(grand);
    let message = match (sum_of(Reading::Net), sum_of(Reading::Gross)) {
        (Some(net), Some(gross)) => text!(
            "The order's GrandTotal is {grand}, but its lines come to {net} if prices are without tax and {gross} if prices contain tax.",
            grand,
            net,
            gross
        ),
        (Some(net), None) => text!(
            "The order's GrandTotal is {grand}, but its lines come to {net} if prices are without tax.",
            grand,
            net
        ),
        (None, Some(gross)) => text!(
            "The order's GrandTotal is {grand}, but its lines come to {gross} if prices contain tax.",
            grand,
            gross
        ),
        (None, None) => {
            text!("The order's GrandTotal is {grand}, and no sum of its lines can be made.", grand)
        }
    };
    let tips = (!tips.is_zero()).then(|| {
        text!("Its tips of {tips} neither lie within the total nor on top of it.", tips = figure(tips))
    });
    let fix = if rules.price_mode == PriceMode::Auto {
        text!(
            "Compare the order's lines, discounts, charges and taxes with the products' taxes in Odoo; the order books itself once they agree."
        )
    } else {
        text!("Check the sync's setting for prices with or without tax, and the products' taxes in Odoo.")
    };
    Refusal::new(Code::TotalMismatch, Text::sentences([message].into_iter().chain(tips)), fix)
}
