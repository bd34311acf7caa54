//! Products for what is no item of the source: service charges, tips, discounts of a whole
//! order, rounding, refunds of an amount. Found by a fixed internal reference.

use crate::order::{Code, Refusal, Text};
use crate::shop::{Product, Shop, Unavailable};
use crate::text;

/// The internal references of the special products of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialProducts {
    /// Service charges of an order.
    pub service_charge: String,
    /// Tips.
    pub tip: String,
    /// Residual cents.
    pub rounding: String,
    /// Discounts of a whole order, where they are lines.
    pub discount: String,
    /// Refunds of an amount without lines.
    pub refund: String,
}

impl Default for SpecialProducts {
    /// The products that the addon brings.
    fn default() -> Self {
        let owned = str::to_owned;
        Self {
            service_charge: owned("EXT-CHARGE"),
            tip: owned("EXT-TIP"),
            rounding: owned("EXT-ROUNDING"),
            discount: owned("EXT-DISCOUNT"),
            refund: owned("EXT-REFUND"),
        }
    }
}

/// What a special product stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// Service charges.
    ServiceCharge,
    /// A tip.
    Tip,
    /// Residual cents.
    Rounding,
    /// A discount of the whole order.
    Discount,
    /// A refund of an amount.
    Refund,
}

impl Special {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::ServiceCharge, Self::Tip, Self::Rounding, Self::Discount, Self::Refund];

    fn text(self) -> Text {
        match self {
            Self::ServiceCharge => text!("service charges"),
            Self::Tip => text!("tips"),
            Self::Rounding => text!("rounding"),
            Self::Discount => text!("discounts of an order"),
            Self::Refund => text!("refunds of an amount"),
        }
    }
}

impl SpecialProducts {
    /// The internal reference of one.
    pub fn reference(&self, special: Special) -> &str {
        match special {
            Special::ServiceCharge => &self.service_charge,
            Special::Tip => &self.tip,
            Special::Rounding => &self.rounding,
            Special::Discount => &self.discount,
            Special::Refund => &self.refund,
        }
    }

    /// The product of one. It need not be offered at the till: nobody picks it there.
    ///
    /// # Errors
    ///
    /// A refusal that names the reference, where no product or several have it, or where it
    /// is archived or of another company.
    pub fn find<'s>(&self, special: Special, shop: &'s Shop) -> Result<&'s Product, Refusal> {
        let reference = self.reference(special);
        let what = special.text();
        let (usable, lacking): (Vec<_>, Vec<_>) =
            shop.catalogue.with_code(reference).into_iter().partition(|product| {
                matches!(product.unavailable, None | Some(Unavailable::NotSold | Unavailable::NotInPos))
            });
        match (usable.as_slice(), lacking.first()) {
            ([one], _) => Ok(one),
            ([], None) => Err(Refusal::new(
                Code::MissingProduct,
                text!("The product for {what}, {reference}, does not exist in Odoo.", what, reference),
                text!(
                    "Install or upgrade the addon External Order Sync in Odoo, or create a product with this internal reference; the order then books itself."
                ),
            )),
            ([], Some(product)) => {
                let why = product.unavailable.as_ref().map(Unavailable::text).unwrap_or_default();
                Err(Refusal::new(
                    Code::UnavailableProduct,
                    text!(
                        "The product for {what}, {reference}, cannot be sold here: {why}.",
                        what,
                        reference,
                        why
                    ),
                    text!("Correct the product in Odoo; the order then books itself."),
                ))
            }
            (many, _) => Err(Refusal::new(
                Code::AmbiguousProduct,
                text!(
                    "The product for {what} is not clear: {count} products have the internal reference {reference}.",
                    what,
                    count = many.len(),
                    reference
                ),
                text!("Make the internal reference unique in Odoo, for example by archiving the others."),
            )),
        }
    }
}
