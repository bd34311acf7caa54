//! The client against a server on loopback that says what an Odoo, a proxy or a broken
//! network would.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::odoo::xmlrpc::{Limits, Value, decode_call, encode_fault, encode_response, to_value};
use crate::odoo::{FailureKind, Fault, OdooConfig, XmlRpcTransport};

const PASSWORD: &str = "sesame-open";
const NONE_RESULT: &str = "Traceback (most recent call last):\n  File \"xmlrpc.py\", line 114, in dumps\n    dump(v, write)\nTypeError: cannot marshal None unless allow_none is enabled\n";

fn config(url: &str) -> OdooConfig {
    let url = url.parse().expect("url");
    let mut config = OdooConfig::new(url, "shop", "robot", SecretString::from(PASSWORD));
    config.retry = RetryPolicy {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        total: Duration::from_millis(20),
    };
    config
}

fn result(value: impl Serialize) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_bytes(encode_response(&value).expect("encodes"))
}

fn fault(code: i32, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_bytes(encode_fault(code, text).expect("encodes"))
}

fn html(status: u16) -> ResponseTemplate {
    let page = "<html><head><title>502 Bad Gateway</title></head></html>";
    ResponseTemplate::new(status).set_body_raw(page, "text/html")
}

/// Answers `version` and `authenticate`.
struct Common {
    info: serde_json::Value,
    login: ResponseTemplate,
}

impl Respond for Common {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (method, params) = decode_call(&request.body, Limits::default()).expect("a call");
        match method.as_str() {
            "version" => result(&self.info),
            "authenticate" => {
                let expected = to_value(&("shop", "robot", PASSWORD, Struct::new())).expect("encodes");
                assert_eq!(Value::Array(params), expected);
                self.login.clone()
            }
            other => panic!("unexpected {other}"),
        }
    }
}

async fn common(server: &MockServer, info: serde_json::Value, login: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path("/xmlrpc/2/common"))
        .respond_with(Common { info, login })
        .mount(server)
        .await;
}

fn version_19() -> serde_json::Value {
    json!({
        "server_version": "19.0",
        "server_version_info": [19, 0, 0, "final", 0, ""],
        "server_serie": "19.0",
        "protocol_version": 1,
    })
}

/// A client logged in to a server that gives these answers to calls, the last one forever;
/// and the count of calls.
async fn client_with(
    answers: Vec<ResponseTemplate>,
    adapt: impl FnOnce(&mut OdooConfig),
) -> (Client, Arc<AtomicUsize>, MockServer) {
    let server = MockServer::start().await;
    common(&server, version_19(), result(7)).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    Mock::given(method("POST"))
        .and(path("/xmlrpc/2/object"))
        .respond_with(move |_: &Request| {
            let call = count.fetch_add(1, Ordering::SeqCst);
            answers[call.min(answers.len() - 1)].clone()
        })
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    adapt(&mut config);
    let client = Client::connect(&config).await.expect("connects");
    (client, calls, server)
}

async fn client(answers: Vec<ResponseTemplate>) -> (Client, Arc<AtomicUsize>, MockServer) {
    client_with(answers, |_| ()).await
}

async fn read_it(client: &Client) -> Result<Value, CallError> {
    client.read("res.partner", "search_count", NO_ARGS, ()).await
}

async fn write_it(client: &Client) -> Outcome<Value> {
    client.write("pos.order", "sync_from_ui", NO_ARGS, ()).await
}

mod calls {
    use super::*;

    #[tokio::test]
    async fn a_call_carries_login_arguments_and_context() {
        let (client, _, server) = client(vec![result(true)]).await;
        let german = client.with_context([("lang", "de_DE"), ("tz", "UTC")]);
        let german = german.with_context([("tz", "Asia/Riyadh")]);
        let kwargs = Struct::from([("limit", 5)]);
        let done: Outcome<bool> =
            german.write("pos.order", "sync_from_ui", ([1], "Fish & Chips"), kwargs).await;
        assert_eq!(done, Outcome::Committed(true));
        assert_eq!(read_it(&client).await, Ok(true.into()));

        let requests = server.received_requests().await.expect("recorded");
        let sent: Vec<Value> = requests
            .iter()
            .filter(|request| request.url.path() == "/xmlrpc/2/object")
            .map(|request| {
                assert_eq!(request.headers["content-type"], "text/xml");
                let call = decode_call(&request.body, Limits::default()).expect("a call");
                assert_eq!(call.0, "execute_kw");
                Value::Array(call.1)
            })
            .collect();
        let with_context = json!({"limit": 5, "context": {"lang": "de_DE", "tz": "Asia/Riyadh"}});
        let expected = [
            json!(["shop", 7, PASSWORD, "pos.order", "sync_from_ui", [[1], "Fish & Chips"], with_context]),
            json!(["shop", 7, PASSWORD, "res.partner", "search_count", [], {}]),
        ];
        for (sent, expected) in sent.iter().zip(expected) {
            assert_eq!(serde_json::to_value(sent).expect("JSON"), expected);
        }
    }

    #[tokio::test]
    async fn none_and_lost_results() {
        let (client, calls, _server) = client(vec![fault(1, NONE_RESULT)]).await;
        assert_eq!(write_it(&client).await, Outcome::Committed(Value::Nil));
        assert_eq!(read_it(&client).await, Ok(Value::Nil));
        // A caller that cannot do without the result has to look it up.
        let outcome: Outcome<i64> = client.write("m", "f", NO_ARGS, ()).await;
        assert!(matches!(outcome, Outcome::Unknown(CallError::Fault(_))), "{outcome:?}");
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_fault_refuses_a_write_and_fails_a_read_at_once() {
        let (client, calls, _server) = client(vec![fault(2, "Order / is not fully paid.")]).await;
        let refusal = Fault::new("2", "Order / is not fully paid.");
        assert_eq!(write_it(&client).await, Outcome::Refused(refusal.clone()));
        assert_eq!(read_it(&client).await, Err(CallError::Fault(refusal)));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_fault_that_leaves_the_commit_open_is_unknown() {
        let lost = "psycopg2.OperationalError: server closed the connection unexpectedly";
        let (client, calls, _server) = client(vec![fault(1, lost)]).await;
        let outcome = write_it(&client).await;
        assert!(matches!(outcome, Outcome::Unknown(CallError::Fault(_))), "{outcome:?}");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn reads_are_repeated_and_writes_are_not() {
        let lock = fault(1, "psycopg2.errors.LockNotAvailable: could not obtain lock");
        let answers = vec![
            lock.clone(),
            html(502),
            ResponseTemplate::new(503),
            ResponseTemplate::new(200).set_body_string("<?xml version='1.0'?><methodRes"),
            result(3),
        ];
        let (client, calls, _server) = client(answers).await;
        assert_eq!(read_it(&client).await, Ok(3.into()));
        assert_eq!(calls.load(Ordering::SeqCst), 5);

        let (client, calls, _server) = super::client(vec![lock]).await;
        assert!(matches!(write_it(&client).await, Outcome::Refused(fault) if fault.is_transient()));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_read_gives_up_in_the_end() {
        let (client, calls, _server) = client(vec![ResponseTemplate::new(502)]).await;
        let error = read_it(&client).await.expect_err("gives up");
        assert_eq!(error.failure().map(|f| f.kind), Some(FailureKind::Status(502)));
        assert!(calls.load(Ordering::SeqCst) > 2);
        let never = |config: &mut OdooConfig| config.retry = RetryPolicy::NEVER;
        let (client, calls, _server) = client_with(vec![ResponseTemplate::new(502)], never).await;
        read_it(&client).await.expect_err("fails");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_encoded_is_not_sent() {
        let (client, calls, _server) = client(vec![result(true)]).await;
        let outcome: Outcome<Value> =
            client.write("m", "f", (1_i64 << 40,), Struct::from([("note", "\u{7}")])).await;
        let Outcome::NotSent(CallError::Encode(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.path(), "args[0]");
        let outcome: Outcome<Value> =
            client.write("m", "f", NO_ARGS, Struct::from([("note", "\u{7}")])).await;
        let Outcome::NotSent(CallError::Encode(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.path(), "kwargs.note");
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_large_result_comes_in_pages_by_id() {
        #[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
        struct Row {
            id: i64,
            name: String,
        }
        let row = |id: i64| Row { id, name: format!("row {id}") };
        let all: Vec<Row> = (1..=2500).map(row).collect();
        let server = MockServer::start().await;
        common(&server, version_19(), result(7)).await;
        let table = all.clone();
        Mock::given(path("/xmlrpc/2/object"))
            .respond_with(move |request: &Request| {
                let (_, params) = decode_call(&request.body, Limits::default()).expect("a call");
                let call = serde_json::to_value(&params).expect("JSON");
                match call[4].as_str() {
                    Some("search_read") => {
                        assert_eq!(call[5], json!([]));
                        assert_eq!(call[6]["domain"], json!([["active", "=", true], ["id", ">", 0]]));
                        assert_eq!(call[6]["order"], "id");
                        if let Some(limit) = call[6]["limit"].as_u64() {
                            return result(&table[..usize::try_from(limit).unwrap()]);
                        }
                        assert_eq!(call[6]["fields"], json!(["id"]));
                        result(table.iter().map(|row| json!({"id": row.id})).collect::<Vec<_>>())
                    }
                    Some("read") => {
                        assert_eq!(call[6], json!({"fields": ["name"]}));
                        let ids: Vec<i64> = serde_json::from_value(call[5][0].clone()).unwrap();
                        assert!(ids.len() <= 1000);
                        // One was deleted meanwhile.
                        result(ids.into_iter().filter(|id| *id != 1700).map(row).collect::<Vec<_>>())
                    }
                    other => panic!("{other:?}"),
                }
            })
            .mount(&server)
            .await;
        let client = Client::connect(&config(&server.uri())).await.expect("connects");
        let domain = (("active", "=", true), ("id", ">", 0));
        let rows: Vec<Row> = client.search_read("res.partner", domain, &["name"], "id").await.expect("rows");
        let expected: Vec<Row> = all.into_iter().filter(|row| row.id != 1700).collect();
        assert_eq!(rows, expected);
    }
}

mod transport {
    use super::*;

    /// What a read and a write make of an answer: the kind of failure, and whether the
    /// write is of unknown outcome (rather than not sent).
    async fn sorted(answer: ResponseTemplate) -> (FailureKind, bool, String) {
        sorted_with(answer, |config| config.retry = RetryPolicy::NEVER).await
    }

    async fn sorted_with(
        answer: ResponseTemplate,
        adapt: impl FnOnce(&mut OdooConfig),
    ) -> (FailureKind, bool, String) {
        let (client, calls, _server) = client_with(vec![answer], adapt).await;
        let (error, unknown) = match write_it(&client).await {
            Outcome::Unknown(error) => (error, true),
            Outcome::NotSent(error) => (error, false),
            other => panic!("{other:?}"),
        };
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        let shown = format!("{error} {error:?} {client:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
        (error.failure().expect("a failure").kind, unknown, error.to_string())
    }

    #[tokio::test]
    async fn statuses() {
        for (status, unknown) in [
            (301, false),
            (401, false),
            (404, false),
            (405, false),
            (413, false),
            (429, false),
            (400, true),
            (403, true),
            (500, true),
            (502, true),
            (503, true),
            (504, true),
        ] {
            let (kind, is_unknown, message) = sorted(html(status)).await;
            assert_eq!((kind, is_unknown), (FailureKind::Status(status), unknown), "{status}");
            assert!(message.contains(&format!("answered HTTP {status}")), "{message}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_named_and_not_followed() {
        let answer = ResponseTemplate::new(301)
            .insert_header("location", "https://user:pw@odoo.example.com/xmlrpc/2/object?token=1");
        let (_, unknown, message) = sorted(answer).await;
        assert!(!unknown);
        assert!(message.ends_with("to https://odoo.example.com/xmlrpc/2/object"), "{message}");
    }

    #[tokio::test]
    async fn retry_after() {
        let answer = |value: &str| ResponseTemplate::new(429).insert_header("retry-after", value);
        for (value, expected) in [
            ("7", Some(7)),
            ("999999", Some(300)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(300)),
            ("soon", None),
        ] {
            let (client, ..) = client(vec![answer(value)]).await;
            let Outcome::NotSent(CallError::Busy { retry_after, .. }) = write_it(&client).await else {
                panic!("{value}")
            };
            assert_eq!(retry_after, expected.map(Duration::from_secs), "{value}");
        }
    }

    #[tokio::test]
    async fn answers_that_are_none() {
        let ok = |body: &str| ResponseTemplate::new(200).set_body_string(body);
        let (kind, unknown, message) = sorted(html(200)).await;
        assert_eq!((kind, unknown), (FailureKind::WebPage, true));
        assert!(message.contains("a web page titled \"502 Bad Gateway\""), "{message}");
        for body in ["", "OK", "<?xml version='1.0'?><methodResponse><par", "<rss/>"] {
            let (kind, unknown, _) = sorted(ok(body)).await;
            assert_eq!((kind, unknown), (FailureKind::BadAnswer, true), "{body}");
        }
        // Sound, but not what the caller can use: done or not, it must be looked up.
        let (client, ..) = client(vec![result("text")]).await;
        let outcome: Outcome<i64> = client.write("m", "f", NO_ARGS, ()).await;
        let Outcome::Unknown(error) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.failure().map(|f| f.kind), Some(FailureKind::Unexpected));
    }

    #[tokio::test]
    async fn an_answer_too_large_is_cut_short() {
        let body = encode_response(&"x".repeat(100_000)).expect("encodes");
        let answer = ResponseTemplate::new(200).set_body_bytes(body);
        let (kind, unknown, message) = sorted_with(answer, |config| {
            config.retry = RetryPolicy::NEVER;
            config.max_answer_bytes = 50_000;
        })
        .await;
        assert_eq!((kind, unknown), (FailureKind::TooLarge, true));
        assert!(message.contains("ask for less"), "{message}");
    }

    /// `gzip.compress` of an answer with 2000 times "a".
    const GZIPPED: &[u8] = b"\
        \x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\xb1\xaf\xc8\xcd\x51\x28\x4b\x2d\x2a\xce\xcc\
        \xcf\xb3\x55\x37\xd4\x33\x50\xb7\xb7\xb3\xc9\x4d\x2d\xc9\xc8\x4f\x09\x4a\x2d\x2e\xc8\xcf\
        \x2b\x4e\xb5\xb3\x29\x48\x2c\x4a\xcc\x2d\x86\xd2\x76\x36\x65\x89\x39\xa5\x40\xd1\xe2\x92\
        \xa2\xcc\xbc\x74\xbb\xc4\x51\x30\x0a\x46\xc1\x28\x18\x05\xa3\x60\x14\x0c\x79\x60\xa3\x0f\
        \xad\xd8\x6d\xf4\xa1\x15\xbd\x3e\xb4\xde\xd7\x87\xb5\x03\xf4\xd1\x1a\x08\x00\x9d\x0b\x9a\
        \xbd\x46\x08\x00\x00";

    #[tokio::test]
    async fn compressed_answers_count_by_their_full_size() {
        let answer =
            || ResponseTemplate::new(200).set_body_bytes(GZIPPED).insert_header("content-encoding", "gzip");
        let (client, _, server) = client(vec![answer()]).await;
        assert_eq!(read_it(&client).await, Ok("a".repeat(2000).into()));
        let requests = server.received_requests().await.expect("recorded");
        assert_eq!(requests.last().expect("one").headers["accept-encoding"], "gzip");
        let (kind, ..) = sorted_with(answer(), |config| config.max_answer_bytes = 1500).await;
        assert_eq!(kind, FailureKind::TooLarge);
    }

    #[tokio::test]
    async fn a_slow_answer_times_out() {
        let slow = result(1).set_delay(Duration::from_secs(60));
        let (kind, unknown, message) = sorted_with(slow, |config| {
            config.retry = RetryPolicy::NEVER;
            config.timeouts.total = Duration::from_secs(2);
        })
        .await;
        assert_eq!((kind, unknown), (FailureKind::Timeout, true));
        assert!(message.contains("in time"), "{message}");
    }

    /// A server that reads a request, sends `answer` and hangs up.
    async fn hangs_up(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn a_connection_that_breaks() {
        for answer in [
            b"".as_slice(),
            b"HTTP/1.1 200 OK\r\ncontent-le",
            b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<?xml version='1.0'?>",
        ] {
            let url = hangs_up(answer).await;
            let transport = XmlRpcTransport::new(&config(&url)).expect("transport");
            let error = transport.version().await.expect_err("breaks");
            assert!(matches!(error, CallError::Unknown(_)), "{error:?}");
            assert_eq!(error.failure().map(|f| f.kind), Some(FailureKind::Connection));
        }
        // Without a length the end of the document is missing instead.
        let url = hangs_up(b"HTTP/1.0 200 OK\r\n\r\n<?xml version='1.0'?><methodResponse>").await;
        let transport = XmlRpcTransport::new(&config(&url)).expect("transport");
        let error = transport.version().await.expect_err("breaks");
        assert_eq!(error.failure().map(|f| f.kind), Some(FailureKind::BadAnswer));
    }
}

mod connecting {
    use super::*;

    async fn refused(config: &OdooConfig) -> ConnectError {
        let error = Client::connect(config).await.expect_err("must not connect");
        assert!(!error.fix().is_empty());
        let shown = format!("{error} {error:?} {config:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
        error
    }

    #[tokio::test]
    async fn version_and_user_are_known() {
        let (client, _, server) = client(vec![result(true)]).await;
        assert_eq!(client.series().to_string(), "19.0");
        assert_eq!(client.version().text, "19.0");
        assert_eq!(client.user(), 7);
        assert_eq!(client.target().address, server.uri());
    }

    #[tokio::test]
    async fn the_path_of_a_proxy_is_kept() {
        let server = MockServer::start().await;
        Mock::given(path("/erp/xmlrpc/2/common"))
            .respond_with(Common { info: version_19(), login: result(7) })
            .mount(&server)
            .await;
        let url = format!("{}/erp/", server.uri().replace("127.0.0.1", "u:pw@127.0.0.1"));
        let config = config(&url);
        let client = Client::connect(&config).await.expect("connects");
        assert_eq!(client.target().address, format!("{}/erp", server.uri()));
        assert!(!format!("{config:?} {client:?}").contains("pw@"));
    }

    #[tokio::test]
    async fn wrong_login_and_wrong_database() {
        let cases = [
            (result(false), "does not accept the login \"robot\""),
            (fault(3, "Access Denied"), "does not accept the login \"robot\""),
            (
                fault(1, "psycopg2.OperationalError: FATAL:  database \"shop\" does not exist"),
                "has no database \"shop\"",
            ),
            (fault(1, "KeyError: 'x'"), "the login failed: KeyError: 'x'"),
        ];
        for (login, text) in cases {
            let server = MockServer::start().await;
            common(&server, version_19(), login).await;
            let error = refused(&config(&server.uri())).await;
            assert!(error.to_string().contains(text), "{error}");
            assert!(!error.is_temporary());
        }
    }

    #[tokio::test]
    async fn series_that_are_not_known() {
        for (info, text) in [
            (json!({"server_version": "13.0"}), "is Odoo 13.0, which is not supported"),
            (json!({"server_version": "20.0"}), "is Odoo 20.0"),
            (json!({"server_version": "huh"}), "has no version that is known"),
            (json!({"hello": "world"}), "missing field `server_version`"),
        ] {
            let server = MockServer::start().await;
            common(&server, info, result(7)).await;
            let error = refused(&config(&server.uri())).await;
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[tokio::test]
    async fn something_else_answers() {
        for answer in [html(200), html(404), ResponseTemplate::new(200), ResponseTemplate::new(303)] {
            let server = MockServer::start().await;
            Mock::given(method("POST")).respond_with(answer).mount(&server).await;
            let error = refused(&config(&server.uri())).await;
            assert!(matches!(error, ConnectError::NotOdoo { .. }), "{error:?}");
        }
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(html(502)).mount(&server).await;
        let error = refused(&config(&server.uri())).await;
        assert!(matches!(error, ConnectError::Unreachable { .. }) && error.is_temporary());
    }

    #[tokio::test]
    async fn nobody_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        drop(listener);
        let error = refused(&config(&url)).await;
        assert!(error.to_string().contains("Connection refused"), "{error}");
        assert!(matches!(error, ConnectError::Unreachable { .. }) && error.is_temporary());
    }

    #[tokio::test]
    async fn https_to_a_port_that_speaks_http() {
        let server = MockServer::start().await;
        let error = refused(&config(&server.uri().replace("http:", "https:"))).await;
        assert!(matches!(error, ConnectError::Tls { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn plain_http_goes_no_further_than_this_machine() {
        for url in ["http://odoo.example.com", "http://10.0.0.1:8069", "http://127.example.com"] {
            let error = refused(&config(url)).await;
            assert!(matches!(error, ConnectError::InsecureUrl { .. }), "{error:?}");
            let allowed = OdooConfig { allow_insecure_http: true, ..config(url) };
            assert!(XmlRpcTransport::new(&allowed).is_ok());
        }
        for url in
            ["http://localhost:8069", "http://127.0.0.2", "http://[::1]:8069", "https://odoo.example.com"]
        {
            assert!(XmlRpcTransport::new(&config(url)).is_ok(), "{url}");
        }
        let error = refused(&config("ftp://odoo.example.com")).await;
        assert!(matches!(error, ConnectError::BadUrl { .. }));
    }
}
