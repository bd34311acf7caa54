//! Whether the service is alive, and whether it can do its work.
//!
//! Alive: its loops go round. What is not alive does not come back by itself, so a supervisor may
//! start the service anew. Ready: the store, Odoo and the configuration are there. What is not
//! ready is waited for, and a new start would not bring it.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::vitals::Signs;

/// The loop goes round once a second.
const ROUND: Duration = Duration::from_secs(60);
/// It may wait for Odoo so long: some calls, each with Odoo's own time limit.
const ANSWER: Duration = Duration::from_secs(15 * 60);
/// Nobody keeps the turn to write longer than a moment.
const TURN: Duration = Duration::from_secs(60);

/// The answer to a probe.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Health {
    /// All checks are in order.
    pub ok: bool,
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    pub name: &'static str,
    pub ok: bool,
    /// Why not, or what is there.
    pub reason: String,
}

impl Check {
    fn new(name: &'static str, trouble: Option<String>, fine: &str) -> Self {
        Self { name, ok: trouble.is_none(), reason: trouble.unwrap_or_else(|| fine.to_owned()) }
    }
}

impl Health {
    fn of(checks: Vec<Check>) -> Self {
        Self { ok: checks.iter().all(|check| check.ok), checks }
    }

    /// Whether the service's loops go round.
    pub fn alive(signs: &Signs, now: Instant) -> Self {
        let seconds = |since: Instant| now.saturating_duration_since(since).as_secs();
        let beyond = |since: Instant, limit: Duration| now.saturating_duration_since(since) > limit;
        let round = match signs.asking {
            // It ends within a minute and a half by itself.
            _ if signs.stopping => None,
            Some(since) if beyond(since, ANSWER) => {
                Some(format!("It has been waiting for Odoo for {} s.", seconds(since)))
            }
            None if beyond(signs.round, ROUND) => {
                Some(format!("It has not gone round for {} s.", seconds(signs.round)))
            }
            _ => None,
        };
        let turn = beyond(signs.turn, TURN)
            .then(|| format!("The store has not given the turn to write for {} s.", seconds(signs.turn)));
        let keeper = signs.keeper_gone.then(|| "The task that renews leases ended.".to_owned());
        Self::of(vec![
            Check::new("loop", round, "It goes round."),
            Check::new("store_writer", turn, "It takes turns."),
            Check::new("leases", keeper, "They are renewed."),
        ])
    }

    /// Whether the service can do its work.
    pub fn ready(signs: &Signs) -> Self {
        let stopping = signs.stopping.then(|| "It was told to end.".to_owned());
        let configuration = match &signs.syncs {
            None => Check::new("configuration", Some("It was not read yet.".to_owned()), ""),
            Some(syncs) => {
                let active = syncs.iter().filter(|sync| sync.active).count();
                Check::new("configuration", None, &format!("{active} of {} syncs are active.", syncs.len()))
            }
        };
        Self::of(vec![
            Check::new("service", stopping, "It runs."),
            Check::new("store", signs.store.clone(), "It can be used."),
            Check::new("odoo", signs.odoo.clone(), "It is logged in."),
            configuration,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::super::vitals::Vitals;
    use super::*;

    fn failing(health: &Health) -> Vec<&'static str> {
        let failing: Vec<_> =
            health.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
        assert_eq!(health.ok, failing.is_empty());
        failing
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_go_round_is_named() {
        let vitals = Vitals::default();
        let alive = || Health::alive(&vitals.signs(), Instant::now());
        let pass = async |seconds| tokio::time::advance(Duration::from_secs(seconds)).await;
        assert!(failing(&alive()).is_empty());
        pass(61).await;
        assert_eq!(failing(&alive()), ["loop", "store_writer"]);
        vitals.had_turn(false);
        vitals.beat();
        assert!(failing(&alive()).is_empty());
        vitals.asks(true);
        pass(600).await;
        vitals.had_turn(false);
        assert!(failing(&alive()).is_empty(), "Odoo may take its time");
        pass(301).await;
        vitals.had_turn(true);
        let stuck = alive();
        assert_eq!(failing(&stuck), ["loop", "leases"]);
        assert!(stuck.checks[0].reason.contains("waiting for Odoo for 901 s"), "{stuck:?}");
        vitals.asks(false);
        assert_eq!(failing(&alive()), ["leases"]);
    }

    #[test]
    fn it_is_ready_with_store_odoo_and_configuration() {
        let vitals = Vitals::default();
        let ready = || Health::ready(&vitals.signs());
        assert_eq!(failing(&ready()), ["odoo", "configuration"]);
        vitals.here(&[], true);
        assert!(failing(&ready()).is_empty());
        vitals.away(&"Odoo at http://odoo.example.com refused the connection");
        vitals.store(Some("the disk is full".to_owned()));
        assert_eq!(failing(&ready()), ["store", "odoo"], "the configuration is still known");
        vitals.here(&[], true);
        vitals.store(None);
        vitals.stops();
        assert_eq!(failing(&ready()), ["service"]);
    }
}
