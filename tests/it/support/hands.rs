//! A clock that is put forward and back by hand, and goes on from there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tillbridge::clock::Clock;
use tillbridge::config::Config;
use tillbridge::store::{SqliteStore, Store};
use tillbridge::sync::{Engine, EngineSettings};

/// How far its hands are ahead of the time, and whether those of Odoo are as well.
#[derive(Debug, Clone, Default)]
pub struct Hands {
    ahead: Arc<Mutex<TimeDelta>>,
    odoo_too: bool,
}

impl Hands {
    /// As if the time itself were another one, for Odoo too.
    pub fn at(now: DateTime<Utc>) -> Self {
        let hands = Self { odoo_too: true, ..Self::default() };
        hands.put_at(now);
        hands
    }

    /// Puts them so far ahead of the time.
    pub fn put(&self, ahead: TimeDelta) {
        *self.ahead.lock().expect("nobody failed") = ahead;
    }

    /// Puts them to a time.
    pub fn put_at(&self, now: DateTime<Utc>) {
        self.put(now - Utc::now());
    }
}

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + *self.ahead.lock().expect("nobody failed")
    }

    fn ahead_of(&self, server: DateTime<Utc>) -> TimeDelta {
        if self.odoo_too { Utc::now() - server } else { self.now() - server }
    }
}

/// An engine of this process with such a clock, on the store of a configuration.
pub async fn engine(config: &Config, hands: &Hands, unknown_settle: Duration) -> (Arc<dyn Store>, Engine) {
    let path = config.store.path().expect("a file");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).await.expect("the store"));
    let settings = EngineSettings { parallel: 2, unknown_settle, allow: Vec::new() };
    let engine = Engine::new(Arc::clone(&store), Arc::new(hands.clone()), settings);
    (store, engine)
}
