//! What must hold at every moment, whatever happens (`stands`), and what once the faults have
//! stopped and the backlog is drained (`check`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rust_decimal::Decimal;
use tillbridge::order::Code;
use tillbridge::store::{Filter, Item, State, Store};

use super::server::Fake;
use super::store::at_once;
use super::world::HeldOrder;

/// What must come of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Every total under which it was ever shown, the newest last.
    pub totals: Vec<Decimal>,
    /// Odoo does not take it: it must be shown as refused, and not be there.
    pub refused: bool,
    /// A sale that was cancelled, of which a store that was put back never knew that it was
    /// booked: Odoo holds it, and the store may leave it out.
    pub forgotten: bool,
    /// The refund of such a sale: it may be missing, and where it was booked the store need not
    /// know it.
    pub optional: bool,
}

/// What is wanted, by `pos_reference` and with the canonical key.
pub type All = BTreeMap<String, (String, Wanted)>;

/// Fails with every invariant that is broken.
pub fn check(fake: &Fake, store: &dyn Store, wanted: &All) -> Result<(), String> {
    let mut broken = Vec::new();
    let items: BTreeMap<String, Item> = at_once(store.list(&Filter::default()))
        .map_err(|error| error.to_string())?
        .into_iter()
        .map(|item| (item.key.clone(), item))
        .collect();
    let orders = fake.orders();
    for (reference, (key, wanted)) in wanted {
        let held: Vec<_> = orders.iter().filter(|order| order.reference == *reference).collect();
        let item = items.get(key);
        let state = item.map(|item| item.state);
        if wanted.refused {
            if !held.is_empty() || state != Some(State::Refused) {
                broken.push(format!("{reference}: to be refused, is {state:?} with {} orders", held.len()));
            }
            continue;
        }
        let is_left_out = state.is_none_or(|state| state == State::Skipped);
        if wanted.optional && held.is_empty() && is_left_out {
            continue;
        }
        let [order] = held.as_slice() else {
            broken
                .push(format!("{reference}: {} orders instead of one; the store says {state:?}", held.len()));
            continue;
        };
        if !matches!(order.state.as_str(), "paid" | "done") {
            broken.push(format!("{reference}: it is {}", order.state));
        }
        if !wanted.totals.contains(&order.total) || order.paid != order.total || order.lines != order.total {
            broken.push(format!(
                "{reference}: total {}, paid {}, lines {}; wanted one of {:?}",
                order.total, order.paid, order.lines, wanted.totals
            ));
        }
        if fake.kind.stock_at_once && order.pickings != 1 {
            broken.push(format!("{reference}: {} pickings", order.pickings));
        }
        broken.extend(judge(reference, item, order.id, order.total, wanted));
    }
    let known: BTreeSet<&String> = wanted.keys().collect();
    for order in orders.iter().filter(|order| !known.contains(&order.reference)) {
        broken.push(format!("nobody asked for {order:?}"));
    }
    let mut open = fake.open_sessions();
    if fake.kind.series == 14 {
        // What a race has opened too much cannot be taken back before 18; it must stay empty.
        open.retain(|session| orders.iter().any(|order| order.session == *session));
    }
    if open.len() > 1 {
        broken.push(format!("{} sessions are open: {open:?}", open.len()));
    }
    for item in items.values() {
        let is_held = |id: i64| orders.iter().any(|order| order.id == id);
        if item.booked.as_ref().is_some_and(|booked| !is_held(booked.pos_order_id)) {
            broken.push(format!("{}: the store says booked, Odoo holds nothing", item.key));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

/// Fails with what must not be even for a moment.
///
/// No order stands twice, none without the sale it gives back, and nobody is let down: booked
/// is what Odoo holds, paid, with that total, and with its stock moved unless a warning says so; only
/// what Odoo does not take is refused by it; what is tried again waits longer each time.
pub fn stands(fake: &Fake, store: &dyn Store, wanted: &All) -> Result<(), String> {
    let mut broken = Vec::new();
    let orders = fake.orders();
    let by_id: BTreeMap<i64, &HeldOrder> = orders.iter().map(|order| (order.id, order)).collect();
    let by_reference: BTreeMap<&str, &HeldOrder> =
        orders.iter().map(|order| (order.reference.as_str(), order)).collect();
    if by_reference.len() != orders.len() {
        let references: Vec<_> = orders.iter().map(|order| (&order.reference, order.id)).collect();
        broken.push(format!("some stand more than once: {references:?}"));
    }
    for order in &orders {
        let Some((sale, _)) = order.reference.rsplit_once("/R") else { continue };
        let sold_before = by_reference.get(sale).is_some_and(|sale| sale.id < order.id);
        if !sold_before || !order.linked {
            broken.push(format!("{sale} is given back without its sale: {order:?}"));
        }
    }
    let refused: BTreeSet<&str> =
        wanted.values().filter(|(_, wanted)| wanted.refused).map(|(key, _)| key.as_str()).collect();
    for item in at_once(store.list(&Filter::default())).map_err(|error| error.to_string())? {
        let code = item.reason.as_ref().map(|reason| reason.code);
        if item.state == State::Refused && code == Some(Code::OdooRefused) && !refused.contains(&*item.key) {
            broken.push(format!("{} is refused: {:?}", item.key, item.reason));
        }
        if item.state == State::Retrying && code == Some(Code::OdooUnavailable) {
            let doubled = TimeDelta::seconds(5) * 2_i32.pow(item.attempts.clamp(1, 7) - 1);
            let waits = item.next_try_at.unwrap_or_default() - item.changed_at;
            if waits < doubled.min(TimeDelta::minutes(5)) {
                broken.push(format!("{} waits {waits} after {} attempts", item.key, item.attempts));
            }
        }
        let Some(booked) = &item.booked else { continue };
        let Some(order) = by_id.get(&booked.pos_order_id) else {
            broken.push(format!("{} is called booked, and Odoo does not hold it", item.key));
            continue;
        };
        let is_paid = matches!(order.state.as_str(), "paid" | "done");
        if !is_paid || order.total != booked.total || order.paid != booked.total {
            broken.push(format!("{} is called booked with {}: {order:?}", item.key, booked.total));
        }
        if fake.kind.stock_at_once && !order.moved && booked.warnings.is_empty() {
            broken.push(format!("{}: its stock was not moved, and nobody says so", item.key));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

/// What the store says of an order that Odoo holds.
fn judge(reference: &str, item: Option<&Item>, id: i64, total: Decimal, wanted: &Wanted) -> Option<String> {
    let newest = wanted.totals.last().copied().unwrap_or_default();
    let Some(item) = item else {
        return (!wanted.optional).then(|| format!("{reference}: the store does not know it"));
    };
    let booked = item.booked.as_ref().map(|booked| (booked.pos_order_id, booked.total));
    match item.state {
        State::Booked if booked == Some((id, total)) && total == newest => None,
        // It changed at its source after it was booked, and that is shown.
        State::Conflict if booked == Some((id, total)) => None,
        State::Refused if total != newest => None,
        State::Skipped if wanted.forgotten => None,
        state => Some(format!(
            "{reference}: the store says {state:?} {booked:?} {:?}; Odoo holds {id} with {total}, the source shows {newest}",
            item.reason.as_ref().map(|reason| &reason.message)
        )),
    }
}

/// What is still to be done, by the store: must become nothing.
pub fn backlog(store: &dyn Store) -> Vec<String> {
    let filter = Filter {
        states: BTreeSet::from([State::Ready, State::Sending, State::Retrying, State::Waiting]),
        ..Filter::default()
    };
    let items = at_once(store.list(&filter)).expect("the store can be read");
    items.into_iter().map(|item| format!("{} {:?}", item.key, item.state)).collect()
}
