//! Who waits for what: the requests that were begun and have not ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use crate::order::Text;
use crate::sync::{Fetched, SyncReport};

/// Orders that are waited for are looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Who is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::daemon) enum Asker {
    /// A request in Odoo, by id.
    Odoo(i64),
    /// A request in the store, by id.
    Store(i64),
}

/// A request that waits for passes.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Task {
    /// The syncs whose passes it still waits for.
    left: BTreeSet<String>,
    /// What the others said.
    pub reports: Vec<SyncReport>,
    /// The orders that it is about; `None`: the passes themselves.
    pub orders: Option<Orders>,
    /// How these came to be known, where the source was asked for them.
    pub fetched: Option<Fetched>,
}

/// Orders that somebody waits for.
#[derive(Debug)]
pub(in crate::daemon) struct Orders {
    /// All of them, by key.
    pub keys: Vec<String>,
    /// Those that were not booked when last looked at.
    pub open: Vec<String>,
    looked: Option<Instant>,
}

impl Orders {
    pub fn new(keys: Vec<String>) -> Self {
        Self { open: keys.clone(), keys, looked: None }
    }

    /// How many are booked.
    pub fn booked(&self) -> usize {
        self.keys.len() - self.open.len()
    }
}

impl Task {
    /// Waits for passes and their reports.
    pub fn passes() -> Self {
        Self::default()
    }

    /// Waits until these orders are booked, or the passes over.
    pub fn orders(keys: Vec<String>, fetched: Option<Fetched>) -> Self {
        Self { orders: Some(Orders::new(keys)), fetched, ..Self::default() }
    }

    /// The syncs whose passes it still waits for.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(String::as_str)
    }

    /// What kept a pass from getting to its end.
    pub fn stopped(&self) -> Option<Text> {
        Some(self.reports.iter().find_map(|report| report.error.as_ref())?.said())
    }
}

/// The open requests.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Desk {
    tasks: BTreeMap<Asker, Task>,
    /// Who waits for a pass that has not begun, by sync.
    asked: HashMap<String, BTreeSet<Asker>>,
    /// Who waits for the end of the pass that runs, by sync.
    waiting: HashMap<String, BTreeSet<Asker>>,
}

impl Desk {
    /// A request that waits for the next pass over each of these syncs.
    pub fn open(&mut self, asker: Asker, mut task: Task, syncs: impl IntoIterator<Item = String>) {
        for sync in syncs {
            self.asked.entry(sync.clone()).or_default().insert(asker);
            task.left.insert(sync);
        }
        self.tasks.insert(asker, task);
    }

    /// Whether somebody asked for another pass over a sync.
    pub fn is_asked(&self, sync: &str) -> bool {
        self.asked.contains_key(sync)
    }

    /// A pass begins: those who asked for it wait for its end.
    pub fn begins(&mut self, sync: &str) {
        if let Some(askers) = self.asked.remove(sync) {
            self.waiting.insert(sync.to_owned(), askers);
        }
    }

    /// A pass ended: the requests that waited for nothing else.
    pub fn passed(&mut self, sync: &str, report: &SyncReport) -> Vec<(Asker, Task)> {
        let mut ended = Vec::new();
        for asker in self.waiting.remove(sync).unwrap_or_default() {
            let Some(task) = self.tasks.get_mut(&asker) else { continue };
            task.left.remove(sync);
            task.reports.push(report.clone());
            if task.left.is_empty() {
                ended.extend(self.tasks.remove(&asker).map(|task| (asker, task)));
            }
        }
        ended
    }

    /// The open requests.
    pub fn tasks(&self) -> impl Iterator<Item = (Asker, &Task)> {
        self.tasks.iter().map(|(asker, task)| (*asker, task))
    }

    /// Whether the pass that a request waits for has begun.
    pub fn is_begun(&self, asker: Asker, task: &Task) -> bool {
        task.left().any(|sync| self.waiting.get(sync).is_some_and(|askers| askers.contains(&asker)))
    }

    /// Requests whose orders are to be looked at now, with those that were not booked; they
    /// count as looked at.
    pub fn take_due(&mut self, now: Instant) -> Vec<(Asker, Vec<String>)> {
        let mut due = Vec::new();
        for (asker, task) in &mut self.tasks {
            let Some(orders) = &mut task.orders else { continue };
            if orders.looked.is_none_or(|looked| now.duration_since(looked) >= LOOK_EVERY) {
                orders.looked = Some(now);
                due.push((*asker, orders.open.clone()));
            }
        }
        due
    }

    /// Notes which orders of a request are not booked yet. Once all are, the request waits no
    /// longer.
    pub fn looked(&mut self, asker: Asker, open: Vec<String>) -> Option<Task> {
        let orders = self.tasks.get_mut(&asker)?.orders.as_mut()?;
        orders.open = open;
        if !orders.open.is_empty() {
            return None;
        }
        self.close(asker).map(|(task, _)| task)
    }

    /// Takes a request off, which then waits no longer. Returns it with the syncs whose passes
    /// run and nobody else waits for.
    pub fn close(&mut self, asker: Asker) -> Option<(Task, Vec<String>)> {
        let task = self.tasks.remove(&asker)?;
        let mut alone = Vec::new();
        for sync in &task.left {
            leave(&mut self.asked, sync, asker);
            if leave(&mut self.waiting, sync, asker) && !self.is_asked(sync) {
                alone.push(sync.clone());
            }
        }
        Some((task, alone))
    }

    /// Takes off every request: the service ends.
    pub fn clear(&mut self) -> Vec<Asker> {
        self.asked.clear();
        self.waiting.clear();
        std::mem::take(&mut self.tasks).into_keys().collect()
    }
}

/// Whether it was among those who wait for a sync, and the last of them.
fn leave(waiters: &mut HashMap<String, BTreeSet<Asker>>, sync: &str, asker: Asker) -> bool {
    let Some(askers) = waiters.get_mut(sync) else { return false };
    let was_there = askers.remove(&asker);
    let is_empty = askers.is_empty();
    if is_empty {
        waiters.remove(sync);
    }
    was_there && is_empty
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODOO: Asker = Asker::Odoo(1);
    const STORE: Asker = Asker::Store(1);

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn ended(desk: &mut Desk, sync: &str) -> Vec<Asker> {
        desk.passed(sync, &SyncReport::default()).into_iter().map(|(asker, _)| asker).collect()
    }

    #[test]
    fn a_request_ends_with_the_last_pass_that_began_after_it() {
        let mut desk = Desk::default();
        desk.begins("a");
        desk.open(ODOO, Task::passes(), texts(&["a", "b"]));
        assert_eq!(ended(&mut desk, "a"), [], "that one began before");
        desk.begins("a");
        desk.begins("b");
        desk.open(STORE, Task::passes(), texts(&["a"]));
        assert_eq!(ended(&mut desk, "a"), []);
        assert!(desk.is_asked("a") && !desk.is_asked("b"));
        assert_eq!(ended(&mut desk, "b"), [ODOO]);
        desk.begins("a");
        assert_eq!(ended(&mut desk, "a"), [STORE]);
        assert_eq!(desk.tasks().count(), 0);
    }

    #[test]
    fn orders_are_looked_at_now_and_then_until_all_are_booked() {
        let mut desk = Desk::default();
        desk.open(ODOO, Task::orders(texts(&["k", "l"]), None), texts(&["a"]));
        let start = Instant::now();
        assert_eq!(desk.take_due(start), [(ODOO, texts(&["k", "l"]))]);
        assert!(desk.looked(ODOO, texts(&["l"])).is_none());
        assert_eq!(desk.take_due(start + Duration::from_secs(2)), []);
        assert_eq!(desk.take_due(start + LOOK_EVERY), [(ODOO, texts(&["l"]))]);
        let (_, task) = desk.tasks().next().unwrap();
        assert_eq!(task.orders.as_ref().map(Orders::booked), Some(1));
        let task = desk.looked(ODOO, Vec::new()).unwrap();
        assert_eq!(task.orders.map(|orders| orders.booked()), Some(2));
        assert!(!desk.is_asked("a"), "nobody waits any more");
    }

    #[test]
    fn a_pass_is_ended_for_a_cancelled_request_only_where_nobody_else_waits() {
        let mut desk = Desk::default();
        desk.open(ODOO, Task::passes(), texts(&["a", "b", "c"]));
        desk.open(STORE, Task::passes(), texts(&["b"]));
        desk.begins("a");
        desk.begins("b");
        let (_, alone) = desk.close(ODOO).unwrap();
        assert_eq!(alone, ["a"], "b is awaited by another, c has not begun");
        assert!(!desk.is_asked("c"));
        assert!(desk.close(ODOO).is_none());
        assert_eq!(ended(&mut desk, "b"), [STORE]);
    }
}
