//! The log on stderr: text or JSON lines.
//!
//! One rule for levels, everywhere:
//!
//! | level | what it says | who |
//! |---|---|---|
//! | error | a person must act on the service itself, or nothing goes on | operators, at once |
//! | warn | an order or a sync needs a person, or something works worse than it should | somebody, today |
//! | info | what happened, per pass and per connection, never per order | who follows the service |
//! | debug | what happened to each order | who looks for one |
//! | trace | what went over the wire: sizes and times, never content or keys | who mends tillbridge |
//!
//! A line about an order has its key as `order` (lines about a request with several: `orders`);
//! lines of a pass have its `sync`, and of a shop in it the `shop`, by their spans.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use super::Global;

/// Form of the log.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// Warnings by default, for a service also what it does; `RUST_LOG` overrides all.
pub(super) fn init(global: &Global, is_service: bool) {
    let level = match global.verbose {
        0 if !is_service => "warn",
        0 => "info",
        1 if !is_service => "info",
        1 => "debug",
        2 if !is_service => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("tillbridge={level},warn")));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    match global.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}
