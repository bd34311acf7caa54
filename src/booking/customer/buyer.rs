//! What the customer means for a booking: whose it is, payments that need one, the invoice.

use crate::booking::{Booking, Rules, Sale};
use crate::order::{Code, Order, Refusal};
use crate::shop::Shop;
use crate::text;

use super::find::{By, Found, Search};
use super::identity::tax_id;
use super::{Ambiguous, Customers, Invoicing, Partner};

/// Who bought, as far as Odoo knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Buyer {
    /// The order names nobody, or customers are ignored.
    #[default]
    Nobody,
    /// Somebody who is not in Odoo.
    Unknown,
    /// This partner, and why an id that the order names was not believed.
    Known(Partner, Option<String>),
    /// Any of these partners, as messages name them.
    Ambiguous(By, Vec<String>),
    /// Somebody who is not in Odoo and cannot be: why, and what to do.
    Failed(String, String),
}

impl From<Search<'_>> for Buyer {
    fn from(search: Search<'_>) -> Self {
        match search.found {
            Found::None => Self::Unknown,
            Found::One(partner) => Self::Known(partner.clone(), search.remark),
            Found::Several(by, partners) => {
                Self::Ambiguous(by, partners.into_iter().map(Partner::label).collect())
            }
            Found::Archived(partner) => Self::Failed(
                format!("the customer {} is archived in Odoo", partner.label()),
                "Unarchive the customer in Odoo.".into(),
            ),
        }
    }
}

impl Buyer {
    fn partner(&self) -> Option<&Partner> {
        match self {
            Self::Known(partner, _) => Some(partner),
            _ => None,
        }
    }

    /// Why there is no customer, as the end of a sentence, and what to do about it.
    fn absence(&self, order: &Order, rules: &Rules) -> (String, String) {
        match self {
            Self::Known(..) => (String::new(), String::new()),
            Self::Nobody if rules.customers.customers == Customers::Ignore => (
                "the sync leaves customers out".into(),
                "Let the sync find customers, or create them (customers).".into(),
            ),
            Self::Nobody => (
                "the order names none that could be looked for".into(),
                "Add the customer to the order at its source, or map the payment to another method.".into(),
            ),
            Self::Unknown => (
                format!("its customer {} is not in Odoo", called(order)),
                "Create the customer in Odoo with this reference, e-mail address or phone number, or let the sync create customers (customers)."
                    .into(),
            ),
            Self::Ambiguous(by, names) => (
                format!("its customer could be {} (by {})", names.join(" or "), by.words()),
                "Merge these customers in Odoo, or give them different references, e-mail addresses and phone numbers."
                    .into(),
            ),
            Self::Failed(why, fix) => (why.clone(), fix.clone()),
        }
    }
}

/// The customer as the order names it, for messages.
fn called(order: &Order) -> String {
    let customer = &order.customer;
    [&customer.name, &customer.reference, &customer.id, &customer.email, &customer.phone]
        .into_iter()
        .flatten()
        .next()
        .cloned()
        .unwrap_or_else(|| customer.odoo_id.map_or_else(String::new, |id| format!("with the id {id}")))
}

/// Completes a booking with its customer: the partner, the invoice, and what is unusual
/// about them. `sale` is the one that a linked refund reverses.
///
/// # Errors
///
/// A payment or an invoice that needs a customer has none; or the customer is ambiguous and
/// the sync refuses that.
pub fn book_for(
    mut booking: Booking,
    buyer: &Buyer,
    order: &Order,
    sale: Option<&Sale>,
    shop: &Shop,
    rules: &Rules,
) -> Result<Booking, Refusal> {
    match buyer {
        Buyer::Ambiguous(..) => {
            let (why, fix) = buyer.absence(order, rules);
            if rules.customers.ambiguous == Ambiguous::Refuse {
                return Err(Refusal::new(Code::AmbiguousCustomer, sentence(&why), fix));
            }
            booking.warnings.push(format!("Booked without a customer: {why}."));
        }
        Buyer::Failed(why, fix) => booking.warnings.push(format!("Booked without a customer: {why}. {fix}")),
        Buyer::Known(_, remark) => booking.warnings.extend(remark.clone()),
        Buyer::Nobody | Buyer::Unknown => {}
    }
    // A refund is for whoever bought, where that is known no better.
    let of_sale = sale.filter(|_| booking.is_refund);
    booking.partner_id = buyer.partner().map(|partner| partner.id).or(of_sale.and_then(|sale| sale.partner));
    check_payments(&booking, buyer, order, shop, rules)?;
    match of_sale {
        Some(sale) => credit(&mut booking, order, sale),
        None => invoice(&mut booking, buyer, order, rules)?,
    }
    Ok(booking)
}

fn check_payments(
    booking: &Booking,
    buyer: &Buyer,
    order: &Order,
    shop: &Shop,
    rules: &Rules,
) -> Result<(), Refusal> {
    let used = |id: i64| booking.payments.iter().any(|payment| payment.method == id);
    let needing = shop.methods.iter().find(|method| method.needs_customer() && used(method.id));
    match needing {
        Some(method) if booking.partner_id.is_none() => {
            let (why, fix) = buyer.absence(order, rules);
            let message = format!("The payment method {} needs a customer, and {why}.", method.name);
            Err(Refusal::new(Code::CustomerNeeded, message, fix))
        }
        _ => Ok(()),
    }
}

/// The refund of an invoiced sale gets a credit note for the customer of the invoice.
fn credit(booking: &mut Booking, order: &Order, sale: &Sale) {
    if !sale.invoiced {
        return;
    }
    if issued_elsewhere(booking, order) {
        return;
    }
    if sale.partner.is_some() && booking.partner_id != sale.partner {
        booking.warnings.push(format!(
            "Credited to the customer of the invoice of {}, which is not the customer that the refund names.",
            sale.name
        ));
        booking.partner_id = sale.partner;
    }
    booking.to_invoice = booking.partner_id.is_some();
}

fn invoice(booking: &mut Booking, buyer: &Buyer, order: &Order, rules: &Rules) -> Result<(), Refusal> {
    let asked = match rules.customers.invoicing {
        Invoicing::Off => false,
        Invoicing::TaxId => order.customer.vat.is_some(),
        Invoicing::Customer => booking.partner_id.is_some(),
    };
    if !asked || issued_elsewhere(booking, order) {
        return Ok(());
    }
    let Some(partner) = buyer.partner() else {
        let (why, fix) = buyer.absence(order, rules);
        return Err(Refusal::new(
            Code::CannotInvoice,
            format!("The order is to be invoiced, which needs a customer, and {why}."),
            fix,
        ));
    };
    match (&order.customer.vat, &partner.vat) {
        (Some(theirs), Some(ours)) if tax_id(theirs) != tax_id(ours) => {
            return Err(Refusal::new(
                Code::CannotInvoice,
                format!(
                    "The order names the tax id {theirs}, but its customer {} has {ours} in Odoo.",
                    partner.label()
                ),
                text!("Correct the tax id in Odoo or at the source; nothing is overwritten here."),
            ));
        }
        (Some(theirs), None) => booking.warnings.push(format!(
            "The invoice does not show the tax id {theirs}: the customer {} has none in Odoo.",
            partner.label()
        )),
        _ => {}
    }
    booking.to_invoice = true;
    Ok(())
}

/// A fiscal document that the source issued is never followed by a second one.
fn issued_elsewhere(booking: &mut Booking, order: &Order) -> bool {
    let Some(number) = &order.invoice_no else { return false };
    booking.note.extend(["\nNot invoiced in Odoo: the source issued ", number, "."]);
    true
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
