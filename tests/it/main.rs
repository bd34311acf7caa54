//! End to end: the built `tillbridge` binary between a feed on loopback and a real Odoo: 19,
//! or 14 with `TILLBRIDGE_TEST_SERIES=14`. The tests of what 19 alone has are in modules
//! named `only_on_19`; on 14 say `--skip only_on_19`, or they fail.
//!
//! One module per capability. Each has a database of its own ([`support::Database`], cloned
//! from the seeded template), each test a shop of its own, so that tests do not see each
//! other. The server is brought up by the first test that needs it (`tests/odoo/odoo up`);
//! where that cannot be done, every test fails with the reason.
//!
//! What must hold whatever happens is asked in one place, [`support::oracle`].

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::items_after_statements,
    clippy::needless_pass_by_value,
    clippy::option_option,
    clippy::struct_field_names,
    reason = "shapes of answers and short helpers, beside the one test that needs them"
)]

mod support;

mod addon;
mod adoption;
mod amounts;
mod bad_input;
mod books;
mod broken_odoo;
mod cancelled;
mod changed;
mod chaos;
mod cli_basics;
mod cli_init;
mod cli_orders;
mod closing;
mod closing_days;
mod completeness;
mod contract;
mod customers;
mod doctor;
mod examples;
mod fake_odoo;
mod fetch;
mod fuzzed;
mod identity;
mod killed;
mod late;
mod locations;
mod map;
mod matrix;
mod month;
mod observed;
mod poison;
mod preview;
mod products;
mod refunds;
mod replay;
mod reported;
mod requests;
mod restores;
mod retention;
mod session_commands;
mod sessions;
mod signals;
mod simulation;
mod store;
mod taxes;
mod transport;
mod volume;
mod waiting;
