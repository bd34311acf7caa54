//! JSON-2 against a server on loopback. The answers are those of a real Odoo 19.0, their
//! tracebacks shortened.

use std::time::Duration;

use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::super::fields::{self, Many2One};
use super::super::xmlrpc::{Exact, Struct};
use super::super::{
    CallError, Client, ConnectError, FailureKind, FaultKind, NO_ARGS, OdooConfig, Outcome, RetryPolicy,
    TransportChoice, TransportKind, decimal,
};
use super::decode;

const KEY: &str = "bbb51cb365d7aad4b62ebafc90690a8c04ee2fdf";

fn config(url: &str) -> OdooConfig {
    let mut config = OdooConfig::new(url.parse().unwrap(), "shop", "robot", SecretString::from(KEY));
    config.is_api_key = true;
    config.transport = TransportChoice::Json2;
    config.retry = RetryPolicy {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        total: Duration::from_millis(20),
    };
    config
}

fn answer(body: Json) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// An exception as Odoo writes it.
fn exception(status: u16, name: &str, message: &str, last_line: &str) -> ResponseTemplate {
    let debug = format!(
        "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/odoo/http.py\", line 2273, in _serve_db\n    return service_model.retrying(serve_func, env=self.env)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n{last_line}\n"
    );
    ResponseTemplate::new(status).set_body_json(json!({
        "name": name, "message": message, "arguments": [message], "context": {}, "debug": debug,
    }))
}

fn invalid_key() -> ResponseTemplate {
    let last = "werkzeug.exceptions.Unauthorized: 401 Unauthorized: Invalid apikey";
    exception(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey", last)
}

fn no_database() -> ResponseTemplate {
    let page = "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>";
    ResponseTemplate::new(404).set_body_raw(page, "text/html; charset=utf-8")
}

async fn mount(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(path(at)).respond_with(answer).mount(server).await;
}

fn version(text: &str, info: &[Json]) -> ResponseTemplate {
    answer(json!({"version_info": info, "version": text}))
}

/// A server on which this login works.
async fn odoo() -> MockServer {
    let server = MockServer::start().await;
    mount(
        &server,
        "/json/version",
        version("19.0", &[json!(19), json!(0), json!(0), json!("final"), json!(0), json!("")]),
    )
    .await;
    Mock::given(method("POST"))
        .and(path("/json/2/res.users/context_get"))
        .and(header("Authorization", format!("bearer {KEY}").as_str()))
        .and(header("X-Odoo-Database", "shop"))
        .respond_with(answer(json!({"lang": "en_US", "tz": false, "uid": 5})))
        .mount(&server)
        .await;
    mount(&server, "/json/2/res.users/read", answer(json!([{"id": 5, "login": "robot"}]))).await;
    server
}

/// A client of a server that gives this answer to every call of `pos.order`.
async fn client(answer: ResponseTemplate) -> (Client, MockServer) {
    let server = odoo().await;
    Mock::given(wiremock::matchers::path_regex("^/json/2/pos.order/"))
        .respond_with(answer)
        .mount(&server)
        .await;
    (Client::connect(&config(&server.uri())).await.unwrap(), server)
}

/// The requests about orders.
async fn sent(server: &MockServer) -> Vec<Request> {
    let all = server.received_requests().await.unwrap();
    all.into_iter().filter(|request| request.url.path().contains("/pos.order/")).collect()
}

async fn write(client: &Client) -> Outcome<Json> {
    client.write("pos.order", "sync_from_ui", ([1],), ()).await
}

async fn read(client: &Client) -> Result<Json, CallError> {
    client.read("pos.order", "search_count", ([0; 0],), ()).await
}

mod requests {
    use super::*;

    #[derive(Serialize)]
    struct Order {
        #[serde(with = "decimal")]
        total: Decimal,
        #[serde(with = "decimal::option")]
        tip: Option<Decimal>,
        lines: Vec<(i64, i64, Struct)>,
    }

    #[tokio::test]
    async fn arguments_go_by_their_names_with_ids_and_context_beside_them() {
        let (client, server) = client(answer(json!(true))).await;
        let german = client.with_context([("lang", "de_DE")]);
        let done: Outcome<bool> =
            german.write("pos.order", "write", ([7, 8], json!({"note": "Fish & Chips"})), ()).await;
        assert_eq!(done, Outcome::Committed(true));
        let _: Json = client
            .read("pos.order", "search_read", NO_ARGS, json!({"domain": [], "limit": 5}))
            .await
            .unwrap();
        let requests = sent(&server).await;
        assert_eq!(requests[0].url.path(), "/json/2/pos.order/write");
        assert_eq!(
            requests[0].body_json::<Json>().unwrap(),
            json!({"ids": [7, 8], "vals": {"note": "Fish & Chips"}, "context": {"lang": "de_DE"}})
        );
        assert_eq!(requests[0].headers["authorization"], format!("bearer {KEY}"));
        assert_eq!(requests[1].body_json::<Json>().unwrap(), json!({"domain": [], "limit": 5}));
    }

    #[tokio::test]
    async fn decimals_are_numbers_of_their_own_digits() {
        let (client, server) = client(answer(json!(true))).await;
        let order = Order { total: dec!(138.10), tip: None, lines: vec![(0, 0, Struct::from([("qty", 2)]))] };
        let _: Outcome<Json> = client.write("pos.order", "sync_from_ui", ([order],), ()).await;
        let _: Outcome<Json> = client
            .write("pos.order", "sync_from_ui", ([Exact(dec!(-0.1234567890123456789012345))],), ())
            .await;
        let requests = sent(&server).await;
        let body = |index: usize| String::from_utf8_lossy(&requests[index].body).into_owned();
        assert_eq!(body(0), r#"{"orders":[{"total":138.10,"tip":null,"lines":[[0,0,{"qty":2}]]}]}"#);
        assert_eq!(body(1), r#"{"orders":[-0.1234567890123456789012345]}"#);
    }

    #[tokio::test]
    async fn what_has_no_name_is_not_sent() {
        let (client, server) = client(answer(json!(true))).await;
        let refused = |outcome: Outcome<Json>| match outcome {
            Outcome::NotSent(CallError::Encode(error)) => error.to_string(),
            other => panic!("{other:?}"),
        };
        let outcome = client.write("pos.order", "dance", ([1],), ()).await;
        assert!(refused(outcome).contains("argument 1 of pos.order.dance has no name for JSON-2"));
        let outcome = client.write("pos.order", "unlink", ([1], 2), ()).await;
        assert!(refused(outcome).contains("argument 2 of pos.order.unlink"));
        let outcome = client.write("pos.order", "unlink", ([1],), json!({"ids": [2]})).await;
        assert!(refused(outcome).contains("the argument ids twice"));
        // Over XML-RPC this one answers an id, over JSON-2 a list.
        let outcome = client.write("pos.order", "create", json!([{"note": ""}]), ()).await;
        assert!(refused(outcome).contains("give a list"));
        assert_eq!(sent(&server).await.len(), 0);
    }
}

mod answers {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        id: i64,
        #[serde(deserialize_with = "fields::optional")]
        name: Option<String>,
        #[serde(deserialize_with = "fields::optional")]
        user_id: Option<Many2One>,
        #[serde(with = "decimal")]
        list_price: Decimal,
        #[serde(deserialize_with = "fields::optional")]
        weight: Option<Exact>,
    }

    #[tokio::test]
    async fn records_are_read_as_from_any_transport() {
        let rows = r#"[{"id": 2, "name": false, "user_id": [5, "posapi"], "list_price": 13.209999999999999, "weight": 1e-07},
                       {"id": 3, "name": "Tea", "user_id": false, "list_price": 120, "weight": false}]"#;
        let (client, _server) = client(ResponseTemplate::new(200).set_body_string(rows)).await;
        let rows: Vec<Row> = client.read("pos.order", "search_read", NO_ARGS, ()).await.unwrap();
        let user = Many2One { id: 5, name: "posapi".into() };
        let expected = [
            Row {
                id: 2,
                name: None,
                user_id: Some(user),
                list_price: dec!(13.209999999999999),
                weight: Some(Exact(dec!(0.0000001))),
            },
            Row { id: 3, name: Some("Tea".into()), user_id: None, list_price: dec!(120), weight: None },
        ];
        assert_eq!(rows, expected);
    }

    proptest! {
        /// Python writes the shortest text of a double; it comes back digit for digit.
        #[test]
        fn no_noise_is_added_to_doubles(number in -1e9_f64..1e9) {
            let text = format!("{number:?}");
            prop_assume!(!text.contains('e'));
            let Exact(read) = decode(text.as_bytes()).unwrap();
            prop_assert_eq!(read, text.parse::<Decimal>().unwrap());
        }
    }

    #[tokio::test]
    async fn none_is_a_result_like_any_other() {
        let (client, _server) = client(answer(Json::Null)).await;
        assert_eq!(write(&client).await, Outcome::Committed(Json::Null));
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_leaves_a_write_open() {
        for (body, kind) in [
            ("[1, 2", FailureKind::BadAnswer),
            ("", FailureKind::BadAnswer),
            ("<html>", FailureKind::WebPage),
            ("{}", FailureKind::Unexpected),
        ] {
            let (client, _server) = client(ResponseTemplate::new(200).set_body_string(body)).await;
            let outcome: Outcome<Vec<i64>> = client.write("pos.order", "sync_from_ui", ([1],), ()).await;
            let Outcome::Unknown(error) = outcome else { panic!("{body}: {outcome:?}") };
            assert_eq!(error.failure().map(|failure| failure.kind), Some(kind), "{body}");
        }
    }
}

mod errors {
    use super::*;

    #[tokio::test]
    async fn what_odoo_refuses_is_a_refusal_in_its_own_words() {
        let cases = [
            (invalid_key(), FaultKind::AccessDenied, "Invalid apikey"),
            (
                exception(
                    403,
                    "odoo.exceptions.AccessError",
                    "Private methods (such as 'res.users._private') cannot be called remotely.",
                    "odoo.exceptions.AccessError: …",
                ),
                FaultKind::AccessRights,
                "Private methods (such as 'res.users._private') cannot be called remotely.",
            ),
            (
                exception(403, "odoo.exceptions.AccessDenied", "Access Denied", ""),
                FaultKind::AccessDenied,
                "Access Denied",
            ),
            (
                exception(404, "werkzeug.exceptions.NotFound", "the model 'no.model' does not exist", ""),
                FaultKind::User,
                "the model 'no.model' does not exist",
            ),
            (
                exception(
                    404,
                    "odoo.exceptions.MissingError",
                    "Record does not exist or has been deleted.\n(Record: pos.order(99999,), User: 5)",
                    "",
                ),
                FaultKind::User,
                "Record does not exist or has been deleted.\n(Record: pos.order(99999,), User: 5)",
            ),
            (
                exception(422, "odoo.exceptions.UserError", "Order / is not fully paid.", ""),
                FaultKind::User,
                "Order / is not fully paid.",
            ),
            (
                exception(
                    422,
                    "werkzeug.exceptions.UnprocessableEntity",
                    "missing a required argument: 'vals'",
                    "",
                ),
                FaultKind::User,
                "missing a required argument: 'vals'",
            ),
            (
                exception(
                    500,
                    "builtins.ValueError",
                    "Invalid field pos.order.foo in condition ('foo', '=', 1)",
                    "ValueError: Invalid field pos.order.foo in condition ('foo', '=', 1)",
                ),
                FaultKind::Application,
                "ValueError: Invalid field pos.order.foo in condition ('foo', '=', 1)",
            ),
            (
                ResponseTemplate::new(500)
                    .set_body_json(json!({"name": "builtins.KeyError", "message": "lines"})),
                FaultKind::Application,
                "KeyError: lines",
            ),
        ];
        for (answer, kind, text) in cases {
            let (client, server) = client(answer).await;
            let Outcome::Refused(fault) = write(&client).await else { panic!("{text} is no refusal") };
            assert_eq!((fault.kind(), fault.message()), (kind, text));
            assert!(!fault.is_transient(), "{text}");
            assert_eq!(read(&client).await, Err(CallError::Fault(fault)));
            assert_eq!(sent(&server).await.len(), 2, "neither is sent again");
        }
    }

    #[tokio::test]
    async fn what_passes_by_itself_is_repeated_for_a_read_and_not_for_a_write() {
        let text = "could not serialize access due to concurrent update";
        let lock = exception(
            500,
            "psycopg2.errors.SerializationFailure",
            text,
            &format!("psycopg2.errors.SerializationFailure: {text}"),
        );
        let (client, server) = client(lock).await;
        assert!(matches!(write(&client).await, Outcome::Refused(fault) if fault.is_transient()));
        assert_eq!(sent(&server).await.len(), 1);
        read(&client).await.unwrap_err();
        assert!(sent(&server).await.len() > 2);
    }

    #[tokio::test]
    async fn an_exception_out_of_the_commit_leaves_a_write_open() {
        let frames = "  File \"/usr/lib/python3/dist-packages/odoo/sql_db.py\", line 482, in commit\n    self._cnx.commit()\npsycopg2.errors.SerializationFailure: could not serialize access";
        for last_line in [frames, "psycopg2.OperationalError: server closed the connection unexpectedly"] {
            let (client, _server) = client(exception(500, "psycopg2.OperationalError", "…", last_line)).await;
            let outcome = write(&client).await;
            assert!(matches!(outcome, Outcome::Unknown(CallError::Fault(_))), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn pages_and_strangers_on_the_way() {
        let page = |status: u16| ResponseTemplate::new(status).set_body_raw("<html>", "text/html");
        let strange = ResponseTemplate::new(502).set_body_json(json!({"error": "upstream"}));
        for (answer, sent_for_certain_not) in [
            (no_database(), true),
            (page(401), true),
            (page(413), true),
            (page(429), true),
            (page(403), false),
            (page(500), false),
            (page(503), false),
            (strange, false),
        ] {
            let (client, server) = client(answer.clone()).await;
            let outcome = write(&client).await;
            let not_sent = matches!(outcome, Outcome::NotSent(_));
            assert!(not_sent || matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
            assert_eq!(not_sent, sent_for_certain_not, "{outcome:?}");
            assert_eq!(sent(&server).await.len(), 1);
        }
    }
}

mod login {
    use super::*;

    async fn refused(server: &MockServer) -> ConnectError {
        match Client::connect(&config(&server.uri())).await {
            Err(error) => error,
            Ok(client) => panic!("logged in: {client:?}"),
        }
    }

    #[tokio::test]
    async fn the_key_says_who_it_is() {
        let server = odoo().await;
        let client = Client::connect(&config(&server.uri())).await.unwrap();
        assert_eq!((client.user(), client.transport()), (5, TransportKind::Json2));
        assert_eq!(client.version().text, "19.0");
        assert!(!format!("{client:?}").contains(KEY));
    }

    #[tokio::test]
    async fn a_wrong_key_and_the_key_of_somebody_else() {
        let server = MockServer::start().await;
        mount(&server, "/json/version", version("19.0", &[])).await;
        mount(&server, "/json/2/res.users/context_get", invalid_key()).await;
        assert!(matches!(refused(&server).await, ConnectError::WrongLogin { .. }));

        let server = MockServer::start().await;
        mount(&server, "/json/version", version("19.0", &[])).await;
        mount(&server, "/json/2/res.users/context_get", answer(json!({"uid": 2}))).await;
        mount(&server, "/json/2/res.users/read", answer(json!([{"id": 2, "login": "admin"}]))).await;
        assert!(matches!(refused(&server).await, ConnectError::WrongLogin { .. }));
    }

    #[tokio::test]
    async fn a_secret_that_is_no_key_is_not_sent() {
        let server = odoo().await;
        let mut config = config(&server.uri());
        config.password = SecretString::from("line\nbreak");
        let error = Client::connect(&config).await.unwrap_err();
        assert!(matches!(error, ConnectError::WrongLogin { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_database_that_is_not_there() {
        let server = MockServer::start().await;
        mount(&server, "/json/version", version("19.0", &[])).await;
        mount(&server, "/json/2/res.users/context_get", no_database()).await;
        let error = refused(&server).await;
        assert!(error.to_string().contains("has no database \"shop\""), "{error}");
    }
}

mod choice {
    use super::super::super::xmlrpc::{Limits, decode_call, encode_fault, encode_response};
    use super::*;

    /// XML-RPC of this version, on which any login works.
    async fn xmlrpc(server: &MockServer, series: &'static str) {
        Mock::given(path("/xmlrpc/2/common"))
            .respond_with(move |request: &Request| {
                let (method, _) = decode_call(&request.body, Limits::default()).unwrap();
                let answer = match method.as_str() {
                    "version" => encode_response(&json!({"server_version": series})),
                    _ => encode_response(&7),
                };
                ResponseTemplate::new(200).set_body_bytes(answer.unwrap())
            })
            .mount(server)
            .await;
    }

    fn auto(server: &MockServer, is_api_key: bool) -> OdooConfig {
        OdooConfig { transport: TransportChoice::Auto, is_api_key, ..config(&server.uri()) }
    }

    async fn chosen(config: &OdooConfig) -> (TransportKind, String) {
        let client = Client::connect(config).await.unwrap();
        (client.transport(), client.why_transport().to_owned())
    }

    #[tokio::test]
    async fn a_key_goes_over_json2_where_it_is_accepted() {
        let server = odoo().await;
        xmlrpc(&server, "19.0").await;
        let (kind, why) = chosen(&auto(&server, true)).await;
        assert_eq!(
            (kind, why.as_str()),
            (TransportKind::Json2, "Odoo 19.0 has it, and it accepts the API key")
        );
        let requests = server.received_requests().await.unwrap();
        assert!(requests.iter().all(|request| !request.url.path().contains("xmlrpc")));

        let (kind, why) = chosen(&auto(&server, false)).await;
        assert_eq!(kind, TransportKind::XmlRpc);
        assert!(why.contains("JSON-2 takes API keys only"), "{why}");
        let only = OdooConfig { transport: TransportChoice::XmlRpc, ..config(&server.uri()) };
        assert_eq!(chosen(&only).await, (TransportKind::XmlRpc, "as the configuration says".into()));
    }

    #[tokio::test]
    async fn xmlrpc_stands_in_where_json2_is_not_there_or_declines() {
        let old = MockServer::start().await;
        xmlrpc(&old, "14.0").await;
        assert_eq!(
            chosen(&auto(&old, true)).await,
            (TransportKind::XmlRpc, "this server offers no JSON-2".into())
        );

        let declines = MockServer::start().await;
        xmlrpc(&declines, "19.0").await;
        mount(&declines, "/json/version", version("19.0", &[])).await;
        mount(&declines, "/json/2/res.users/context_get", invalid_key()).await;
        let (kind, why) = chosen(&auto(&declines, true)).await;
        assert_eq!(kind, TransportKind::XmlRpc);
        assert!(why.starts_with("JSON-2 was tried first: Odoo does not accept the login"), "{why}");
    }

    #[tokio::test]
    async fn an_odoo_that_is_busy_is_no_reason_to_change_the_transport() {
        let server = MockServer::start().await;
        xmlrpc(&server, "19.0").await;
        mount(&server, "/json/version", ResponseTemplate::new(503)).await;
        let error = Client::connect(&auto(&server, true)).await.unwrap_err();
        assert!(error.is_temporary(), "{error:?}");
    }

    #[tokio::test]
    async fn json2_takes_over_where_xmlrpc_is_gone() {
        for status in [404, 410] {
            let server = odoo().await;
            mount(&server, "/xmlrpc/2/common", ResponseTemplate::new(status)).await;
            let (kind, why) = chosen(&auto(&server, false)).await;
            assert_eq!(
                (kind, why.as_str()),
                (TransportKind::Json2, "this server has no XML-RPC any more"),
                "a key given as password serves as well"
            );
        }
        let server = MockServer::start().await;
        mount(&server, "/json/version", version("19.0", &[])).await;
        mount(&server, "/json/2/res.users/context_get", invalid_key()).await;
        let error = Client::connect(&auto(&server, false)).await.unwrap_err();
        assert!(matches!(error, ConnectError::NeedsKey { .. }), "{error:?}");
        let error = Client::connect(&auto(&server, true)).await.unwrap_err();
        assert!(matches!(error, ConnectError::WrongLogin { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn where_neither_is_there_it_is_no_odoo() {
        let server = MockServer::start().await;
        let error = Client::connect(&auto(&server, true)).await.unwrap_err();
        assert!(matches!(error, ConnectError::NotOdoo { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_wrong_login_is_one_on_both() {
        let server = MockServer::start().await;
        mount(&server, "/json/version", version("19.0", &[])).await;
        mount(&server, "/json/2/res.users/context_get", invalid_key()).await;
        Mock::given(path("/xmlrpc/2/common"))
            .respond_with(|request: &Request| {
                let (method, _) = decode_call(&request.body, Limits::default()).unwrap();
                let answer = match method.as_str() {
                    "version" => encode_response(&json!({"server_version": "19.0"})),
                    _ => encode_fault(3, "Access Denied"),
                };
                ResponseTemplate::new(200).set_body_bytes(answer.unwrap())
            })
            .mount(&server)
            .await;
        let error = Client::connect(&auto(&server, true)).await.unwrap_err();
        assert!(error.is_refused_login() && !error.is_temporary(), "{error:?}");
    }
}
