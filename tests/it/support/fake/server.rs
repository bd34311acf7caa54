//! Calls under way: each begins on a snapshot, works for a while, and is committed then,
//! whether or not anybody still waits for its answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use tillbridge::clock::Clock;

use super::db::{Conflict, Db, Tx, Unique};
use super::orders;
use super::orm::{Env, Refused};
use super::probe::Fault;
use super::rpc::{self, Request};
use super::schema::Schema;
use super::world::{Ids, Kind};

/// How long the client waits for an answer.
const CLIENT_WAITS: Duration = Duration::from_secs(180);

/// What somebody in between shows in place of an answer.
const PAGE: &[u8] = b"<!DOCTYPE html><html><body>Please log in to the network.</body></html>";

/// What arrives at the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The whole answer.
    Answer(Vec<u8>),
    /// Its beginning only.
    Truncated(Vec<u8>),
    /// No connection came about.
    Refused,
    /// The connection broke.
    Reset,
    /// Nothing, for longer than the client waits.
    Nothing,
    /// A proxy's page under this status.
    Status(u16),
}

/// A fake Odoo.
pub struct Fake {
    /// What it is like.
    pub kind: Kind,
    /// What it held from the start.
    pub ids: Ids,
    schema: Schema,
    unique: Arc<Vec<Unique>>,
    clock: Arc<dyn Clock>,
    /// Calls take time: for runs whose time is told.
    latency: bool,
    state: Mutex<State>,
}

struct State {
    live: Db,
    running: Vec<Running>,
    answers: HashMap<u64, Vec<u8>>,
    tickets: u64,
}

struct Running {
    ticket: u64,
    due: DateTime<Utc>,
    request: Request,
    tx: Tx,
    done: Result<Json, Refused>,
    twist: Option<Fault>,
}

impl Fake {
    /// One with its seed. `latency`: faults that last take that time, on tokio's clock.
    pub fn new(kind: Kind, clock: Arc<dyn Clock>, latency: bool) -> Arc<Self> {
        let (live, ids) = kind.seed();
        let state = State { live, running: Vec::new(), answers: HashMap::new(), tickets: 0 };
        Arc::new(Self {
            kind,
            ids,
            schema: Schema::of(kind.series, kind.addon),
            unique: Arc::new(kind.uniques()),
            clock,
            latency,
            state: Mutex::new(state),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test failed while holding it")
    }

    /// The database as it is now.
    pub fn db(&self) -> Db {
        let mut state = self.lock();
        self.settle(&mut state);
        state.live.clone()
    }

    /// Whether no call is still at work.
    pub fn is_idle(&self) -> bool {
        let mut state = self.lock();
        self.settle(&mut state);
        state.running.is_empty()
    }

    /// Does something as somebody else would, at once.
    pub fn act<T>(&self, work: impl FnOnce(&mut Env<'_>) -> T) -> T {
        let mut state = self.lock();
        self.settle(&mut state);
        let mut tx = Tx::begin(&state.live, &self.unique);
        let done = work(&mut self.env(&mut tx));
        state.live.commit(&tx).expect("nothing else is committed at this moment");
        done
    }

    fn env<'t>(&'t self, tx: &'t mut Tx) -> Env<'t> {
        Env { tx, schema: &self.schema, series: self.kind.series, now: self.clock.now() }
    }

    /// Takes a request, works for a while, and delivers what is told of the answer.
    pub async fn exchange(&self, body: &[u8], fault: Option<Fault>, work: Duration) -> Delivered {
        let request = Request::read(body);
        if request.model.is_empty() {
            return Delivered::Answer(rpc::answer(&Ok(request.common(self.kind.series))));
        }
        let wait = if let Some(Fault::Late(late)) = fault { late } else { work };
        match fault {
            Some(Fault::Refused) => return Delivered::Refused,
            Some(Fault::Reset { committed: false }) => return Delivered::Reset,
            Some(Fault::Status { status, committed: false }) => return Delivered::Status(status),
            Some(Fault::Page { committed: false }) => return Delivered::Answer(PAGE.to_vec()),
            Some(Fault::Serialization) => {
                return Delivered::Answer(rpc::answer(&Err(Refused::python(rpc::SERIALIZATION))));
            }
            Some(Fault::SessionClosed) => self.close_sessions(),
            _ => {}
        }
        let ticket = self.begin(request, wait, fault);
        if matches!(fault, Some(Fault::Late(_))) {
            self.pause(CLIENT_WAITS).await;
            return Delivered::Nothing;
        }
        self.pause(wait).await;
        let answer = self.end(ticket);
        match fault {
            Some(Fault::Reset { .. }) => Delivered::Reset,
            Some(Fault::Status { status, .. }) => Delivered::Status(status),
            Some(Fault::Page { .. }) => Delivered::Answer(PAGE.to_vec()),
            Some(Fault::Truncated) => Delivered::Truncated(answer[..answer.len() / 2].to_vec()),
            Some(Fault::NoResult) => Delivered::Answer(rpc::answer(&Ok(Json::Null))),
            _ => Delivered::Answer(answer),
        }
    }

    /// Takes a request whose answer nobody waits for; it is committed after this time.
    pub fn take(&self, body: &[u8], late: Duration) {
        self.begin(Request::read(body), late, Some(Fault::Late(late)));
    }

    async fn pause(&self, time: Duration) {
        if self.latency && !time.is_zero() {
            tokio::time::sleep(time).await;
        }
    }

    /// Begins a call on the present state; it is committed after this time.
    fn begin(&self, request: Request, work: Duration, twist: Option<Fault>) -> u64 {
        let mut state = self.lock();
        self.settle(&mut state);
        let (tx, done) = self.run(&state.live, &request, twist);
        if twist == Some(Fault::Twin) {
            // Somebody else's copy of the same request, a moment quicker.
            let (twin, done) = self.run(&state.live, &request, None);
            if done.is_ok() {
                state.live.commit(&twin).expect("the first of two");
            }
        }
        state.tickets += 1;
        let ticket = state.tickets;
        let work = if self.latency || matches!(twist, Some(Fault::Late(_))) { work } else { Duration::ZERO };
        let due = self.clock.now() + TimeDelta::from_std(work).expect("a short time");
        state.running.push(Running { ticket, due, request, tx, done, twist });
        ticket
    }

    /// The answer of a call whose time has come.
    fn end(&self, ticket: u64) -> Vec<u8> {
        let mut state = self.lock();
        self.settle(&mut state);
        if let Some(at) = state.running.iter().position(|running| running.ticket == ticket) {
            // Timers end on whole milliseconds: a moment early is on time.
            let running = state.running.remove(at);
            self.commit(&mut state, running);
        }
        state.answers.remove(&ticket).expect("it was begun")
    }

    /// Commits what is due, the earliest first.
    fn settle(&self, state: &mut State) {
        let now = self.clock.now();
        state.running.sort_by_key(|running| (running.due, running.ticket));
        while state.running.first().is_some_and(|running| running.due <= now) {
            let running = state.running.remove(0);
            self.commit(state, running);
        }
    }

    fn commit(&self, state: &mut State, mut running: Running) {
        if running.done.is_ok() {
            match state.live.commit(&running.tx) {
                Ok(()) => {}
                Err(Conflict::Unique(text)) => running.done = Err(Refused::user(text)),
                Err(Conflict::Serialization) => {
                    // Odoo begins such a call anew by itself.
                    let (tx, done) = self.run(&state.live, &running.request, running.twist);
                    if done.is_ok() {
                        state.live.commit(&tx).expect("nothing else is committed at this moment");
                    }
                    running.done = done;
                }
            }
        }
        state.answers.insert(running.ticket, rpc::answer(&running.done));
    }

    fn run(&self, live: &Db, request: &Request, twist: Option<Fault>) -> (Tx, Result<Json, Refused>) {
        let mut tx = Tx::begin(live, &self.unique);
        let mut env = self.env(&mut tx);
        let done = env.call(&request.model, &request.method, &request.args, &request.kwargs);
        if done.is_ok() {
            for order in env.tx.inserted("pos.order") {
                spoil(&mut env, order, twist);
            }
        }
        (tx, done)
    }
}

/// What goes wrong inside Odoo without a word.
fn spoil(env: &mut Env<'_>, order: i64, twist: Option<Fault>) {
    let of_order = |model: &str| {
        let found = env.search(model, &json!([["pos_order_id", "=", order]]), &serde_json::Map::new());
        found.expect("known fields")
    };
    let (pickings, payments) = (of_order("stock.picking"), of_order("pos.payment"));
    match twist {
        Some(Fault::LeftInDraft) => {
            env.tx.update("pos.order", order, [("state".to_owned(), json!("draft"))]);
            for picking in pickings {
                env.tx.delete("stock.picking", picking);
            }
        }
        Some(Fault::StockNotMoved) => {
            let moves = json!([["picking_id", "in", pickings]]);
            for id in env.search("stock.move", &moves, &serde_json::Map::new()).expect("known fields") {
                env.tx.update("stock.move", id, [("state".to_owned(), json!("confirmed"))]);
            }
        }
        Some(Fault::BookedOtherwise { negated }) => {
            let other = |value: &Json| {
                let amount = orders::amount(value);
                json!(orders::float(if negated { -amount } else { amount + Decimal::new(1, 2) }))
            };
            let mut change = |model: &str, id: i64, fields: &[&str]| {
                let row = env.tx.db.get(model, id).expect("it was inserted").clone();
                env.tx.update(
                    model,
                    id,
                    fields.iter().map(|field| ((*field).to_owned(), other(&row[*field]))),
                );
            };
            change("pos.order", order, &["amount_total", "amount_paid"]);
            for payment in payments {
                change("pos.payment", payment, &["amount"]);
            }
        }
        _ => {}
    }
}
