//! How far long work is, said now and then.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::printer::Printer;

const EVERY: Duration = Duration::from_secs(3);

/// Says how far work is, not more often than people want to read it; nothing of short work.
pub(super) struct Teller<'a> {
    printer: &'a Printer,
    told: Mutex<Instant>,
}

impl<'a> Teller<'a> {
    /// Work that begins now.
    pub fn new(printer: &'a Printer) -> Self {
        Self { printer, told: Mutex::new(Instant::now()) }
    }

    /// It is so far.
    pub fn tell(&self, text: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= EVERY {
            *told = Instant::now();
            self.printer.note(text);
        }
    }
}
