//! The tax engine: what Odoo will compute for these lines, to the cent.
//!
//! The order of evaluation and the roundings follow Odoo 19
//! (`addons/account/models/account_tax.py`: flattening and batching of taxes, extra bases,
//! raw amounts per line, roundings per document; `addons/point_of_sale/models/pos_order.py`:
//! which lines enter with which sign). Figures are decimals throughout: Odoo computes in
//! doubles and compensates their noise when it rounds, so exact halves round the same way.

mod line;
mod totals;

pub use line::{LineTaxes, TaxAmount, TaxableLine, compute_line};
pub use totals::{OrderTotals, compute_totals};

use crate::order::{Code, Refusal};
use crate::shop::{AmountType, Tax};

/// Refuses by name a tax whose arithmetic this engine does not know.
pub(super) fn check_supported(tax: &Tax) -> Result<(), Refusal> {
    let why = match &tax.amount_type {
        AmountType::Other(kind) => format!("is computed by \"{kind}\""),
        AmountType::Group(_) => "is a group within a group".to_owned(),
        _ if tax.has_negative_factor => "has a negative repartition (reverse charge)".to_owned(),
        _ => return Ok(()),
    };
    Err(Refusal::new(
        Code::NotSupported,
        format!("The tax {} {why}, which this version cannot compute.", tax.name),
        "Use a percentage or fixed tax on the products of this shop.",
    ))
}
