//! The fault table.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard};

use super::fault::Fault;

/// What became of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stands once, with its total.
    Right,
    /// It stands nowhere.
    Lost,
    /// It stands more than once.
    Duplicated,
    /// It stands once, with other figures.
    Wrong,
}

/// How often each fault was injected, and into which orders.
#[derive(Debug, Default)]
pub struct Tally {
    rows: Mutex<BTreeMap<Fault, Row>>,
}

#[derive(Debug, Default)]
struct Row {
    /// All in all.
    injected: usize,
    /// Of these, while orders were on their way.
    with_orders: usize,
    /// The references of those orders.
    orders: BTreeSet<String>,
}

impl Tally {
    /// Counts a fault that was injected, with the orders that were on their way.
    pub fn count(&self, fault: Fault, orders: &[String]) {
        let mut rows = self.lock();
        let row = rows.entry(fault).or_default();
        row.injected += 1;
        row.with_orders += usize::from(!orders.is_empty());
        row.orders.extend(orders.iter().cloned());
    }

    /// Counts one that met no order, so many times.
    pub fn count_times(&self, fault: Fault, times: usize) {
        if times > 0 {
            self.lock().entry(fault).or_default().injected += times;
        }
    }

    /// How often a fault was injected.
    pub fn injected(&self, fault: Fault) -> usize {
        self.lock().get(&fault).map_or(0, |row| row.injected)
    }

    /// How many faults were injected while orders were on their way.
    pub fn with_orders(&self) -> usize {
        self.lock().values().map(|row| row.with_orders).sum()
    }

    /// The table, for people.
    pub fn table(&self, fates: &HashMap<String, Fate>) -> String {
        let mut text = format!(
            "{:<30} {:>8} {:>11} {:>6}   lost / duplicated / wrong\n",
            "fault", "injected", "with orders", "orders"
        );
        for (fault, row) in self.lock().iter() {
            let became = |fate| row.orders.iter().filter(|&order| fates.get(order) == Some(&fate)).count();
            let _ = writeln!(
                text,
                "{:<30} {:>8} {:>11} {:>6}   {} / {} / {}",
                fault.to_string(),
                row.injected,
                row.with_orders,
                row.orders.len(),
                became(Fate::Lost),
                became(Fate::Duplicated),
                became(Fate::Wrong)
            );
        }
        text
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Fault, Row>> {
        self.rows.lock().expect("no test failed while holding it")
    }
}
