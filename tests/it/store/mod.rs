//! The store: every backend under one suite, and what only one of them can suffer.

mod conformance;
mod faults;
mod postgres;
mod sqlite;
mod two_sidecars;
mod year;
