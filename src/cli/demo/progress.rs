//! What a person sees while the orders are booked.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::printer::Printer;
use crate::store::{State, Store};

/// How often the inbox is looked at.
const BEAT: Duration = Duration::from_millis(250);

/// Does the work and shows meanwhile how many orders of the sync are booked: a bar at a
/// terminal, a line for each change elsewhere.
pub(super) async fn watch<T>(
    store: &dyn Store,
    sync: &str,
    printer: &Printer,
    work: impl Future<Output = T>,
) -> T {
    let bar = ProgressBar::with_draw_target(
        Some(0),
        if printer.interactive { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
    );
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {bar:40} {pos} of {len} orders booked") {
        bar.set_style(style);
    }
    let mut shown = None;
    let mut work = std::pin::pin!(work);
    let mut beat = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return done;
            }
            _ = beat.tick() => {
                // Only for show: what goes wrong with the store is the work's to report.
                let Ok(counts) = store.counts(sync).await else { continue };
                let all: u64 = counts.iter().map(|(_, count)| count).sum();
                let booked: u64 =
                    counts.iter().filter(|(state, _)| *state == State::Booked).map(|(_, count)| count).sum();
                bar.set_length(all);
                bar.set_position(booked);
                bar.tick();
                if shown != Some((booked, all)) && all > 0 && !printer.interactive {
                    printer.note(format_args!("  {booked} of {all} orders booked"));
                    shown = Some((booked, all));
                }
            }
        }
    }
}
