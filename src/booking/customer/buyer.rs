//! What the customer means for a booking: whose it is, payments that need one, the invoice.

use crate::booking::{Booking, Rules, Sale};
use crate::order::{Code, Order, Refusal, Text};
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
    Known(Partner, Option<Text>),
    /// Any of these partners, as messages name them.
    Ambiguous(By, Vec<String>),
    /// Somebody who is not in Odoo and cannot be: why, and what to do.
    Failed(Text, Text),
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
                text!("The customer {customer} is archived in Odoo.", customer = partner.label()),
                text!("Unarchive the customer in Odoo."),
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

    /// Why there is no customer, and what to do about it.
    fn absence(&self, order: &Order, rules: &Rules) -> (Text, Text) {
        match self {
            Self::Known(..) => (Text::default(), Text::default()),
            Self::Nobody if rules.customers.customers == Customers::Ignore => (
                text!("The sync leaves customers out."),
                text!("Let the sync find customers, or create them (customers)."),
            ),
            Self::Nobody => (
                text!("The order names none that could be looked for."),
                text!("Add the customer to the order at its source, or map the payment to another method."),
            ),
            Self::Unknown => (
                text!("Its customer {customer} is not in Odoo.", customer = called(order)),
                text!(
                    "Create the customer in Odoo with this reference, e-mail address or phone number, or let the sync create customers (customers)."
                ),
            ),
            Self::Ambiguous(by, names) => (
                text!(
                    "Its customer could be any of these, by their {by}: {customers}.",
                    by = by.words(),
                    customers = names.join(", ")
                ),
                text!(
                    "Merge these customers in Odoo, or give them different references, e-mail addresses and phone numbers."
                ),
            ),
            Self::Failed(why, fix) => (why.clone(), fix.clone()),
        }
    }
}

/// The customer as the order names it, for messages.
fn called(order: &Order) -> Text {
    let customer = &order.customer;
    [&customer.name, &customer.reference, &customer.id, &customer.email, &customer.phone]
        .into_iter()
        .flatten()
        .next()
        .map(Text::name)
        .or_else(|| customer.odoo_id.map(|id| text!("with the id {id}", id = id.to_string())))
        .unwrap_or_default()
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
                return Err(Refusal::new(Code::AmbiguousCustomer, why, fix));
            }
            booking.warnings.push(text!("Booked without a customer. {why}", why));
        }
        Buyer::Failed(why, fix) => {
            let why = Text::sentences([why.clone(), fix.clone()]);
            booking.warnings.push(text!("Booked without a customer. {why}", why));
        }
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
            let message =
                text!("The payment method {method} needs a customer. {why}", method = &method.name, why);
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
        booking.warnings.push(text!(
            "Credited to the customer of the invoice of {sale}, who is not the customer that the refund names.",
            sale = &sale.name
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
            text!("The order is to be invoiced, which needs a customer. {why}", why),
            fix,
        ));
    };
    match (&order.customer.vat, &partner.vat) {
        (Some(theirs), Some(ours)) if tax_id(theirs) != tax_id(ours) => {
            return Err(Refusal::new(
                Code::CannotInvoice,
                text!(
                    "The order names the tax id {theirs}, but its customer {customer} has {ours} in Odoo.",
                    theirs,
                    customer = partner.label(),
                    ours,
                ),
                text!("Correct the tax id in Odoo or at the source; nothing is overwritten here."),
            ));
        }
        (Some(theirs), None) => booking.warnings.push(text!(
            "The invoice does not show the tax id {theirs}: the customer {customer} has none in Odoo.",
            theirs,
            customer = partner.label()
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
