//! Lots and serial numbers. A tracked line without one is booked by Odoo, but its stock does
//! not move.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::order::{Code, Line, Refusal, Text};
use crate::shop::{Product, Tracking};
use crate::text;

use super::lines::Place;
use super::{LotPolicy, products};

/// The number to send with a line.
#[derive(Debug)]
pub(super) struct Lot<'a> {
    pub number: Option<&'a str>,
    pub warning: Option<Text>,
}

/// The lot or serial number of a line.
pub(super) fn of<'a>(
    line: &'a Line,
    product: &Product,
    place: Place,
    policy: LotPolicy,
) -> Result<Lot<'a>, Refusal> {
    let lacking = match (product.tracking, &line.lot) {
        (Tracking::None, _) => return Ok(Lot { number: None, warning: None }),
        (Tracking::Serial, Some(_)) if line.quantity.abs() != Decimal::ONE => {
            text!("the source gives one serial number for more than one piece")
        }
        (_, Some(lot)) => return Ok(Lot { number: Some(lot), warning: None }),
        (Tracking::Lot, None) => text!("the source gives no lot"),
        (Tracking::Serial, None) => text!("the source gives no serial number"),
    };
    let (item, product) = (products::describe(line), product.label());
    match policy {
        LotPolicy::Book => {
            let warning = text!(
                "{place} ({item}): {product} is tracked, but {lacking}: stock not moved.",
                place,
                item,
                product,
                lacking,
            );
            Ok(Lot { number: line.lot.as_deref(), warning: Some(warning) })
        }
        LotPolicy::Refuse => Err(Refusal::new(
            Code::MissingLot,
            text!("{place} ({item}): {product} is tracked, but {lacking}.", place, item, product, lacking),
            text!(
                "Make the source send it, or let the sync book such lines without moving stock (lot_policy)."
            ),
        )),
    }
}

/// The note of a line; a number that Odoo has no place for is kept there.
pub(super) fn note<'a>(line: &'a Line, product: &Product) -> Option<Cow<'a, str>> {
    let note = line.note.as_deref().map(Cow::Borrowed);
    match (&line.lot, product.tracking) {
        (Some(lot), Tracking::None) => Some(match note {
            Some(note) => format!("{note} ({lot})").into(),
            None => lot.into(),
        }),
        _ => note,
    }
}
