//! The leases of a store that several processes share. PostgreSQL keeps them in a table; a file
//! knows of none, since one process at a time has it. Time is the store's own: nobody sets it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tillbridge::clock::Clock as _;
use tillbridge::store::lease::LASTS;
use tillbridge::store::{Holder, Token};

use super::clock::Told;

/// Leases by name, and under which of them orders are sent.
pub struct Shared {
    clock: Arc<Told>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: i64,
    held: BTreeMap<String, Held>,
    sent_under: HashMap<String, Token>,
}

struct Held {
    token: Token,
    holder: Holder,
    until: Duration,
}

impl Shared {
    /// None yet.
    pub fn new(clock: &Arc<Told>) -> Arc<Self> {
        Arc::new(Self { clock: Arc::clone(clock), state: Mutex::default() })
    }

    fn now(&self) -> Duration {
        self.clock.uptime().up
    }

    /// Those that last.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("no test failed while holding it");
        let now = self.now();
        state.held.retain(|_, held| held.until > now);
        state
    }

    /// Takes one, or says who has it.
    pub fn take(&self, name: &str, who: &str) -> Result<Token, Holder> {
        let mut state = self.lock();
        if let Some(held) = state.held.get(name) {
            return Err(held.holder.clone());
        }
        state.taken += 1;
        let token = Token(state.taken);
        let since = DateTime::<Utc>::UNIX_EPOCH + self.now();
        let holder = Holder { name: name.to_owned(), who: who.to_owned(), since };
        state.held.insert(name.to_owned(), Held { token, holder, until: self.now() + LASTS });
        Ok(token)
    }

    /// Renews those that last.
    pub fn renew(&self, tokens: &[Token]) -> Vec<Token> {
        let (mut state, until) = (self.lock(), self.now() + LASTS);
        let mut renewed = Vec::new();
        for held in state.held.values_mut().filter(|held| tokens.contains(&held.token)) {
            held.until = until;
            renewed.push(held.token);
        }
        renewed
    }

    /// Gives one back.
    pub fn give_back(&self, token: Token) {
        self.lock().held.retain(|_, held| held.token != token);
    }

    /// Who has those whose names begin so.
    pub fn holders(&self, beginning: &str) -> Vec<Holder> {
        let state = self.lock();
        let found = state.held.iter().filter(|(name, _)| name.starts_with(beginning));
        found.map(|(_, held)| held.holder.clone()).collect()
    }

    /// Whether it lasts.
    pub fn lasts(&self, token: Token) -> bool {
        self.lock().held.values().any(|held| held.token == token)
    }

    /// Orders are sent under it.
    pub fn pin(&self, token: Token, keys: &[String]) {
        self.lock().sent_under.extend(keys.iter().map(|key| (key.clone(), token)));
    }

    /// The lease under which an order is sent, while it lasts.
    pub fn sent_under(&self, key: &str) -> Option<Token> {
        let token = *self.lock().sent_under.get(key)?;
        self.lasts(token).then_some(token)
    }
}
