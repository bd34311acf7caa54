//! How far the passes under way are, for those who wait for them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::order::Text;
use crate::store::State;
use crate::text;

/// How far a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading from the source: so many orders so far.
    Fetching(u64),
    /// Planning and sending what the inbox holds.
    Settling {
        /// Orders that a verdict was found on.
        done: u64,
        /// Orders that were there at the beginning; a few may come and go meanwhile.
        of: u64,
    },
}

impl Step {
    /// The same, for people.
    pub fn text(self) -> Text {
        match self {
            Self::Fetching(0) => text!("Asking the source for orders."),
            Self::Fetching(orders) => text!("{orders} orders read from the source so far.", orders),
            Self::Settling { done, of } => text!("{done} of about {of} orders done.", done, of),
        }
    }

    /// Percent of the orders settled, below 100: the pass itself says when it is done.
    pub fn percent(self) -> u32 {
        match self {
            Self::Settling { done, of } if of > 0 => {
                u32::try_from((done * 100 / of).min(99)).unwrap_or_default()
            }
            _ => 0,
        }
    }
}

/// The steps of the passes under way, by sync.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<HashMap<String, Step>>);

impl Progress {
    pub fn of(&self, sync: &str) -> Option<Step> {
        self.lock().get(sync).copied()
    }

    /// Whether a pass is under way.
    pub fn any(&self) -> bool {
        !self.lock().is_empty()
    }

    /// A pass begins.
    pub fn begin(&self, sync: &str) {
        self.lock().insert(sync.to_owned(), Step::Fetching(0));
    }

    /// So many orders were read so far. Once some are being settled, that is the step.
    pub fn fetched(&self, sync: &str, orders: u64) {
        if let Some(Step::Fetching(so_far)) = self.lock().get_mut(sync) {
            *so_far = orders;
        }
    }

    /// An order came while those before it are being settled already.
    pub fn added(&self, sync: &str) {
        if let Some(Step::Settling { of, .. }) = self.lock().get_mut(sync) {
            *of = of.saturating_add(1);
        }
    }

    /// What the inbox holds is being settled: `counts` by state.
    pub fn settling(&self, sync: &str, counts: &[(State, u64)]) {
        let open = |state: &State| matches!(state, State::Ready | State::Refused | State::Retrying);
        let left: u64 = counts.iter().filter(|(state, _)| open(state)).map(|(_, count)| count).sum();
        let mut steps = self.lock();
        let done = match steps.get(sync) {
            Some(Step::Settling { done, .. }) => *done,
            _ => 0,
        };
        steps.insert(sync.to_owned(), Step::Settling { done, of: done + left });
    }

    /// So many more orders are settled.
    pub fn settled(&self, sync: &str, orders: usize) {
        if let Some(Step::Settling { done, of }) = self.lock().get_mut(sync) {
            *done = done.saturating_add(orders as u64).min(*of);
        }
    }

    pub fn end(&self, sync: &str) {
        self.lock().remove(sync);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Step>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_followed_from_its_first_page_to_its_last_order() {
        let progress = Progress::default();
        let said = || progress.of("S").map(|step| (step.percent(), step.text().to_string()));
        progress.settled("S", 3);
        assert_eq!(said(), None);
        progress.begin("S");
        assert_eq!(said(), Some((0, "Asking the source for orders.".into())));
        progress.fetched("S", 240);
        progress.settled("S", 3);
        assert_eq!(said(), Some((0, "240 orders read from the source so far.".into())));
        progress.settling("S", &[(State::Ready, 490), (State::Refused, 10), (State::Booked, 9_000)]);
        progress.fetched("S", 300);
        progress.settled("S", 100);
        progress.settled("S", 20);
        assert_eq!(said(), Some((24, "120 of about 500 orders done.".into())));
        progress.settling("S", &[(State::Ready, 480)]);
        assert_eq!(said(), Some((20, "120 of about 600 orders done.".into())), "more came meanwhile");
        progress.settled("S", 900);
        assert_eq!(said(), Some((99, "600 of about 600 orders done.".into())));
        progress.added("S");
        assert_eq!(said(), Some((99, "600 of about 601 orders done.".into())), "one more came meanwhile");
        progress.end("S");
        assert_eq!(said(), None);
    }
}
