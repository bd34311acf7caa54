//! Sending bookings: in batches, each one transaction in Odoo; a faulty order is isolated
//! by bisecting, so that the rest of its batch is booked.

use serde::de::IgnoredAny;

use crate::booking::Booking;
use crate::odoo::{CallError, Client, Fault, Outcome};
use crate::order::{Code, Refusal};
use crate::shop::Shop;
use crate::store::Verdict;

use super::invoices;
use super::report::PassError;
use super::series::{Dialect, exists_already, session_closed};
use super::session::OpenSession;
use super::verify::verify;

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
    /// By key. A key without a verdict is in doubt: it stays *sending* and is looked up
    /// before anything is sent again.
    pub verdicts: Vec<(String, Verdict)>,
    /// Why the pass should stop, if it should.
    pub stop: Option<Stop>,
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
            if delivered.stop.is_some() {
                free(part, &mut delivered);
                continue;
            }
            match self.call(part).await {
                Outcome::Committed(_) => self.read_back(part, false, &mut delivered).await,
                Outcome::Refused(fault) if exists_already(&fault) => {
                    // Somebody else's copy of the same request won: whatever is not there
                    // yet was rolled back with this one.
                    self.read_back(part, true, &mut delivered).await;
                }
                Outcome::Refused(fault) if session_closed(&fault) => {
                    delivered.stop = Some(Stop::SessionClosed);
                    free(part, &mut delivered);
                }
                // Half the orders take half the time, in which fewer others come between.
                Outcome::Refused(fault) if fault.is_transient() && part.len() > 1 => {
                    tracing::warn!(%fault, orders = part.len(), "Odoo was busy; sending them in halves");
                    parts.extend(halves(part));
                }
                Outcome::Refused(fault) if fault.is_transient() => {
                    delivered.stop = Some(Stop::Unavailable(fault.into()));
                    free(part, &mut delivered);
                }
                Outcome::Refused(fault) => match part {
                    [] => {}
                    [one] => delivered.verdicts.push((one.key.clone(), Verdict::Refused(refusal(&fault)))),
                    _ => parts.extend(halves(part)),
                },
                Outcome::NotSent(error) => {
                    delivered.stop = Some(Stop::Unavailable(error));
                    free(part, &mut delivered);
                }
                Outcome::Unknown(error) => {
                    tracing::warn!(%error, orders = part.len(), "no clear answer from Odoo; looking the orders up");
                    self.read_back(part, self.unique, &mut delivered).await;
                }
            }
        }
        delivered
    }

    async fn call(&self, part: &[&Booking]) -> Outcome<IgnoredAny> {
        self.dialect.create(self.client, self.shop, self.session.id, part).await
    }

    /// Reads a part back. `absent_is_free`: what is not there was certainly not booked and
    /// may be sent again.
    async fn read_back(&self, part: &[&Booking], absent_is_free: bool, delivered: &mut Delivered) {
        match self.verify(part).await {
            Ok(verdicts) => {
                self.write_notes(part, &verdicts).await;
                for (booking, verdict) in part.iter().zip(verdicts) {
                    match verdict {
                        Some(verdict) => delivered.verdicts.push((booking.key.clone(), verdict)),
                        None if absent_is_free => {
                            delivered.verdicts.push((booking.key.clone(), Verdict::NotSent));
                        }
                        None => {}
                    }
                }
            }
            Err(error) => delivered.stop = Some(Stop::Unavailable(error)),
        }
    }

    /// Verifies a part, after orders that Odoo itself left half done were finished.
    async fn verify(&self, part: &[&Booking]) -> Result<Vec<Option<Verdict>>, CallError> {
        let mut held = self.dialect.look_up(self.client, keys(part)).await?;
        let left: Vec<_> = held.values().filter(|held| self.dialect.was_left_in_draft(held)).collect();
        if !left.is_empty() {
            tracing::warn!(orders = left.len(), "Odoo left paid orders in draft; finishing them");
            // Whatever becomes of it, the orders are read again.
            let _ = self.dialect.finish(self.client, self.session.id, &left).await;
            held = self.dialect.look_up(self.client, keys(part)).await?;
        }
        verify(self.client, &held, self.shop, self.session, part).await
    }

    /// Puts the notes on orders whose series takes none with the order. They are a help for
    /// people: an order without one is booked all the same.
    async fn write_notes(&self, part: &[&Booking], verdicts: &[Option<Verdict>]) {
        if self.dialect.takes_note() {
            return;
        }
        for (booking, verdict) in part.iter().zip(verdicts) {
            let Some(Verdict::Booked(booked)) = verdict else { continue };
            let outcome = self.dialect.write_note(self.client, booked.pos_order_id, &booking.note).await;
            if outcome.committed().is_none() {
                tracing::warn!(order = %booking.key, pos_order = %booked.name, "the note was not written");
            }
        }
    }
}

fn keys<'b>(part: &'b [&Booking]) -> impl Iterator<Item = &'b str> {
    part.iter().map(|booking| booking.key.as_str())
}

/// The second half first: parts are taken from the end.
fn halves<'p, 'b>(part: &'p [&'b Booking]) -> [&'p [&'b Booking]; 2] {
    let (first, second) = part.split_at(part.len() / 2);
    [second, first]
}

fn free(part: &[&Booking], delivered: &mut Delivered) {
    delivered.verdicts.extend(part.iter().map(|booking| (booking.key.clone(), Verdict::NotSent)));
}

fn refusal(fault: &Fault) -> Refusal {
    if let Some(refusal) = invoices::refusal(fault) {
        return refusal;
    }
    Refusal::new(
        Code::OdooRefused,
        format!("Odoo refused the order: {}", fault.message()),
        "Put it right in Odoo; the order is tried again in every pass.",
    )
}
