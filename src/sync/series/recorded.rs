//! Whole deliveries against what real servers of 16, 17 and 18 were seen to answer: these
//! series have no server among the tests. A script is the calls in their order, each with its
//! recorded answer; a call that is not the next one fails the test.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::tests::{booking, shop};
use super::*;
use crate::odoo::xmlrpc::{Limits, Value, decode_call, encode_fault, encode_response, from_value};
use crate::odoo::{OdooConfig, RetryPolicy};
use crate::order::Code;
use crate::store::{SqliteStore, Token, Verdict};
use crate::sync::deliver::{Delivered, Delivery, Sent};
use crate::sync::session::{OpenSession, Opener};
use crate::sync::verify::Judged;

/// What a server said to one call.
enum Answer {
    Result(serde_json::Value),
    Fault(i32, &'static str),
    /// Done, committed, and answered by a fault.
    Nothing,
}

const NONE_FAULT: &str = "Traceback (most recent call last):\n  File \"rpc.py\", line 114, in dumps\n    dump(v, write)\nTypeError: cannot marshal None unless allow_none is enabled\n";

type Script = VecDeque<(&'static str, Answer)>;

/// A server of a series that plays a script.
struct Recorded {
    client: Client,
    left: Arc<Mutex<Script>>,
    sent: Arc<Mutex<Vec<serde_json::Value>>>,
    _server: MockServer,
}

impl Recorded {
    async fn of(major: u8, script: impl Into<Script>) -> Self {
        let server = MockServer::start().await;
        let version = json!({
            "server_version": format!("{major}.0"),
            "server_version_info": [major, 0, 0, "final", 0, ""],
        });
        Mock::given(method("POST"))
            .and(path("/xmlrpc/2/common"))
            .respond_with(move |request: &Request| {
                let (method, _) = decode_call(&request.body, Limits::default()).unwrap();
                result(&if method == "version" { version.clone() } else { json!(6) })
            })
            .mount(&server)
            .await;
        let left = Arc::new(Mutex::new(script.into()));
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::clone(&left), Arc::clone(&sent));
        Mock::given(method("POST"))
            .and(path("/xmlrpc/2/object"))
            .respond_with(move |request: &Request| {
                let (_, params) = decode_call(&request.body, Limits::default()).unwrap();
                let params: serde_json::Value = from_value(Value::Array(params)).unwrap();
                let call = format!("{}.{}", params[3].as_str().unwrap(), params[4].as_str().unwrap());
                if call.ends_with(".fields_get") {
                    return result(&fields(major, params[3].as_str().unwrap()));
                }
                log.lock().unwrap().push(params[5].clone());
                let next = script.lock().unwrap().pop_front();
                match next {
                    Some((expected, answer)) if expected == call => match answer {
                        Answer::Result(value) => result(&value),
                        Answer::Fault(code, text) => fault(code, text),
                        Answer::Nothing => fault(1, NONE_FAULT),
                    },
                    Some((expected, _)) => fault(2, &format!("{call} came instead of {expected}")),
                    None => fault(2, &format!("{call} came after the end")),
                }
            })
            .mount(&server)
            .await;
        let url = server.uri().parse().unwrap();
        let mut config = OdooConfig::new(url, "db", "api", "secret".into());
        config.retry = RetryPolicy { total: std::time::Duration::ZERO, ..RetryPolicy::default() };
        let client = Client::connect(&config).await.unwrap();
        Self { client, left, sent, _server: server }
    }

    /// Opens a session and fails unless the whole script was played.
    async fn open(&self, major: u8) -> OpenSession {
        let dialect = Dialect::of(&self.client).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("store.db")).await.unwrap();
        let shop = shop(major);
        let opener = Opener {
            store: &store,
            lease: Token(1),
            client: &self.client,
            dialect: &dialect,
            shop: &shop,
            sync: "s",
            auto_open: true,
            settle: chrono::TimeDelta::zero(),
            day: chrono::NaiveDate::default(),
            now: chrono::DateTime::UNIX_EPOCH,
        };
        let open = opener.ensure().await;
        self.is_over();
        open.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn send(&self, major: u8) -> Delivered {
        let dialect = Dialect::of(&self.client).await.unwrap();
        let (shop, booking) = (shop(major), booking());
        let session = OpenSession { id: 2, stock_at_closing: true, day: None };
        let delivery =
            Delivery { client: &self.client, dialect: &dialect, shop: &shop, session, unique: false };
        let delivered = delivery.send(&[&booking]).await;
        self.is_over();
        delivered
    }

    fn is_over(&self) {
        let left: Vec<_> = self.left.lock().unwrap().iter().map(|(call, _)| *call).collect();
        assert!(left.is_empty(), "not called: {left:?}");
    }
}

fn result(value: &serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_bytes(encode_response(value).unwrap())
}

fn fault(code: i32, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_bytes(encode_fault(code, text).unwrap())
}

fn fields(major: u8, model: &str) -> serde_json::Value {
    let dialect = super::tests::dialect(major, false);
    let names = match model {
        "pos.order" => dialect.order,
        "pos.order.line" => dialect.line,
        "pos.payment" => dialect.payment,
        other => panic!("{other}"),
    };
    names.iter().map(|name| (name.clone(), json!({"type": "char"}))).collect::<serde_json::Map<_, _>>().into()
}

fn session_row(state: &str) -> Answer {
    Answer::Result(json!([{
        "id": 2, "state": state, "update_stock_at_closing": true, "cash_register_balance_start": 0.0,
        "rescue": false, "user_id": [6, "API"], "order_ids": [],
        "create_date": "1970-01-01 00:00:00",
    }]))
}

/// The order of [`booking`] as a server of this series shows it.
fn held(major: u8, state: &str, paid: f64) -> Answer {
    let mut row = json!({
        "id": 4, "name": "Shop/0001", "state": state, "amount_total": 46.0, "amount_paid": paid,
        "picking_ids": [], "session_id": [2, "POS/2"], "pos_reference": booking().reference,
        "partner_id": [12, "Ada Customer"], "account_move": [3, "INV/2026/00001"],
    });
    if major >= 18 {
        row["uuid"] = json!(booking().uuid.to_string());
    }
    Answer::Result(json!([row]))
}

/// The newest session of the shop before one is opened.
const NEWEST: fn() -> Answer = || Answer::Result(json!([{"id": 1}]));
const NOTHING_FOUND: fn() -> Answer = || Answer::Result(json!([]));

#[track_caller]
fn booked(delivered: &Delivered) {
    assert!(delivered.stop.is_none(), "{:?}", delivered.stop);
    match delivered.sent.as_slice() {
        [(_, Sent::Held(Judged { verdict: Verdict::Booked(booked), .. }))] => {
            assert_eq!((booked.pos_order_id, booked.name.as_str()), (4, "Shop/0001"));
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(delivered: &Delivered, code: Code) {
    match delivered.sent.as_slice() {
        [(_, Sent::Held(Judged { verdict: Verdict::Refused(refusal), .. }))] => {
            assert_eq!(refusal.code, code);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sessions_open_by_the_calls_of_their_series() {
    for (major, control) in [
        (16, "pos.session.set_cashbox_pos"),
        (17, "pos.session.set_cashbox_pos"),
        (18, "pos.session.set_opening_control"),
    ] {
        let server = Recorded::of(
            major,
            [
                ("pos.session.search_read", NOTHING_FOUND()),
                ("pos.session.search_read", NEWEST()),
                (
                    "pos.config.open_ui",
                    Answer::Result(json!({"type": "ir.actions.act_url", "url": "/pos/ui?config_id=1"})),
                ),
                ("pos.session.search_read", session_row("opening_control")),
                (control, Answer::Nothing),
                ("pos.session.search_read", session_row("opened")),
            ],
        )
        .await;
        let open = server.open(major).await;
        assert_eq!((open.id, open.day), (2, Some(chrono::NaiveDate::default())), "{major}: it is ours");
    }
}

/// 15 as read: `create` is what its own button comes to; without cash control it is open at once.
#[tokio::test]
async fn before_16_a_session_is_created() {
    let server = Recorded::of(
        15,
        [
            ("pos.session.search_read", NOTHING_FOUND()),
            ("pos.session.search_read", NEWEST()),
            ("pos.session.create", Answer::Result(json!(2))),
            ("pos.session.search_read", session_row("opened")),
        ],
    )
    .await;
    assert_eq!(server.open(15).await.id, 2);
    assert_eq!(server.sent.lock().unwrap()[2], json!([{"config_id": 1, "user_id": 6}]));
}

#[tokio::test]
async fn up_to_17_an_order_is_created_found_by_its_reference_and_given_its_note() {
    for major in [16, 17] {
        let server = Recorded::of(
            major,
            [
                (
                    "pos.order.create_from_ui",
                    Answer::Result(json!([{"id": 4, "pos_reference": "SRC/-/70211", "account_move": false}])),
                ),
                ("pos.order.search_read", held(major, "paid", 46.0)),
                ("pos.order.write", Answer::Result(json!(true))),
            ],
        )
        .await;
        booked(&server.send(major).await);
        let sent = server.sent.lock().unwrap();
        assert_eq!(sent[1], json!([[["pos_reference", "in", ["SRC/-/70211"]]]]), "{major}");
        assert_eq!(sent[2], json!([[4], {"note": "External order"}]), "{major}");
    }
}

/// `[]` from 16 and 17, `{"pos.order": []}` from early 18: it was there already.
#[tokio::test]
async fn an_empty_answer_to_a_document_sent_before_means_look_it_up() {
    for (major, call, empty) in [
        (16, "pos.order.create_from_ui", json!([])),
        (17, "pos.order.create_from_ui", json!([])),
        (18, "pos.order.sync_from_ui", json!({"pos.order": []})),
    ] {
        let mut script: Script =
            [(call, Answer::Result(empty)), ("pos.order.search_read", held(major, "done", 46.0))].into();
        if major < 18 {
            script.push_back(("pos.order.write", Answer::Result(json!(true))));
        }
        booked(&Recorded::of(major, script).await.send(major).await);
    }
}

/// Late 18, after its own repetition of a failed transaction.
#[tokio::test]
async fn a_paid_order_left_in_draft_is_finished() {
    let server = Recorded::of(
        18,
        [
            ("pos.order.sync_from_ui", Answer::Result(json!({"pos.order": [{"id": 4, "state": "draft"}]}))),
            ("pos.order.search_read", held(18, "draft", 46.0)),
            ("pos.order.sync_from_ui", Answer::Result(json!({"pos.order": [{"id": 4, "state": "paid"}]}))),
            ("pos.order.search_read", held(18, "paid", 46.0)),
        ],
    )
    .await;
    booked(&server.send(18).await);
    let sent = server.sent.lock().unwrap();
    assert_eq!(
        sent[2],
        json!([[{
            "uuid": booking().uuid.to_string(), "session_id": 2, "state": "paid", "access_token": false,
            "lines": [], "payment_ids": [], "amount_return": 0,
        }]])
    );
}

/// 16 and 17 swallow "not fully paid": an id comes back, and the order is a draft.
#[tokio::test]
async fn an_order_that_stayed_a_draft_is_not_booked() {
    for major in [16, 17] {
        let server = Recorded::of(
            major,
            [
                (
                    "pos.order.create_from_ui",
                    Answer::Result(json!([{"id": 4, "pos_reference": "SRC/-/70211"}])),
                ),
                ("pos.order.search_read", held(major, "draft", 45.0)),
            ],
        )
        .await;
        refused(&server.send(major).await, Code::NotPaidInOdoo);
    }
}

/// Early 18 stores as paid whatever it is told to.
#[tokio::test]
async fn an_order_paid_with_another_sum_is_not_booked() {
    let server = Recorded::of(
        18,
        [
            ("pos.order.sync_from_ui", Answer::Result(json!({"pos.order": [{"id": 4, "state": "paid"}]}))),
            ("pos.order.search_read", held(18, "paid", 0.0)),
        ],
    )
    .await;
    refused(&server.send(18).await, Code::BookedDifferently);
}

/// Late 18: the loser of two equal requests is told so, and the order is there.
#[tokio::test]
async fn an_order_that_exists_already_is_looked_up() {
    let server = Recorded::of(
        18,
        [
            (
                "pos.order.sync_from_ui",
                Answer::Fault(2, "The operation cannot be completed: An order with this uuid already exists"),
            ),
            ("pos.order.search_read", held(18, "paid", 46.0)),
        ],
    )
    .await;
    booked(&server.send(18).await);
}

/// 17 of 2026 faults on the broken transaction instead of on its cause.
#[tokio::test]
async fn a_fault_on_a_broken_transaction_refuses_the_order() {
    let text = "Traceback (most recent call last):\n  File \"pos_order.py\", line 1, in create_from_ui\npsycopg2.errors.InFailedSqlTransaction: current transaction is aborted, commands ignored until end of transaction block\n";
    let server = Recorded::of(17, [("pos.order.create_from_ui", Answer::Fault(1, text))]).await;
    let delivered = server.send(17).await;
    let [(_, Sent::Refused(refusal))] = delivered.sent.as_slice() else { panic!("{delivered:?}") };
    assert_eq!(refusal.code, Code::OdooRefused);
    assert!(refusal.message.contains("InFailedSqlTransaction"), "{refusal}");
}

fn till(state: &str) -> Answer {
    Answer::Result(json!([{
        "state": state, "cash_register_balance_end": 46.0, "cash_register_id": [3, "Drawer"],
    }]))
}

const CLOSED: fn() -> Answer = || Answer::Result(json!({"successful": true}));

async fn close(major: u8, has_cash: bool, script: impl Into<Script>) -> (Closing, Recorded) {
    let server = Recorded::of(major, script).await;
    let dialect = Dialect::of(&server.client).await.unwrap();
    let answer = dialect.close_session(&server.client, 2, has_cash).await.unwrap();
    server.is_over();
    (answer, server)
}

#[tokio::test]
async fn from_16_on_the_expected_cash_is_counted_and_the_session_closed() {
    for major in [16, 17, 18, 19] {
        let script = [
            ("pos.session.read", till("opened")),
            ("pos.session.post_closing_cash_details", CLOSED()),
            ("pos.session.close_session_from_ui", CLOSED()),
        ];
        let (answer, server) = close(major, true, script).await;
        assert_eq!(answer, Closing::Done, "{major}");
        assert_eq!(server.sent.lock().unwrap()[1], json!([[2], 46.0]), "{major}");
        // Without a drawer the count would be an error.
        let script = [("pos.session.close_session_from_ui", CLOSED())];
        assert_eq!(close(major, false, script).await.0, Closing::Done, "{major}");
    }
}

#[tokio::test]
async fn what_only_a_person_may_force_is_told_from_what_is_refused() {
    let answer = |value| [("pos.session.close_session_from_ui", Answer::Result(value))];
    let forced = json!({"successful": false, "message": "Force Close Session", "redirect": true});
    assert_eq!(close(17, false, answer(forced)).await.0, Closing::Forced);
    let drafts = json!({
        "successful": false, "message": "You cannot close the POS when orders are still in draft", "redirect": false,
    });
    let (answer, _) = close(16, false, answer(drafts)).await;
    assert!(matches!(&answer, Closing::Refused(why) if why.contains("still in draft")), "{answer:?}");
}

#[tokio::test]
async fn on_14_the_drawers_statement_gets_its_balance_before_the_validation() {
    let (answer, server) = close(
        14,
        true,
        [
            ("pos.session.action_pos_session_closing_control", Answer::Nothing),
            ("pos.session.read", till("closing_control")),
            ("account.bank.statement.write", Answer::Result(json!(true))),
            ("pos.session.action_pos_session_validate", Answer::Result(json!({"type": "ir.actions.client"}))),
        ],
    )
    .await;
    assert_eq!(answer, Closing::Done);
    assert_eq!(server.sent.lock().unwrap()[2], json!([[3], {"balance_end_real": 46.0}]));
    // Without cash control the first call closes it.
    let script = [
        ("pos.session.action_pos_session_closing_control", Answer::Nothing),
        ("pos.session.read", till("closed")),
    ];
    assert_eq!(close(14, true, script).await.0, Closing::Done);
}

/// Left in its closing control, each order that comes would make a rescue session.
#[tokio::test]
async fn on_14_a_session_that_could_not_be_closed_takes_orders_again() {
    let too_different = "Your ending balance is too different from the theoretical cash closing";
    let (answer, server) = close(
        14,
        true,
        [
            ("pos.session.action_pos_session_closing_control", Answer::Nothing),
            ("pos.session.read", till("closing_control")),
            ("account.bank.statement.write", Answer::Result(json!(true))),
            ("pos.session.action_pos_session_validate", Answer::Fault(2, too_different)),
            ("pos.session.read", till("closing_control")),
            ("pos.session.write", Answer::Result(json!(true))),
        ],
    )
    .await;
    assert_eq!(answer, Closing::Refused(too_different.to_owned()));
    assert_eq!(server.sent.lock().unwrap()[5], json!([[2], {"state": "opened", "stop_at": false}]));
}
