//! tillbridge turns the completed sales of any external order system into paid
//! Odoo Point of Sale orders: exactly once, to the cent, explained.
//!
//! # The way of an order
//!
//! ```text
//! source ──pages──▶ inbox ──ready?──▶ book(order, shop) ──Booking──▶ batch ──RPC──▶ Odoo
//!   fetch, auth,     raw, durable,     pure, decimal:                 one transaction,
//!   paging, cursor   dedupe by key     products, payments,            bisect on a fault,
//!                    waiting/ready     taxes, totals                  verify by key
//!                         ▲                  │ Refusal                     │ Outcome
//!                         └──────────────────┴── outcome, steps, next try ──▶ orders in Odoo
//! ```
//!
//! # Where to look
//!
//! | module | what it knows |
//! |---|---|
//! | [`order`] | the canonical order, its identity, the sentences for people (`text`), and the readers of external formats; no I/O |
//! | [`booking`] | order × shop → booking or refusal: products, payments, taxes, totals; no I/O |
//! | [`shop`] | what Odoo knows about one shop (`pos.config`), and how it is read |
//! | [`odoo`] | XML-RPC and JSON-2, faults, the client, the outcome of a write |
//! | [`source`] | fetches pages of raw orders over HTTP or from files |
//! | [`store`] | the durable inbox, cursors, attempts, outcomes, decisions and leases, in SQLite or PostgreSQL |
//! | [`sync`] | collect, settle, sessions: the engine that joins the above, one pass at a time; beside it what only looks (preview, replay, effect, completeness) and what ages out (retention); `series` has what differs between Odoo 14 and 19 |
//! | [`exchange`] | the conversation with the addon: configuration, requests, reports, decisions, days compared; in `orders`, each order and its steps; in `sentences`, how what is said travels |
//! | [`doctor`] | what must be in order before a sync can run, check by check |
//! | [`daemon`] | the service: schedule, requests of people, telling Odoo of orders beside the passes, clean stop |
//! | [`config`] | `tillbridge.toml` and the syncs kept in Odoo, as one type |
//! | [`cli`] | the commands, their output and exit codes |
//! | [`http`], [`clock`], [`host`] | the one constructor of HTTP clients; where time comes from; the machine |
//! | [`metrics`] | what the process counts, for Prometheus |
//!
//! Start reading at `sync/engine.rs`: one pass is `collect` and, beside it, `settle`, which
//! plans (`plan`, with `booking::book`), sends (`send`, `deliver`) and judges (`verify`).
//!
//! Dependencies point one way:
//! `cli → daemon → doctor → exchange → sync → {source, booking, shop, odoo, store} → order`.
//!
//! What is logged at which level is one rule, in `cli/log.rs`.
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
pub mod doctor;
pub mod exchange;
pub mod host;
pub mod http;
pub mod metrics;
pub mod odoo;
pub mod order;
pub mod shop;
pub mod source;
pub mod store;
pub mod sync;
