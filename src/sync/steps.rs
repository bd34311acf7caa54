//! What was done about an order, in steps for people. Every step says what it rests on, and
//! durations are those that were measured.

use std::time::Duration;

use crate::booking::Booking;
use crate::order::{Code, Document, OrderKey, Part, Refusal, Text};
use crate::shop::{Shop, Stock};
use crate::store::{Item, State, Step, StepCode, StepKind, Verdict};
use crate::text;

use super::deliver::Sent;
use super::series::Held;
use super::verify::Judged;

/// What Odoo shows of an order after it was written.
fn read_back() -> Text {
    text!("read back from Odoo")
}

/// What Odoo says by itself, or does not.
fn answer() -> Text {
    text!("Odoo's answer")
}

/// What a source says.
pub(super) fn source() -> Text {
    text!("the source's page")
}

/// What an order is planned from.
fn planned() -> Text {
    text!("the order, and what Odoo knows of the shop")
}

/// The step that creates the `pos.order`.
fn creation(key: &str) -> StepKind {
    match OrderKey::parse(key).map(|key| key.document) {
        Some(Document::Refund(_)) => StepKind::Refund,
        _ => StepKind::CreateOrder,
    }
}

/// The steps of a booking that was read back. `complaint`: what is wrong with its invoice;
/// `unmoved`: what is wrong with its stock, `None` where that moves when the session is closed.
pub(super) fn of_booked(
    booking: &Booking,
    held: &Held,
    shop: &Shop,
    complaint: Option<&Text>,
    unmoved: Option<&[Text]>,
) -> Vec<Step> {
    let created = text!("Booked as {name}.", name = &held.name);
    let paid = Part::figure(shop.currency.show(shop.currency.round(held.amount_paid)));
    let mut steps = vec![
        Step::new(creation(&booking.key), StepCode::Ok, created, read_back()),
        Step::new(StepKind::AddPayment, StepCode::Ok, text!("Paid {paid}.", paid), read_back()),
    ];
    if booking.to_invoice {
        steps.push(match (&held.account_move, complaint) {
            (Some(invoice), None) => {
                let text = text!("Invoice {name} is posted.", name = &invoice.name);
                Step::new(StepKind::CreateInvoice, StepCode::Ok, text, text!("invoice posted"))
            }
            (Some(_), Some(complaint)) => {
                Step::new(StepKind::CreateInvoice, StepCode::Bad, complaint.clone(), read_back())
            }
            (None, complaint) => {
                let text = complaint.cloned().unwrap_or_else(|| text!("Odoo issued no invoice."));
                Step::new(StepKind::CreateInvoice, StepCode::Missing, text, read_back())
            }
        });
    }
    let has_stock = |product| shop.catalogue.get(product).is_some_and(|product| product.stock != Stock::None);
    if booking.lines.iter().any(|line| has_stock(line.product)) {
        steps.push(match unmoved {
            None => Step::new(
                StepKind::OutboundDelivery,
                StepCode::Accepted,
                text!("Its goods are moved when the session is closed."),
                text!("at session closing"),
            ),
            Some([]) => {
                let text = text!("Its goods were moved.");
                Step::new(StepKind::OutboundDelivery, StepCode::Ok, text, text!("picking done"))
            }
            Some(unmoved) => {
                let text = Text::sentences(unmoved.iter().cloned());
                Step::new(StepKind::OutboundDelivery, StepCode::Bad, text, text!("moves that are done"))
            }
        });
    }
    steps
}

/// The step of an order that Odoo holds otherwise than it should.
pub(super) fn of_misbooked(key: &str, refusal: &Refusal) -> Vec<Step> {
    vec![Step::new(creation(key), StepCode::Bad, refusal.message.clone(), read_back())]
}

/// The steps of an order that was sent with so many others, and took so long.
pub(super) fn of_attempt(item: &Item, sent: &Sent, others: usize, took: Duration) -> Vec<Step> {
    let kind = creation(&item.key);
    let mut steps = match sent {
        Sent::Held(Judged { steps, .. }) => steps.clone(),
        Sent::Refused(refusal) => vec![Step::new(kind, StepCode::Bad, refusal.message.clone(), answer())],
        Sent::NotBooked(not) => {
            vec![Step::new(kind, StepCode::Unavailable, not.why.message.clone(), answer())]
        }
    };
    for step in &mut steps {
        step.attempt = item.attempts + 1;
        if step.kind == kind {
            step.duration = Some(took);
            let beside = match others {
                0 => continue,
                1 => text!("Sent together with another one."),
                _ => text!("Sent together with {others} others.", others),
            };
            step.text = Text::sentences([std::mem::take(&mut step.text), beside]);
        }
    }
    steps
}

/// The steps of an order that was not sent just now, by what was found of it.
pub(super) fn of_finding(item: &Item, verdict: &Verdict) -> Vec<Step> {
    let was_sent = item.state == State::Sending;
    let (code, text, truth) = match verdict {
        Verdict::Booked(booked) if was_sent => {
            let text = text!(
                "Odoo holds it as {name}: what was sent got through, only its answer did not.",
                name = &booked.name
            );
            (StepCode::AlreadyThere, text, read_back())
        }
        Verdict::Booked(booked) => {
            let text = text!("Odoo holds it already, as {name}.", name = &booked.name);
            (StepCode::AlreadyThere, text, read_back())
        }
        Verdict::NotSent => {
            let text = text!("There was no clear answer, and Odoo does not hold it: it is sent again.");
            (StepCode::Unavailable, text, read_back())
        }
        Verdict::Refused(refusal) | Verdict::Rejected(refusal, _) => {
            (StepCode::Bad, refusal.message.clone(), planned())
        }
        Verdict::Retry(refusal, _) if refusal.code == Code::SaleNotBooked => {
            (StepCode::Accepted, refusal.message.clone(), planned())
        }
        Verdict::Retry(refusal, _) => (StepCode::Unavailable, refusal.message.clone(), answer()),
        Verdict::Gone(refusal) => (StepCode::Missing, refusal.message.clone(), read_back()),
        Verdict::Followed => {
            let text = text!("The source cancelled it: it is refunded.");
            return vec![Step::new(StepKind::Refund, StepCode::Accepted, text, source())];
        }
        Verdict::Waiting(_) | Verdict::Skipped(_) | Verdict::Due => return Vec::new(),
    };
    vec![Step { attempt: item.attempts, ..Step::new(creation(&item.key), code, text, truth) }]
}
