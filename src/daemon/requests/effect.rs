//! What a draft of a sync's configuration would change: asked in Odoo, worked out beside the
//! passes.

use std::sync::Arc;

use chrono::Days;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::config::Sync;
use crate::daemon::connection::Connected;
use crate::daemon::service::Service;
use crate::exchange::{Sentences, drafted};
use crate::odoo::Client;
use crate::order::Text;
use crate::store::StoreError;
use crate::sync::{Affected, Effect, Engine, Group, PassError, Said, Span};
use crate::text;

use super::ask::Drafted;
use super::desk::Asker;
use super::outcome::{Outcome, Reply, beside};

/// Orders of each kind that the answer spells out.
const SHOWN: usize = 100;
/// Days of booked orders that are looked at, at most.
const MOST_DAYS: u64 = 90;

impl Service {
    /// Plans under a draft, which is kept nowhere.
    pub(super) async fn effect(
        &mut self,
        asker: Asker,
        sync: Sync,
        asked: Drafted,
    ) -> Result<(), StoreError> {
        let Some(Connected { client, .. }) = &self.connected else { return Ok(()) };
        let draft = match drafted(&sync, asked.draft, &self.config.secrets) {
            Ok(draft) => draft,
            Err(problem) => return self.end_request(asker, Outcome::Refused(problem)).await,
        };
        let days = asked.days.clamp(1, MOST_DAYS);
        let (engine, client) = (Arc::clone(&self.engine), client.clone());
        let (said, what) = watch::channel(text!("Planning the orders by the change."));
        self.do_beside(asker, what, async move {
            let say = |text: Text| {
                said.send_replace(text);
            };
            match weigh(&engine, &client, &sync, &draft, days, &say).await {
                Ok(effect) => Outcome::Reply(reply(&effect)),
                Err(error) => Outcome::Refused(error.said()),
            }
        });
        Ok(())
    }
}

/// The effect on what is open and what was booked in the last days, today among them.
async fn weigh(
    engine: &Engine,
    client: &Client,
    sync: &Sync,
    draft: &Sync,
    days: u64,
    say: Said<'_>,
) -> Result<Effect, PassError> {
    let today = Span::today(sync, engine.now());
    let span = Span { from: today.checked_sub_days(Days::new(days - 1)).unwrap_or(today), to: today };
    engine.effect(client, sync, draft, span, say).await
}

/// As Odoo is told: what is absent is empty, amounts are texts.
fn reply(effect: &Effect) -> Reply {
    let result = json!({
        "from": effect.from.to_string(),
        "to": effect.to.to_string(),
        "open": effect.open,
        "booked": effect.booked,
        "forgotten": effect.forgotten,
        "beyond": effect.beyond,
        "cured": group(&effect.cured),
        "refused": group(&effect.refused),
        "differing": group(&effect.differing),
        "still": group(&effect.still),
    });
    Reply { ok: true, message: effect.text(), result }
}

fn group(group: &Group) -> Value {
    let sums: Vec<Value> = group
        .sums
        .iter()
        .map(|(currency, sum)| json!({"currency": currency, "total": sum.total.to_string(), "tax": sum.tax.to_string()}))
        .collect();
    let keys: Vec<&str> = group.orders.iter().map(|order| order.key.as_str()).collect();
    let orders: Vec<Value> = group.orders.iter().take(SHOWN).map(shown).collect();
    json!({"count": keys.len(), "sums": sums, "keys": keys, "orders": orders})
}

fn shown(order: &Affected) -> Value {
    let total =
        |total: Option<_>| total.map(|total: rust_decimal::Decimal| total.to_string()).unwrap_or_default();
    let reason = order.reason.as_ref();
    let row = json!({
        "id": order.id,
        "key": order.key,
        "was": total(order.was),
        "now": total(order.now),
        "currency": order.currency,
        "code": reason.map_or("", |reason| reason.code.as_str()),
    });
    let message = reason.map(|reason| reason.message.clone()).unwrap_or_default();
    let fix = reason.map(|reason| reason.fix.clone()).unwrap_or_default();
    let said = Sentences::new([("message", message), ("fix", fix)]);
    beside(row, said.with_lines("differences", order.differences.iter().cloned()))
}
