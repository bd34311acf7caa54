//! The fake Odoo answers as the real one does: the same calls to both, step by step, their
//! outcomes, the words of their faults and what they hold afterwards compared.

use serde_json::{Map, Value, json};
use tillbridge::odoo::{CallError, Client, Outcome, RetryPolicy};
use uuid::Uuid;

use crate::support::fake::clock::Told;
use crate::support::fake::transport::InProcess;
use crate::support::fake::world::Kind;
use crate::support::fake::{Fake, Probe};
use crate::support::odoo::Database;
use crate::support::series::Series;

static DATABASE: Database = Database::new("contract");

/// Where the calls go, and what they are about.
struct Scene {
    client: Client,
    shop: i64,
    card: i64,
    visa: i64,
    goods: i64,
    tax: i64,
    pricelist: Value,
    said: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fake_answers_as_odoo_does() {
    let real = real().await.play().await;
    let fake = fake().await.play().await;
    let differing: Vec<String> = real
        .iter()
        .zip(&fake)
        .filter(|(real, fake)| real != fake)
        .map(|(real, fake)| format!("real: {real}\nfake: {fake}"))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
    assert_eq!(real.len(), fake.len());
    assert!(real.len() >= 40, "only {} steps were compared", real.len());
}

async fn real() -> Scene {
    let shop = DATABASE.shop(&["Card", "Mada"]).await;
    let seed = DATABASE.seed();
    let client = DATABASE.client("posapi", "posapi").await;
    let rows: Vec<Map<String, Value>> = client
        .read("pos.config", "read", json!([[shop.id]]), json!({"fields": ["pricelist_id"]}))
        .await
        .expect("the shop");
    Scene {
        client,
        shop: shop.id,
        card: shop.methods["Card"],
        visa: seed.shops["Main Shop"].methods["Visa"],
        goods: seed.products["B002"],
        tax: seed.taxes["15%"],
        pricelist: rows[0]["pricelist_id"].get(0).cloned().unwrap_or(json!(false)),
        said: Vec::new(),
    }
}

async fn fake() -> Scene {
    let series = if Series::current() == Series::Odoo14 { 14 } else { 19 };
    let kind = Kind { series, addon: false, unique: series == 19, stock_at_once: true };
    let fake = Fake::new(kind, Told::still(), false);
    let probe = std::sync::Arc::new(Probe::new(|_| (None, std::time::Duration::ZERO)));
    let ids = fake.ids.clone();
    Scene {
        client: InProcess::client(&fake, &probe, RetryPolicy::NEVER).await,
        shop: ids.shop,
        card: ids.card,
        visa: ids.visa,
        goods: ids.goods,
        tax: ids.tax,
        pricelist: json!(false),
        said: Vec::new(),
    }
}

/// The parts of an order that a step may change.
struct Till {
    reference: &'static str,
    quantity: i64,
    paid: f64,
    method: i64,
    product: i64,
}

impl Scene {
    fn is_14(&self) -> bool {
        self.client.series().major == 14
    }

    fn say(&mut self, step: &str, what: impl std::fmt::Display) {
        self.said.push(format!("{step}: {}", plain(&what.to_string())));
    }

    async fn write(&mut self, step: &str, model: &str, method: &str, args: Value) -> Value {
        let outcome: Outcome<Value> = self.client.write(model, method, args, json!({})).await;
        let (said, value) = match outcome {
            Outcome::Committed(value) => ("committed".to_owned(), value),
            Outcome::Refused(fault) => {
                (format!("refused {:?} {}", fault.kind(), fault.message()), Value::Null)
            }
            Outcome::NotSent(error) => (format!("not sent {error}"), Value::Null),
            Outcome::Unknown(error) => (format!("unknown {error}"), Value::Null),
        };
        self.say(step, said);
        value
    }

    async fn read(&mut self, step: &str, model: &str, method: &str, args: Value, kwargs: Value) -> Value {
        let result: Result<Value, CallError> = self.client.read(model, method, args, kwargs).await;
        match result {
            Ok(value) => value,
            Err(error) => {
                self.say(step, format!("{error}"));
                Value::Null
            }
        }
    }

    /// The sessions of the shop: state and rescue.
    async fn sessions(&mut self, step: &str) -> Vec<i64> {
        let domain = json!([[["config_id", "=", self.shop]]]);
        let fields = json!({"fields": ["state", "rescue", "order_ids"], "order": "id"});
        let rows = self.read(step, "pos.session", "search_read", domain, fields).await;
        let rows = rows.as_array().cloned().unwrap_or_default();
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                format!(
                    "{} {} {}",
                    row["state"],
                    row["rescue"],
                    row["order_ids"].as_array().map_or(0, Vec::len)
                )
            })
            .collect();
        self.say(step, format!("{shown:?}"));
        rows.iter().filter_map(|row| row["id"].as_i64()).collect()
    }

    /// What is held under a reference.
    async fn held(&mut self, step: &str, reference: &str) -> Option<i64> {
        let domain = json!([[["pos_reference", "=", reference]]]);
        let names = [
            "state",
            "amount_total",
            "amount_paid",
            "amount_tax",
            "picking_ids",
            "lines",
            "payment_ids",
            "session_id",
            "partner_id",
            "account_move",
        ];
        let rows = self
            .read(step, "pos.order", "search_read", domain, json!({"fields": names, "order": "id"}))
            .await;
        let rows = rows.as_array().cloned().unwrap_or_default();
        let mut shown = Vec::new();
        for row in &rows {
            let pickings = row["picking_ids"].clone();
            let done = if self.is_14() { "quantity_done" } else { "quantity" };
            let moves = json!([[["picking_id", "in", pickings], ["state", "=", "done"]]]);
            let moves = self.read(step, "stock.move", "search_read", moves, json!({"fields": [done]})).await;
            let moves: Vec<_> = moves.as_array().into_iter().flatten().map(|row| row[done].clone()).collect();
            let count = |field: &str| row[field].as_array().map_or(0, Vec::len);
            shown.push(format!(
                "{} total {} paid {} tax {} lines {} payments {} pickings {} moved {moves:?} partner {} invoice {}",
                row["state"], row["amount_total"], row["amount_paid"], row["amount_tax"], count("lines"),
                count("payment_ids"), count("picking_ids"), row["partner_id"], row["account_move"],
            ));
        }
        // Figures are compared as they are.
        self.said.push(format!("{step}: {shown:?}"));
        rows.last().and_then(|row| row["id"].as_i64())
    }

    fn till(&self, reference: &'static str) -> Till {
        Till { reference, quantity: 1, paid: 11.5, method: self.card, product: self.goods }
    }

    fn order(&self, session: i64, till: &Till) -> Value {
        let Till { reference, quantity, paid, method, product } = till;
        let (net, gross) = (f64_of(quantity * 1000), f64_of(quantity * 1150));
        let mut line = json!({
            "name": format!("{reference}/1"), "product_id": product, "qty": quantity, "price_unit": 10.0,
            "discount": 0, "price_subtotal": net, "price_subtotal_incl": gross, "tax_ids": [[6, 0, [self.tax]]],
            "full_product_name": "B",
        });
        if self.is_14() {
            return json!({"id": reference, "data": {
                "name": reference, "server_id": false, "pos_session_id": session, "user_id": self.client.user(),
                "partner_id": false, "sequence_number": 1, "creation_date": "2026-03-01 10:00:00",
                "fiscal_position_id": false, "pricelist_id": self.pricelist, "amount_paid": paid,
                "amount_total": gross, "amount_tax": f64_of(quantity * 150), "amount_return": 0, "to_invoice": false,
                "lines": [[0, 0, line]],
                "statement_ids": [[0, 0, {"name": "2026-03-01 10:00:00", "amount": paid, "payment_method_id": method}]],
            }});
        }
        let uuid = |what: &str| {
            Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{reference} {what} {}", self.shop).as_bytes())
        };
        line["uuid"] = json!(uuid("line"));
        json!({
            "uuid": uuid("order"), "session_id": session, "state": "paid", "pos_reference": reference,
            "sequence_number": 1, "date_order": "2026-03-01 10:00:00", "fiscal_position_id": false,
            "amount_total": gross, "amount_tax": f64_of(quantity * 150), "amount_paid": paid, "amount_return": 0,
            "to_invoice": false, "is_refund": *quantity < 0, "lines": [[0, 0, line]],
            "payment_ids": [[0, 0, {"uuid": uuid("payment"), "payment_method_id": method, "amount": paid, "payment_date": "2026-03-01 10:00:00"}]],
        })
    }

    async fn send(&mut self, step: &str, orders: Vec<Value>) -> Value {
        let method = if self.is_14() { "create_from_ui" } else { "sync_from_ui" };
        self.write(step, "pos.order", method, json!([orders])).await
    }

    async fn open(&mut self, step: &str) {
        let (model, method, args) = if self.is_14() {
            ("pos.session", "create", json!([{"config_id": self.shop, "user_id": self.client.user()}]))
        } else {
            ("pos.config", "open_ui", json!([[self.shop]]))
        };
        self.write(step, model, method, args).await;
    }

    async fn play(mut self) -> Vec<String> {
        let session = self.opening().await;
        self.sales(session).await;
        self.refusals(session).await;
        self.refund(session).await;
        self.records().await;
        if !self.is_14() {
            self.drafts(session).await;
        }
        self.closing(session).await;
        self.said
    }

    async fn opening(&mut self) -> i64 {
        self.sessions("before").await;
        self.open("open").await;
        let session = self.sessions("opened").await[0];
        self.open("open again").await;
        let second = json!([{"config_id": self.shop, "user_id": self.client.user()}]);
        self.write("create a second session", "pos.session", "create", second).await;
        let method = if self.is_14() { "set_cashbox_pos" } else { "set_opening_control" };
        for step in ["opening control", "opening control again"] {
            self.write(step, "pos.session", method, json!([[session], 0, ""])).await;
        }
        self.sessions("takes orders").await;
        session
    }

    async fn sales(&mut self, session: i64) {
        let one = self.order(session, &self.till("C-1"));
        let answer = self.send("create", vec![one.clone()]).await;
        let shown = if self.is_14() { answer[0].clone() } else { answer["pos.order"][0].clone() };
        self.say("its answer names it", !shown["id"].is_null());
        self.held("create", "C-1").await;
        let answer = self.send("create twice", vec![one.clone()]).await;
        if self.is_14() {
            self.say("nothing new is answered with", answer);
        }
        self.held("create twice", "C-1").await;
        let two = self.order(session, &self.till("C-2"));
        self.send("twice in a batch", vec![two.clone(), one, two]).await;
        self.held("twice in a batch", "C-2").await;
    }

    async fn refusals(&mut self, session: i64) {
        let good = self.order(session, &self.till("C-3"));
        let elsewhere = Till { method: self.visa, ..self.till("C-4") };
        let elsewhere = self.order(session, &elsewhere);
        self.send("a method of another shop", vec![good.clone(), elsewhere, good.clone()]).await;
        self.held("rolled back as a whole", "C-3").await;
        let nothing = Till { product: 999_999, ..self.till("C-5") };
        let nothing = self.order(session, &nothing);
        self.send("a product that is not there", vec![nothing]).await;
        let unpaid = Till { paid: 11.49, ..self.till("C-6") };
        let unpaid = self.order(session, &unpaid);
        self.send("a cent is missing", vec![unpaid]).await;
        self.held("a cent is missing", "C-6").await;
        let over = Till { paid: 11.51, ..self.till("C-7") };
        let over = self.order(session, &over);
        self.send("a cent too much", vec![over]).await;
        let mut change = self.order(session, &self.till("C-8"));
        let values = if self.is_14() { &mut change["data"] } else { &mut change };
        values["amount_return"] = if self.client.series().major == 14 { json!(5.0) } else { json!(-5.0) };
        self.send("change without a drawer", vec![change]).await;
        let mut odd = self.order(session, &self.till("C-9"));
        let values = if self.is_14() { &mut odd["data"] } else { &mut odd };
        values["no_such_field"] = json!(1);
        self.send("a field that is not there", vec![odd]).await;
        self.held("a field that is not there", "C-9").await;
        let keys: &[&str] = if self.is_14() {
            &["pos_session_id", "lines", "amount_total", "statement_ids", "partner_id"]
        } else {
            &["session_id", "lines"]
        };
        for key in keys {
            let mut short = self.order(session, &self.till("C-10"));
            let values = if self.is_14() { &mut short["data"] } else { &mut short };
            values.as_object_mut().expect("an object").remove(*key);
            self.send(&format!("without {key}"), vec![short]).await;
        }
        if !self.is_14() {
            let mut copied = self.order(session, &self.till("C-11"));
            copied["lines"][0][2]["uuid"] =
                self.order(session, &self.till("C-1"))["lines"][0][2]["uuid"].clone();
            self.send("a line that exists", vec![copied]).await;
            let mut dated = self.order(session, &self.till("C-12"));
            dated["partner_id"] = json!(999_999);
            self.send("a customer that is not there", vec![dated]).await;
            self.held("a customer that is not there", "C-12").await;
        }
    }

    async fn refund(&mut self, session: i64) {
        let back = Till { quantity: -1, paid: -11.5, ..self.till("C-1R") };
        let mut back = self.order(session, &back);
        if self.is_14() {
            self.send("refund", vec![back.clone()]).await;
        } else {
            let lines =
                json!([[["order_id.pos_reference", "=", "C-1"], ["order_id.config_id", "=", self.shop]]]);
            let rows = self
                .read(
                    "its line",
                    "pos.order.line",
                    "search_read",
                    lines.clone(),
                    json!({"fields": ["refunded_qty"]}),
                )
                .await;
            back["lines"][0][2]["refunded_orderline_id"] = rows[0]["id"].clone();
            self.send("refund", vec![back.clone()]).await;
            let rows = self
                .read("its line", "pos.order.line", "search_read", lines, json!({"fields": ["refunded_qty"]}))
                .await;
            self.said.push(format!("given back {}", rows[0]["refunded_qty"]));
        }
        self.held("refund", "C-1R").await;
        self.send("refund twice", vec![back]).await;
        self.held("refund twice", "C-1R").await;
    }

    async fn records(&mut self) {
        let fields = json!({"fields": ["name"]});
        let missing =
            self.read("read what is missing", "pos.order", "read", json!([[999_999]]), fields).await;
        self.say("read what is missing", missing);
        self.write("write what is missing", "pos.order", "write", json!([[999_999], {"to_invoice": false}]))
            .await;
        self.write("a model that is missing", "no.model", "read", json!([[1]])).await;
        self.write("a method that is missing", "pos.order", "no_method", json!([[1]])).await;
        let fields = json!({"fields": ["no_such_field"]});
        self.read("a field that is missing", "pos.order", "search_read", json!([[]]), fields).await;
        let domain = json!([[["no_such_field", "=", 1]]]);
        self.read("a condition on nothing", "pos.order", "search_count", domain, json!({})).await;
        for domain in [
            json!([["config_id", "=", self.shop], ["amount_total", "<", 0]]),
            json!([
                "|",
                ["pos_reference", "=", "C-1"],
                ["pos_reference", "=like", "C-2%"],
                ["config_id", "=", self.shop]
            ]),
            json!([["session_id.config_id", "=", self.shop], ["state", "in", ["paid", "done"]]]),
            json!([
                ["config_id", "=", self.shop],
                ["partner_id", "=", false],
                ["pos_reference", "not in", ["C-1"]]
            ]),
            json!([["config_id", "=", self.shop], ["pos_reference", "ilike", "c-1"]]),
            json!([["config_id", "=", self.shop], "!", ["pos_reference", "ilike", "c-1"]]),
        ] {
            let count = self.read("count", "pos.order", "search_count", json!([domain]), json!({})).await;
            self.said.push(format!(
                "{count} orders meet {}",
                domain.to_string().replace(&self.shop.to_string(), "#")
            ));
        }
        let newest = json!({"fields": ["pos_reference"], "order": "id desc", "limit": 1});
        let domain = json!([[["config_id", "=", self.shop]]]);
        let newest = self.read("newest", "pos.order", "search_read", domain, newest).await;
        self.said.push(format!("the newest is {}", newest[0]["pos_reference"]));
    }

    async fn drafts(&mut self, session: i64) {
        let mut draft = self.order(session, &self.till("C-20"));
        draft["state"] = json!("draft");
        self.send("a draft", vec![draft.clone()]).await;
        self.held("a draft", "C-20").await;
        let mut finished = json!({
            "uuid": draft["uuid"], "session_id": session, "state": "paid", "lines": [], "payment_ids": [],
            "amount_return": 0,
        });
        self.send("finished without its token", vec![finished.clone()]).await;
        finished["access_token"] = json!(false);
        self.send("finished", vec![finished]).await;
        self.held("finished", "C-20").await;
        self.write(
            "an open session is no mistake",
            "pos.session",
            "delete_opening_control_session",
            json!([[session]]),
        )
        .await;
    }

    async fn closing(&mut self, session: i64) {
        let method =
            if self.is_14() { "action_pos_session_closing_control" } else { "close_session_from_ui" };
        if self.is_14() {
            // The unpaid one is in the way, and so stays for later.
            self.write("drafts are in the way", "pos.session", method, json!([[session]])).await;
            for reference in ["C-6", "C-7", "C-8"] {
                self.held("left in draft", reference).await;
            }
            return;
        }
        let closed = self.write("close", "pos.session", method, json!([[session]])).await;
        self.say("close", &closed["successful"]);
        self.sessions("closed").await;
        let again = self.write("close again", "pos.session", method, json!([[session]])).await;
        self.say("close again", &again["successful"]);
        let late = self.order(session, &self.till("C-30"));
        self.send("too late", vec![late.clone()]).await;
        self.held("too late", "C-30").await;
        self.open("open the next").await;
        self.send("into the next", vec![late]).await;
        self.held("into the next", "C-30").await;
        let next = self.sessions("the next").await[1];
        self.write("not empty", "pos.session", "delete_opening_control_session", json!([[next]])).await;
        self.held("done", "C-1").await;
    }
}

/// Without numbers: ids and names of sessions differ.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        if !c.is_ascii_digit() {
            plain.push(c);
        } else if !plain.ends_with('#') {
            plain.push('#');
        }
    }
    plain
}

/// Hundredths as XML-RPC carries them.
fn f64_of(cents: i64) -> f64 {
    rust_decimal::Decimal::new(cents, 2).to_string().parse().expect("digits")
}
