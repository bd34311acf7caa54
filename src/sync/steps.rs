//! What was done about an order, in steps for people. Every step says what it rests on, and
//! durations are those that were measured.

use std::time::Duration;

use crate::booking::Booking;
use crate::order::{Code, Document, OrderKey, Refusal};
use crate::shop::{Shop, Stock};
use crate::store::{Item, State, Step, StepCode, StepKind, Verdict};

use super::deliver::Sent;
use super::series::Held;
use super::verify::Judged;

/// What Odoo shows of an order after it was written.
const READ_BACK: &str = "read back from Odoo";
/// What Odoo says by itself, or does not.
const ANSWER: &str = "Odoo's answer";
/// What a source says.
pub(super) const SOURCE: &str = "the source's page";
/// What an order is planned from.
const PLANNED: &str = "the order, and what Odoo knows of the shop";

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
    complaint: Option<&str>,
    unmoved: Option<&[String]>,
) -> Vec<Step> {
    let created = format!("Booked as {}.", held.name);
    let paid = shop.currency.show(shop.currency.round(held.amount_paid));
    let mut steps = vec![
        Step::new(creation(&booking.key), StepCode::Ok, created, READ_BACK),
        Step::new(StepKind::AddPayment, StepCode::Ok, format!("Paid {paid}."), READ_BACK),
    ];
    if booking.to_invoice {
        steps.push(match (&held.account_move, complaint) {
            (Some(invoice), None) => {
                let text = format!("Invoice {} is posted.", invoice.name);
                Step::new(StepKind::CreateInvoice, StepCode::Ok, text, "invoice posted")
            }
            (Some(_), Some(complaint)) => {
                Step::new(StepKind::CreateInvoice, StepCode::Bad, complaint, READ_BACK)
            }
            (None, complaint) => {
                let text = complaint.unwrap_or("Odoo issued no invoice.");
                Step::new(StepKind::CreateInvoice, StepCode::Missing, text, READ_BACK)
            }
        });
    }
    let has_stock = |product| shop.catalogue.get(product).is_some_and(|product| product.stock != Stock::None);
    if booking.lines.iter().any(|line| has_stock(line.product)) {
        steps.push(match unmoved {
            None => Step::new(
                StepKind::OutboundDelivery,
                StepCode::Accepted,
                "Its goods are moved when the session is closed.",
                "at session closing",
            ),
            Some([]) => {
                Step::new(StepKind::OutboundDelivery, StepCode::Ok, "Its goods were moved.", "picking done")
            }
            Some(unmoved) => {
                Step::new(StepKind::OutboundDelivery, StepCode::Bad, unmoved.join(" "), "moves that are done")
            }
        });
    }
    steps
}

/// The step of an order that Odoo holds otherwise than it should.
pub(super) fn of_misbooked(key: &str, refusal: &Refusal) -> Vec<Step> {
    vec![Step::new(creation(key), StepCode::Bad, refusal.message.as_str(), READ_BACK)]
}

/// The steps of an order that was sent with so many others, and took so long.
pub(super) fn of_attempt(item: &Item, sent: &Sent, others: usize, took: Duration) -> Vec<Step> {
    let kind = creation(&item.key);
    let mut steps = match sent {
        Sent::Held(Judged { steps, .. }) => steps.clone(),
        Sent::Refused(refusal) => vec![Step::new(kind, StepCode::Bad, refusal.message.as_str(), ANSWER)],
        Sent::NotBooked(not) => {
            vec![Step::new(kind, StepCode::Unavailable, not.why.message.as_str(), ANSWER)]
        }
    };
    for step in &mut steps {
        step.attempt = item.attempts + 1;
        if step.kind == kind {
            step.duration = Some(took);
            match others {
                0 => {}
                1 => step.text.push_str(" Sent together with another one."),
                _ => step.text = format!("{} Sent together with {others} others.", step.text),
            }
        }
    }
    steps
}

/// The steps of an order that was not sent just now, by what was found of it.
pub(super) fn of_finding(item: &Item, verdict: &Verdict) -> Vec<Step> {
    let was_sent = item.state == State::Sending;
    let (code, text, truth) = match verdict {
        Verdict::Booked(booked) if was_sent => {
            let text = format!(
                "Odoo holds it as {}: what was sent got through, only its answer did not.",
                booked.name
            );
            (StepCode::AlreadyThere, text, READ_BACK)
        }
        Verdict::Booked(booked) => {
            (StepCode::AlreadyThere, format!("Odoo holds it already, as {}.", booked.name), READ_BACK)
        }
        Verdict::NotSent => {
            let text = "There was no clear answer, and Odoo does not hold it: it is sent again.".to_owned();
            (StepCode::Unavailable, text, READ_BACK)
        }
        Verdict::Refused(refusal) | Verdict::Rejected(refusal, _) => {
            (StepCode::Bad, refusal.message.to_string(), PLANNED)
        }
        Verdict::Retry(refusal, _) if refusal.code == Code::SaleNotBooked => {
            (StepCode::Accepted, refusal.message.to_string(), PLANNED)
        }
        Verdict::Retry(refusal, _) => (StepCode::Unavailable, refusal.message.to_string(), ANSWER),
        Verdict::Gone(refusal) => (StepCode::Missing, refusal.message.to_string(), READ_BACK),
        Verdict::Followed => {
            let text = "The source cancelled it: it is refunded.".to_owned();
            return vec![Step::new(StepKind::Refund, StepCode::Accepted, text, SOURCE)];
        }
        Verdict::Waiting(_) | Verdict::Skipped(_) | Verdict::Due => return Vec::new(),
    };
    vec![Step { attempt: item.attempts, ..Step::new(creation(&item.key), code, text, truth) }]
}
