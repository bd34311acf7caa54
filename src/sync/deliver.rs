//! Sending bookings: in batches, each one transaction in Odoo; a faulty order is isolated
//! by bisecting, so that the rest of its batch is booked.

use std::fmt::Display;
use std::time::Duration;

use serde::de::IgnoredAny;

use crate::booking::Booking;
use crate::odoo::xmlrpc::EncodeError;
use crate::odoo::{CallError, Client, FailureKind, Fault, Outcome};
use crate::order::{Code, Refusal, Text};
use crate::shop::Shop;
use crate::store::Verdict;
use crate::text;

use super::invoices;
use super::report::PassError;
use super::series::{Dialect, exists_already, session_closed};
use super::session::OpenSession;
use super::verify::{Judged, verify};

/// Where and how bookings are sent.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    /// Its context switches tracking off (without "order created" messages Odoo has a sixth
    /// less to do) and the printing of invoices.
    pub client: &'a Client,
    pub dialect: &'a Dialect,
    pub shop: &'a Shop,
    pub session: OpenSession,
    /// The database refuses a second order of the same key, so that a negative look-up
    /// allows to send again at once.
    pub unique: bool,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// By key. A key that is not here is in doubt: it stays *sending* and is looked up before
    /// anything is sent again.
    pub sent: Vec<(String, Sent)>,
    /// A request may still be under way: there was no clear answer, and something of it is not
    /// there (yet).
    pub in_doubt: bool,
    /// Why the pass should stop, if it should.
    pub stop: Option<Stop>,
}

/// What became of an order that was marked *sending*.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sent {
    /// Odoo holds it, and this is to be said of it.
    Held(Judged),
    /// Odoo refused it, and would refuse it again as it is.
    Refused(Refusal),
    /// Certainly not booked, for a reason that passes by itself.
    NotBooked(NotBooked),
}

/// Why an order was not booked that may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotBooked {
    /// For people.
    pub why: Refusal,
    /// How long Odoo asked to be left alone, if it did.
    pub asked_wait: Option<Duration>,
}

/// Why sending stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// Odoo does not answer, or not now.
    Unavailable(CallError),
    /// The session was closed meanwhile.
    SessionClosed,
    /// The shop is another installation's by now, or it cannot be asked for.
    NotHeld(PassError),
}

impl Delivery<'_> {
    /// Sends a batch that was marked *sending*.
    pub async fn send(&self, batch: &[&Booking]) -> Delivered {
        let mut delivered = Delivered::default();
        let mut parts = vec![batch];
        while let Some(part) = parts.pop() {
            match &delivered.stop {
                None => {}
                Some(Stop::SessionClosed) => {
                    delivered.free(part, &not_booked("its session was closed first"));
                    continue;
                }
                Some(Stop::NotHeld(error)) => {
                    let why = not_booked(&error.message);
                    delivered.free(part, &why);
                    continue;
                }
                Some(Stop::Unavailable(error)) => {
                    let why = unavailable(error);
                    delivered.free(part, &why);
                    continue;
                }
            }
            match self.call(part).await {
                Outcome::Committed(_) => self.read_back(part, None, &mut delivered).await,
                Outcome::Refused(fault) if exists_already(&fault) => {
                    // Somebody else's copy of the same request won: whatever is not there
                    // yet was rolled back with this one.
                    let why = not_booked("one that was sent with it was there already");
                    self.read_back(part, Some(why), &mut delivered).await;
                }
                Outcome::Refused(fault) if session_closed(&fault) => {
                    delivered.stop = Some(Stop::SessionClosed);
                    delivered.free(part, &not_booked("its session was closed first"));
                }
                Outcome::Refused(fault) if fault.meets_every_call() => delivered.stop(part, fault.into()),
                // Half the orders take half the time, in which fewer others come between.
                Outcome::Refused(fault) if part.len() > 1 => {
                    tracing::warn!(%fault, orders = listed(part), "Odoo refused a request; sending it in halves");
                    parts.extend(halves(part));
                }
                Outcome::Refused(fault) if fault.lost_a_race() => delivered.free(part, &race()),
                Outcome::Refused(fault) => delivered.refuse(part, &refusal(&fault)),
                Outcome::NotSent(error) if is_too_large(&error) && part.len() > 1 => {
                    tracing::warn!(%error, orders = listed(part), "the request is too large; sending it in halves");
                    parts.extend(halves(part));
                }
                Outcome::NotSent(error) if is_too_large(&error) => delivered.refuse(part, &too_large(&error)),
                Outcome::NotSent(CallError::Encode(_)) if part.len() > 1 => parts.extend(halves(part)),
                Outcome::NotSent(CallError::Encode(error)) => delivered.refuse(part, &unsendable(&error)),
                Outcome::NotSent(error) => delivered.stop(part, error),
                Outcome::Unknown(error) => {
                    tracing::warn!(%error, orders = listed(part), "no clear answer from Odoo; looking the orders up");
                    let why = self.unique.then(|| lost(&error));
                    let held = delivered.held();
                    self.read_back(part, why, &mut delivered).await;
                    delivered.in_doubt |= delivered.held() < held + part.len();
                }
            }
        }
        delivered
    }

    async fn call(&self, part: &[&Booking]) -> Outcome<IgnoredAny> {
        self.dialect.create(self.client, self.shop, self.session.id, part).await
    }

    /// Reads a part back. What is not there was certainly not booked if `absent` says why not;
    /// else it stays in doubt.
    async fn read_back(&self, part: &[&Booking], absent: Option<NotBooked>, delivered: &mut Delivered) {
        match self.verify(part).await {
            Ok(judged) => {
                self.write_notes(part, &judged).await;
                let sent = part.iter().zip(judged).filter_map(|(booking, judged)| {
                    let absent = || absent.clone().map(Sent::NotBooked);
                    Some((booking.key.clone(), judged.map(Sent::Held).or_else(absent)?))
                });
                delivered.sent.extend(sent);
            }
            Err(error) => delivered.stop = Some(Stop::Unavailable(error)),
        }
    }

    /// Verifies a part, after orders that Odoo itself left half done were finished.
    async fn verify(&self, part: &[&Booking]) -> Result<Vec<Option<Judged>>, CallError> {
        let held = self.dialect.look_up_finished(self.client, keys(part)).await?;
        verify(self.client, &held, self.shop, self.session, part).await
    }

    /// Puts the notes on orders whose series takes none with the order. They are a help for
    /// people: an order without one is booked all the same.
    async fn write_notes(&self, part: &[&Booking], judged: &[Option<Judged>]) {
        if self.dialect.takes_note() {
            return;
        }
        for (booking, judged) in part.iter().zip(judged) {
            let Some(Judged { verdict: Verdict::Booked(booked), .. }) = judged else { continue };
            let outcome = self.dialect.write_note(self.client, booked.pos_order_id, &booking.note).await;
            if outcome.committed().is_none() {
                tracing::warn!(order = %booking.key, pos_order = %booked.name, "the note was not written");
            }
        }
    }
}

fn keys<'b>(part: &'b [&Booking]) -> impl Iterator<Item = &'b str> + Clone {
    part.iter().map(|booking| booking.key.as_str())
}

/// The keys of a part, for the log.
fn listed(part: &[&Booking]) -> String {
    keys(part).collect::<Vec<_>>().join(" ")
}

/// The second half first: parts are taken from the end.
fn halves<'p, 'b>(part: &'p [&'b Booking]) -> [&'p [&'b Booking]; 2] {
    let (first, second) = part.split_at(part.len() / 2);
    [second, first]
}

impl Delivered {
    /// Nothing more can be sent now; this part was not booked either.
    fn stop(&mut self, part: &[&Booking], error: CallError) {
        self.free(part, &unavailable(&error));
        self.stop = Some(Stop::Unavailable(error));
    }

    fn held(&self) -> usize {
        self.sent.iter().filter(|(_, sent)| matches!(sent, Sent::Held(_))).count()
    }

    fn free(&mut self, part: &[&Booking], why: &NotBooked) {
        self.sent.extend(keys(part).map(|key| (key.to_owned(), Sent::NotBooked(why.clone()))));
    }

    fn refuse(&mut self, part: &[&Booking], refusal: &Refusal) {
        self.sent.extend(keys(part).map(|key| (key.to_owned(), Sent::Refused(refusal.clone()))));
    }
}

/// The order was not booked, for a reason that completes the sentence.
pub(super) fn not_booked(because: impl Display) -> NotBooked {
    NotBooked {
        why: Refusal::new(
            Code::OdooUnavailable,
            text!("Odoo did not take the order: {because}.", because = because.to_string()),
            text!("Nothing to do: it is tried again by itself."),
        ),
        asked_wait: None,
    }
}

/// Odoo takes nothing at the moment.
pub(super) fn unavailable(error: &CallError) -> NotBooked {
    NotBooked { asked_wait: error.retry_after(), ..not_booked(error) }
}

/// The answer was lost, and a look-up found nothing.
fn lost(error: &CallError) -> NotBooked {
    let because = format!("it gave no clear answer ({error}) and does not hold the order");
    NotBooked { asked_wait: error.retry_after(), ..not_booked(because) }
}

fn race() -> NotBooked {
    not_booked("it was busy with the same records, and gave way to others each time it tried")
}

/// Whether the server, or a proxy before it, takes no request of this size.
fn is_too_large(error: &CallError) -> bool {
    error.failure().is_some_and(|failure| failure.kind == FailureKind::Status(413))
}

fn refusal(fault: &Fault) -> Refusal {
    if let Some(refusal) = invoices::refusal(fault) {
        return refusal;
    }
    Refusal::new(
        Code::OdooRefused,
        text!("Odoo refused the order: {fault}", fault = fault.message()),
        text!("Put it right in Odoo. {again}", again = again()),
    )
}

fn too_large(error: &CallError) -> Refusal {
    Refusal::new(
        Code::OdooRefused,
        text!(
            "The order alone is larger than what Odoo, or a proxy before it, takes: {error}.",
            error = error.to_string()
        ),
        text!("Raise the limit there (nginx: client_max_body_size). {again}", again = again()),
    )
}

fn unsendable(error: &EncodeError) -> Refusal {
    Refusal::new(
        Code::OdooRefused,
        text!("The order cannot be sent to Odoo: {error}.", error = error.to_string()),
        text!("Correct it at its source. {again}", again = again()),
    )
}

/// What happens to an order that Odoo refused.
fn again() -> Text {
    text!(
        "The order is sent again when that changes what is sent, and now and then besides; at once by: tillbridge orders retry ID."
    )
}
