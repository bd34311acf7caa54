//! tillbridge turns the completed sales of any external order system into paid
//! Odoo Point of Sale orders: exactly once, to the cent, explained.
//!
//! # The way of an order
//!
//! ```text
//! source ──pages──▶ inbox ──ready?──▶ book(order, shop) ──Booking──▶ batch ──RPC──▶ Odoo
//!   fetch, auth,     raw, durable,     pure, decimal:                 one transaction,
//!   paging, cursor   dedupe by key     products, payments,            bisect on a fault,
//!                    waiting/ready     taxes, totals                  verify by uuid
//!                         ▲                  │ Refusal                     │ Outcome
//!                         └──────────────────┴──── outcome, next try ──────▶ status in Odoo
//! ```
//!
//! # Where to look
//!
//! | module | what it knows |
//! |---|---|
//! | [`order`] | the canonical order, its identity, and the readers of external formats; no I/O |
//! | [`booking`] | order × shop → booking or refusal: products, payments, taxes, totals; no I/O |
//! | [`shop`] | loads what Odoo knows about one shop (`pos.config`) |
//! | [`odoo`] | the XML-RPC codec, faults, the client, the outcome of a write |
//! | [`source`] | fetches pages of raw orders over HTTP or from files |
//! | [`store`] | the durable inbox, cursors, attempts and outcomes |
//! | [`sync`] | collect, settle, report: the engine that joins the above |
//! | [`config`] | `tillbridge.toml` and the syncs configured in Odoo, as one type |
//! | [`cli`] | the commands, their output and exit codes |
//!
//! Dependencies point one way: `cli → sync → {source, booking, shop, odoo, store} → order`.
//!
//! # Invariants
//!
//! 1. Every completed external order ends as exactly one `pos.order`, or as one
//!    visible item that says why not and what to do.
//! 2. The booked total equals the order's `GrandTotal` to the cent, and its payments
//!    equal its total.
//! 3. Nothing is dropped in silence.
//! 4. A crash, a lost answer, a repeated page: the invariants hold and work resumes.
//! 5. Local state never says "booked" unless Odoo does.

pub mod booking;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod exchange;
pub mod http;
pub mod odoo;
pub mod order;
pub mod shop;
pub mod source;
pub mod store;
pub mod sync;
