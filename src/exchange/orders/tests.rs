use std::sync::Mutex;
use std::time::Duration;

use rust_decimal::dec;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::odoo::xmlrpc::{Limits, decode_call, encode_fault, encode_response, from_value};
use crate::odoo::{OdooConfig, RetryPolicy};
use crate::order::format::orderid::ReadRules;
use crate::order::ingest::{Provenance, arrivals};
use crate::order::{Code, Order, Refusal, SourceId, SubjectKind};
use crate::store::{Arrival, Booked, Newer, Page, SqliteStore, State, Step, StepCode, StepKind};

/// A customer with everything that must not be told, wherever a source may put it.
const PRIVATE: &str = r#"{"OrderID":"70300","LocationID":7,"OrderStatus":"103","OrderDate":"2026-03-10T12:00:00Z",
 "RegisterName":"Till 2","GrandTotal":"46.00","Tax":6,"AmountTotal":40,"TaxPercent":15,"AmountPaid":46,
 "CustomerID":812,"CustomerName":"Ada L","CustomerContact":"+966 50 123-4567","Email":"ada@private.example",
 "CustomerVAT":"300123456700003","CustomerAddress":"Olaya Street 5","Remark":"ring 0501234567, or ada@private.example",
 "Delivery":{"Recipient":{"Name":"Bob Secret"},"Address":{"Street":"Olaya Street 5","City":"Riyadh"}},
 "HolderName":"ADA LOVELACE","CashierName":"Carl Till","PlateNo":"ABC 1234","InvoiceNo":"INV-9",
 "OrderItems":[{"ItemName":"Car Wash","SKU":"WASH","Price":40,"Quantity":1,"Note":"for 050 123 4567"}],
 "CheckoutDetails":[{"PaymentMode":2,"CardType":"Mada","AmountPaid":46,"CardNumber":"4111111111111111","ReferenceID":"T-88121"}]}"#;

/// What of it must not be told.
const SECRETS: [&str; 16] = [
    "501234567",
    "123-4567",
    "123 4567",
    "private.example",
    "300123456700003",
    "Olaya",
    "Riyadh",
    "Bob Secret",
    "LOVELACE",
    "Carl Till",
    "ABC 1234",
    "411111",
    "4111 11",
    "11111111",
    "+966",
    "0501",
];

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_773_144_000 + seconds)
}

/// The items of a body, as they are received.
fn items(body: &str) -> Vec<Item> {
    let rules = ReadRules::new(SourceId::new("SRC").unwrap(), chrono_tz::UTC);
    let read = arrivals(
        body.as_bytes(),
        &rules,
        &crate::order::body::Limits::default(),
        &Provenance::file("f"),
        at(0),
    );
    let item = |order: crate::order::ingest::ReadOrder| Item {
        external_id: order.external_id.clone(),
        source: "SRC".to_owned(),
        raw: order.raw.clone(),
        aged_at: None,
        sale_at: order.result.as_ref().ok().map(|order| order.sale_at),
        total: order.result.as_ref().ok().map(Order::signed_total),
        received_at: at(1),
        ..Item::received(&order.key, State::Ready)
    };
    read.unwrap().orders.into_iter().map(item).collect()
}

fn item(body: &str) -> Item {
    items(body).remove(0)
}

/// The row of an item, in a shop.
fn row(item: Item, shop: i64) -> Value {
    let untold = Untold { booked_at: item.booked.as_ref().map(|_| at(9)), change: 3, item };
    serde_json::to_value(Read::of(&untold.item).order(&untold, shop)).unwrap()
}

fn plain() -> Item {
    item(include_str!("../../../tests/fixtures/orders/plain.json"))
}

fn held(id: i64) -> Booked {
    Booked {
        pos_order_id: id,
        name: format!("Shop/{id}"),
        total: dec!(138),
        warnings: vec!["Fallback.".into()],
    }
}

#[test]
fn a_booked_order_is_told_with_what_was_sent() {
    let booked =
        Item { state: State::Booked, attempts: 1, booked: Some(held(4)), sync: "odoo:3".into(), ..plain() };
    let mut told = row(booked, 8);
    let raw = told["raw"].take();
    assert!(raw.as_str().unwrap().starts_with("{\n  \"OrderID\": 70211,\n"), "{raw}");
    assert_eq!(told["likeness"].take().as_str().unwrap().len(), 64);
    let sent = json!({
        "prices": "tax_excluded", "charges": [], "discount": "0", "subtotal": "120", "tax": "18",
        "total": "138", "customer": "", "status": "103",
        "lines": [{"name": "Engine Oil Change", "code": "", "quantity": "1", "price": "120", "discount": "", "tax": "", "total": ""}],
        "payments": [{"name": "Cash", "code": "1", "card": "", "reference": "", "amount": "138"}],
    });
    assert_eq!(told["sent"].take(), sent);
    let mut expected = json!({
        "key": "v1:SRC/-/70211/sale", "external_id": "70211", "document": "sale", "sync": 3, "shop": 8,
        "location": "", "register": "", "sale_date": "2026-03-10 12:00:00", "customer": "",
        "total": "138", "currency": "", "state": "booked", "code": "", "message": "", "fix": "", "said": {},
        "subject": {"kind": "", "value": ""}, "attempts": 1, "next_try_date": "",
    });
    let rest = json!({
        "fetched_date": "2026-03-10 12:00:01", "booked_date": "2026-03-10 12:00:09", "pos_order": 4,
        "warnings": ["Fallback."], "references": ["70211", "SRC/-/70211", "Shop/4"], "phone_digest": "",
        "likeness": null, "source_status": "103", "newer": {}, "raw": null, "sent": null,
    });
    expected.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    assert_eq!(told, expected);
}

#[test]
fn a_refused_order_says_why_what_to_do_and_what_a_mapping_would_be_for() {
    let why = Refusal::new(Code::UnknownPayment, "Tender 1 fits no payment method.", "Map it.")
        .about(SubjectKind::Payment, Some("Tabby"));
    let refused = Item { state: State::Refused, reason: Some(why), sync: "file:Garage".into(), ..plain() };
    let told = row(refused, 0);
    assert_eq!(
        [&told["state"], &told["code"], &told["message"], &told["fix"], &told["sync"]],
        ["refused", "unknown_payment", "Tender 1 fits no payment method.", "Map it.", "Garage"]
    );
    assert_eq!(told["subject"], json!({"kind": "payment", "value": "Tabby"}));
    assert_eq!((&told["pos_order"], &told["booked_date"]), (&json!(0), &json!("")));
}

#[test]
fn what_cannot_be_read_is_told_as_far_as_it_goes() {
    let unreadable =
        Item { state: State::Refused, total: None, ..item(r#"[{"OrderID":5,"GrandTotal":"abc"}]"#) };
    let told = row(unreadable, 0);
    assert_eq!((&told["document"], &told["external_id"]), (&json!("sale"), &json!("5")));
    assert_eq!([&told["total"], &told["likeness"], &told["sent"]["total"]], ["", "", ""]);
    let page = Item {
        format: "page".into(),
        raw: "<html>call +966501234567".into(),
        ..Item::received("page:SRC:1", State::Refused)
    };
    let told = row(page, 0);
    assert_eq!((&told["document"], &told["raw"]), (&json!(""), &json!("<html>call ***")));
}

#[test]
fn what_odoo_lost_has_no_link_and_a_conflict_has_its_other_side() {
    let missing = Item { state: State::Missing, booked: Some(held(4)), ..plain() };
    let told = row(missing, 0);
    assert_eq!(told["pos_order"], 0);
    assert!(!told["references"].to_string().contains("Shop/4"));
    let newer = Newer {
        raw: plain().raw.replace("138.0", "150.0"),
        format: "orderid/1".into(),
        total: Some(dec!(150)),
        received_at: at(5),
    };
    let conflict = Item { state: State::Conflict, booked: Some(held(4)), newer: Some(newer), ..plain() };
    let told = row(conflict, 0);
    assert_eq!(
        (&told["pos_order"], &told["newer"]["total"], &told["sent"]["total"]),
        (&json!(4), &json!("150"), &json!("138"))
    );
}

#[test]
fn refunds_carry_their_document_and_look_like_nothing() {
    let told = row(item(include_str!("../../../tests/fixtures/orders/refund_positive.json")), 0);
    assert_eq!([&told["document"], &told["likeness"], &told["total"]], ["refund", "", "-138"]);
    let own = item(
        r#"[{"OrderID":7,"OrderStatus":106,"RefundID":"R/55","OriginalOrderID":6,"GrandTotal":5,"OrderDate":"2026-03-10T12:00:00Z","OrderItems":[{"ItemName":"A","Price":5}],"CheckoutDetails":[{"PaymentMode":1,"AmountPaid":5}]}]"#,
    );
    let told = row(own, 0);
    assert_eq!(told["document"], "refund:R%2F55");
    assert_eq!(told["references"], json!(["6", "7", "R/55", "SRC/-/7/RR%2F55"]));
}

#[test]
fn sales_look_alike_whatever_their_ids_are() {
    let like = |body: &str, shop| row(item(body), shop)["likeness"].clone();
    let body = PRIVATE;
    let other = body.replace("70300", "99").replace("T-88121", "T-2").replace("12:00:00", "12:03:00");
    assert_eq!(like(body, 8), like(&other, 8));
    for (from, to) in
        [("\"Price\":40", "\"Price\":41"), ("46.00", "47.00"), ("Mada", "Visa"), ("Car Wash", "Tea")]
    {
        assert_ne!(like(body, 8), like(&body.replace(from, to), 8), "{from}");
    }
    assert_ne!(like(body, 8), like(body, 9));
}

#[test]
fn the_figures_say_whether_prices_hold_tax() {
    let prices = |rest: &str| {
        let body =
            format!(r#"[{{"OrderID":1,"OrderDate":"2026-03-10T12:00:00Z","CheckoutDetails":[],{rest}}}]"#);
        row(item(&body), 0)["sent"]["prices"].clone()
    };
    for (rest, expected) in [
        (r#""GrandTotal":46,"Tax":6,"OrderItems":[{"Price":40}]"#, "tax_excluded"),
        (r#""GrandTotal":46,"Tax":6,"OrderItems":[{"Price":46}]"#, "tax_included"),
        (r#""GrandTotal":46,"Tax":6,"AmountDiscount":10,"OrderItems":[{"Price":50}]"#, "tax_excluded"),
        (
            r#""GrandTotal":45,"Tax":6,"ServiceCharges":5,"OrderItems":[{"Price":44,"DiscountAmount":4}]"#,
            "tax_included",
        ),
        (r#""GrandTotal":46,"OrderItems":[{"Price":46}]"#, ""),
        (r#""GrandTotal":46,"Tax":0,"OrderItems":[{"Price":46}]"#, ""),
        (r#""GrandTotal":46,"Tax":6,"OrderItems":[{"Price":99}]"#, ""),
        (r#""GrandTotal":46,"OrderItems":[{"PriceWithoutTax":40}]"#, "tax_excluded"),
        (
            r#""OrderStatus":106,"GrandTotal":46,"Tax":6,"OrderItems":[{"Price":40,"Quantity":-1}]"#,
            "tax_excluded",
        ),
    ] {
        assert_eq!(prices(rest), expected, "{rest}");
    }
}

#[test]
fn a_customer_is_found_by_phone_without_telling_it() {
    let digest =
        |phone: &str| row(item(&PRIVATE.replace("+966 50 123-4567", phone)), 0)["phone_digest"].clone();
    let known = digest("+966 50 123-4567");
    assert_eq!(known.as_str().unwrap().len(), 64);
    assert_eq!([digest("0501234567"), digest("٠٥٠١٢٣٤٥٦٧")], [known.clone(), known.clone()]);
    assert_ne!(digest("0501234568"), known);
    assert_eq!(digest("12345"), "");
}

#[test]
fn nothing_private_is_in_a_whole_message() {
    let said = "Several customers fit +966 50 123-4567 or ada@private.example (300123456700003).";
    let why = Refusal::new(Code::AmbiguousCustomer, said, said);
    let private = item(PRIVATE);
    let newer =
        Newer { raw: private.raw.clone(), format: private.format.clone(), total: None, received_at: at(2) };
    let booked = Booked { warnings: vec![said.to_owned()], ..held(4) };
    let private = Item {
        state: State::Conflict,
        reason: Some(why),
        newer: Some(newer),
        booked: Some(booked),
        ..private
    };
    let untold = Untold { item: private, booked_at: None, change: 1 };
    let read = Read::of(&untold.item);
    let step = Step::new(StepKind::CreateOrder, StepCode::Bad, said, "Odoo's answer");
    let kept = KeptStep { number: 1, run: "r".into(), key: untold.item.key.clone(), step, at: at(3) };
    let (orders, steps) = ([read.order(&untold, 1)], [read.step(kept)]);
    let message = Message { protocol: 1, instance: "i", orders: &orders, steps: &steps };
    let told = serde_json::to_string(&message).unwrap();
    for secret in SECRETS {
        assert!(!told.contains(secret), "{secret} is told: {told}");
    }
    // What support looks for is.
    for shown in ["Ada L", "Till 2", "T-88121", "INV-9", "************1111", "Several customers fit ***"] {
        assert!(told.contains(shown), "{shown} is not told: {told}");
    }
}

#[test]
fn the_samples_hold_nothing_that_is_told_although_private() {
    for body in [
        include_str!("../../../tests/fixtures/orders/plain.json"),
        include_str!("../../../tests/fixtures/orders/loose_types.json"),
        include_str!("../../../tests/fixtures/orders/order_discount.json"),
        include_str!("../../../tests/fixtures/orders/thousands_two_tenders.json"),
        include_str!("../../../tests/fixtures/orders/wrapper.json"),
    ] {
        for one in items(&body.replace("\"OrderID\"", r#""CustomerContact":"0501234567","Email":"a@private.example","CardNumber":"4111111111111111","OrderID""#)) {
            let id = one.external_id.clone();
            let told = row(one, 0).to_string();
            assert!(told.contains(&id));
            for secret in SECRETS {
                assert!(!told.contains(secret), "{secret}: {told}");
            }
        }
    }
}

#[test]
fn the_steps_of_two_processes_go_apart() {
    let step = |number, run: &str| KeptStep {
        number,
        run: run.to_owned(),
        key: "k".to_owned(),
        step: Step::new(StepKind::Fetched, StepCode::Ok, "Received.", "the source's page"),
        at: at(0),
    };
    let numbers = |steps| of_one_run(steps).iter().map(|kept: &KeptStep| kept.number).collect::<Vec<_>>();
    assert_eq!(numbers(vec![step(1, "a"), step(2, "b"), step(3, "a")]), [1, 3]);
    assert_eq!(numbers(Vec::new()), [0; 0]);
}

#[test]
fn a_long_order_is_cut_and_says_so() {
    let body = PRIVATE.replace("Car Wash", &"é".repeat(30_000));
    let told = row(item(&body), 0);
    let raw = told["raw"].as_str().unwrap();
    let (shown, last) = raw.rsplit_once('\n').unwrap();
    assert_eq!(shown.chars().count(), 20_000);
    assert!(last.starts_with("… cut here: 20000 of 3"), "{last}");
}

/// An Odoo that takes orders: keeps what it was told, and refuses some of it.
#[derive(Clone, Default)]
struct Addon {
    told: Arc<Mutex<Vec<Value>>>,
    poison: Arc<Mutex<Option<&'static str>>>,
    fault: Arc<Mutex<Option<&'static str>>>,
}

impl Addon {
    async fn start(&self) -> (MockServer, Client) {
        let server = MockServer::start().await;
        let common = |request: &Request| {
            let (method, _) = decode_call(&request.body, Limits::default()).unwrap();
            let version = json!({"server_version": "19.0", "server_version_info": [19, 0, 0, "final", 0, ""], "server_serie": "19.0", "protocol_version": 1});
            let answer = if method == "version" { version } else { json!(2) };
            ResponseTemplate::new(200).set_body_bytes(encode_response(&answer).unwrap())
        };
        Mock::given(method("POST")).and(path("/xmlrpc/2/common")).respond_with(common).mount(&server).await;
        let addon = self.clone();
        let object = move |request: &Request| {
            let (_, params) = decode_call(&request.body, Limits::default()).unwrap();
            ResponseTemplate::new(200).set_body_bytes(addon.answer(params))
        };
        Mock::given(method("POST")).and(path("/xmlrpc/2/object")).respond_with(object).mount(&server).await;
        let mut config =
            OdooConfig::new(server.uri().parse().unwrap(), "shop", "robot", SecretString::from("p"));
        config.retry = RetryPolicy {
            first: Duration::from_millis(1),
            longest: Duration::from_millis(2),
            total: Duration::from_millis(20),
        };
        let client = Client::connect(&config).await.unwrap();
        (server, client)
    }

    fn answer(&self, params: Vec<crate::odoo::xmlrpc::Value>) -> Vec<u8> {
        let params: Vec<Value> = params.into_iter().map(|param| from_value(param).unwrap()).collect();
        assert_eq!((&params[3], &params[4]), (&json!("external.order.service"), &json!("take_orders")));
        let message = params[5][0].clone();
        if let Some(fault) = *self.fault.lock().unwrap() {
            return encode_fault(1, fault).unwrap();
        }
        let poison =
            self.poison.lock().unwrap().filter(|poison| message["orders"].to_string().contains(poison));
        if poison.is_some() {
            return encode_fault(2, "Expected singleton").unwrap();
        }
        self.told.lock().unwrap().push(message);
        encode_response(&json!({"too_old": "", "taken": 0})).unwrap()
    }

    /// The ids of the orders of each call, and how many steps.
    fn calls(&self) -> Vec<(Vec<String>, usize)> {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        let ids = |call: &Value| {
            let orders = call["orders"].as_array().unwrap().iter();
            (
                orders.map(|order| order["external_id"].as_str().unwrap().to_owned()).collect(),
                call["steps"].as_array().unwrap().len(),
            )
        };
        told.iter().map(ids).collect()
    }
}

/// A store with so many refused orders, their steps with them.
async fn store(folder: &tempfile::TempDir, count: usize) -> Arc<dyn Store> {
    let store = SqliteStore::open(&folder.path().join("store.db")).await.unwrap();
    receive(&store, 1..=count, State::Refused).await;
    Arc::new(store)
}

async fn receive(store: &dyn Store, ids: std::ops::RangeInclusive<usize>, state: State) {
    let arrival = |n: usize| Arrival {
        key: format!("v1:SRC/-/{n}/sale"),
        external_id: n.to_string(),
        raw: "{}".to_owned(),
        format: "orderid/1".to_owned(),
        meaning: "m".to_owned(),
        state,
        reason: None,
        sale_at: None,
        updated_at: None,
        total: None,
    };
    let page = Page {
        source: "SRC".into(),
        sync: "file:S".into(),
        arrivals: ids.map(arrival).collect(),
        cursor: None,
        steps_from: Some("the source's page".into()),
        asked: std::collections::BTreeSet::new(),
    };
    store.ingest_page(&page, at(0)).await.unwrap();
}

#[tokio::test]
async fn orders_are_told_in_batches_the_newest_first_and_once() {
    let (folder, addon) = (tempfile::tempdir().unwrap(), Addon::default());
    let (_server, client) = addon.start().await;
    let store = store(&folder, 250).await;
    let mut teller = Teller::new(client, Arc::clone(&store), "i".into(), Vec::new());
    while teller.tell(at(10)).await.unwrap() {}
    let calls = addon.calls();
    let sizes: Vec<_> = calls.iter().map(|(ids, steps)| (ids.len(), *steps)).collect();
    assert_eq!(sizes, [(200, 200), (50, 50)]);
    assert_eq!((calls[0].0[0].as_str(), calls[1].0[49].as_str()), ("250", "1"));
    let keys: Vec<String> = (1..=250).map(|n| format!("v1:SRC/-/{n}/sale")).collect();
    assert_eq!(store.steps(&keys, 9).await.unwrap(), []);
    // What is queued waits a while.
    receive(store.as_ref(), 251..=251, State::Ready).await;
    assert!(!teller.tell(at(14)).await.unwrap());
    assert!(teller.tell(at(15)).await.unwrap());
    assert_eq!(addon.calls(), [(vec!["251".to_owned()], 1)]);
    assert!(!teller.tell(at(99)).await.unwrap());
}

#[tokio::test]
async fn an_order_that_odoo_cannot_take_keeps_no_other_from_being_told() {
    let (folder, addon) = (tempfile::tempdir().unwrap(), Addon::default());
    let (_server, client) = addon.start().await;
    let store = store(&folder, 9).await;
    *addon.poison.lock().unwrap() = Some("v1:SRC/-/4/sale");
    let mut teller = Teller::new(client, Arc::clone(&store), "i".into(), Vec::new());
    while teller.tell(at(10)).await.unwrap() {}
    let mut told: Vec<String> = addon.calls().into_iter().flat_map(|(ids, _)| ids).collect();
    told.sort();
    assert_eq!(told, ["1", "2", "3", "5", "6", "7", "8", "9"]);
    let left = store.untold(None, 9).await.unwrap();
    assert_eq!(left.iter().map(|one| one.item.external_id.as_str()).collect::<Vec<_>>(), ["4"]);
    // Its next change is told again.
    *addon.poison.lock().unwrap() = None;
    assert!(!teller.tell(at(11)).await.unwrap());
    store.retry(&[left[0].item.key.clone()], at(12)).await.unwrap();
    assert!(teller.tell(at(99)).await.unwrap());
    assert_eq!(addon.calls(), [(vec!["4".to_owned()], 1)]);
}

#[tokio::test]
async fn what_odoo_did_not_take_stays_untold() {
    let (folder, addon) = (tempfile::tempdir().unwrap(), Addon::default());
    let (_server, client) = addon.start().await;
    let store = store(&folder, 3).await;
    let mut teller = Teller::new(client, Arc::clone(&store), "i".into(), Vec::new());
    *addon.fault.lock().unwrap() = Some("psycopg2.errors.SerializationFailure: could not serialize access");
    assert!(matches!(teller.tell(at(10)).await, Err(ExchangeError::Call(_))));
    *addon.fault.lock().unwrap() = None;
    assert!(teller.tell(at(10)).await.unwrap());
    *addon.fault.lock().unwrap() = Some("odoo.sql_db.PoolError: The Connection Pool Is Full");
    receive(store.as_ref(), 4..=4, State::Refused).await;
    assert!(matches!(teller.tell(at(10)).await, Err(ExchangeError::Call(_))));
    assert_eq!(store.untold(None, 9).await.unwrap().len(), 1);
}
