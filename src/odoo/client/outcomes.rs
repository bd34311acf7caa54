//! What an answer, or none, says of a write: one table for all that an Odoo of 14.0 or 19.0, a
//! proxy or a network was seen to do. Whatever is not certain must come out as unknown.

use secrecy::SecretString;
use serde::de::IgnoredAny;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::odoo::xmlrpc::{encode_fault, encode_response};
use crate::odoo::{OdooConfig, TransportChoice};

/// What a write means for the orders in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    /// Committed.
    Done,
    /// Rolled back; it gave way to others.
    Race,
    /// Rolled back; the same would meet any call.
    Outage,
    /// Rolled back, and would be again.
    Refused,
    /// Never executed.
    NotSent,
    /// To be looked up.
    Unknown,
}

impl Means {
    fn of(outcome: &Outcome<IgnoredAny>) -> Self {
        match outcome {
            Outcome::Committed(_) => Self::Done,
            Outcome::Refused(fault) if fault.lost_a_race() => Self::Race,
            Outcome::Refused(fault) if fault.meets_every_call() => Self::Outage,
            Outcome::Refused(_) => Self::Refused,
            Outcome::NotSent(_) => Self::NotSent,
            Outcome::Unknown(_) => Self::Unknown,
        }
    }
}

/// What becomes of the request.
enum Happens {
    /// This answer, and the connection ends.
    Answer(Vec<u8>),
    /// The connection is reset, with this much of the request read and this answer begun.
    Reset { read: usize, answer: &'static [u8] },
}

fn http(head: &str, body: impl AsRef<[u8]>) -> Happens {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    Happens::Answer([head.as_bytes(), body].concat())
}

fn fault(code: i32, text: &str) -> Happens {
    http("200 OK\r\nContent-Type: text/xml", encode_fault(code, text).expect("encodes"))
}

/// A traceback of a call: these frames below the dispatcher, this exception.
fn traceback(frames: &str, exception: &str) -> Happens {
    fault(
        1,
        &format!(
            "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/odoo/http.py\", line 439, in dispatch_rpc\n    return dispatch(method, params)\n{frames}{exception}\n"
        ),
    )
}

fn page(status: &str, title: &str) -> Happens {
    http(
        &format!("{status}\r\nContent-Type: text/html"),
        format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body></html>"
        ),
    )
}

/// What a write means when this happens to it.
async fn means(happens: Happens) -> (Means, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("accepts");
            if let Happens::Reset { read: 0, .. } = happens {
                // Login first; that is answered.
                let mut begun = [0; 512];
                let peeked = stream.peek(&mut begun).await.expect("peeks");
                if String::from_utf8_lossy(&begun[..peeked]).contains("/object ") {
                    reset(stream, b"").await;
                    continue;
                }
            }
            let request = whole(&mut stream).await;
            let answer = match request.as_str() {
                text if text.contains("<methodName>version<") => {
                    let version = Struct::from([("server_version", "19.0")]);
                    http("200 OK", encode_response(&version).expect("encodes"))
                }
                text if text.contains("<methodName>authenticate<") => {
                    http("200 OK", encode_response(&7).expect("encodes"))
                }
                _ => match &happens {
                    Happens::Answer(answer) => Happens::Answer(answer.clone()),
                    Happens::Reset { answer, .. } => {
                        reset(stream, answer).await;
                        continue;
                    }
                },
            };
            let Happens::Answer(answer) = answer else { continue };
            stream.write_all(&answer).await.expect("writes");
        }
    });
    let mut config =
        OdooConfig::new(url.parse().expect("url"), "shop", "robot", SecretString::from("password"));
    config.transport = TransportChoice::XmlRpc;
    config.retry = RetryPolicy::NEVER;
    let client = Client::connect(&config).await.expect("connects");
    let outcome = client.write("pos.order", "sync_from_ui", ([1],), ()).await;
    server.abort();
    (Means::of(&outcome), format!("{outcome:?}"))
}

/// Begins an answer, then has the kernel send RST.
async fn reset(mut stream: TcpStream, answer: &[u8]) {
    stream.write_all(answer).await.expect("writes");
    stream.flush().await.expect("flushes");
    stream.set_zero_linger().expect("set");
}

async fn whole(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.expect("reads");
        let text = String::from_utf8_lossy(&request).into_owned();
        if text.contains("</methodCall>") {
            return text;
        }
    }
}

/// 19.0, `sql_db.py`.
const IN_COMMIT: &str =
    "  File \"/usr/lib/python3/dist-packages/odoo/sql_db.py\", line 557, in commit\n    self._cnx.commit()\n";
/// 19.0, `service/model.py`: behind the commit.
const IN_SIGNAL: &str = "  File \"/usr/lib/python3/dist-packages/odoo/orm/registry.py\", line 1050, in signal_changes\n    cr.execute(query)\n";
/// 14.0, `sql_db.py`: before the commit.
const IN_FLUSH: &str = "  File \"/usr/lib/python3/dist-packages/odoo/sql_db.py\", line 444, in commit\n    flush_env(self)\n  File \"/usr/lib/python3/dist-packages/odoo/fields.py\", line 1, in compute_value\n    x\n";

#[tokio::test]
async fn odoos_own_words() {
    use Means::*;
    for (happens, expected) in [
        (http("200 OK", encode_response(&[1]).expect("encodes")), Done),
        (
            fault(
                1,
                "Traceback (most recent call last):\n  File \"xmlrpc.py\", line 114, in dumps\n    dump(v, write)\nTypeError: cannot marshal None unless allow_none is enabled\n",
            ),
            Done,
        ),
        (fault(2, "Please provide a partner for the sale."), Refused),
        (fault(4, "You are not allowed to create 'Point of Sale Orders' (pos.order) records."), Refused),
        (traceback("", "ValueError: Invalid field 'foo' in 'pos.order'"), Refused),
        (traceback(IN_FLUSH, "ZeroDivisionError: division by zero"), Refused),
        (
            traceback(
                "",
                "psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update",
            ),
            Race,
        ),
        (
            traceback(
                IN_FLUSH,
                "psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update",
            ),
            Race,
        ),
        (
            traceback(
                "",
                "psycopg2.errors.LockNotAvailable: could not obtain lock on row in relation \"ir_sequence\"",
            ),
            Race,
        ),
        (traceback("", "psycopg2.pool.PoolError: The Connection Pool Is Full"), Outage),
        (
            traceback(
                "",
                "psycopg2.OperationalError: connection to server at \"db\" (10.0.0.2), port 5432 failed: FATAL:  the database system is starting up",
            ),
            Outage,
        ),
        (traceback("", "psycopg2.OperationalError: FATAL:  database \"shop\" does not exist"), Outage),
        (traceback("", "KeyError: 'res.users'"), Outage),
        (fault(2, "Currently, this database is not fully loaded and can not be used."), Outage),
        (fault(2, "Object pos.order doesn't exist"), Outage),
        (fault(3, "Access Denied"), Outage),
        (traceback(IN_COMMIT, "psycopg2.errors.SerializationFailure: could not serialize access"), Unknown),
        (traceback(IN_SIGNAL, "psycopg2.pool.PoolError: The Connection Pool Is Full"), Unknown),
        (
            traceback(
                "",
                "psycopg2.errors.AdminShutdown: terminating connection due to administrator command\nSSL connection has been closed unexpectedly",
            ),
            Unknown,
        ),
        (
            traceback(
                "",
                "psycopg2.OperationalError: server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally",
            ),
            Unknown,
        ),
        (traceback("", "psycopg2.InterfaceError: cursor already closed"), Unknown),
    ] {
        let (found, shown) = means(happens).await;
        assert_eq!(found, expected, "{shown}");
    }
}

#[tokio::test]
async fn what_stands_between() {
    use Means::*;
    for (happens, expected) in [
        // nginx, while Odoo restarts; then with Odoo too slow; its limits.
        (page("502 Bad Gateway", "502 Bad Gateway"), Unknown),
        (page("504 Gateway Time-out", "504 Gateway Time-out"), Unknown),
        (page("413 Request Entity Too Large", "413 Request Entity Too Large"), NotSent),
        (page("429 Too Many Requests\r\nRetry-After: 7", "429 Too Many Requests"), NotSent),
        (page("503 Service Temporarily Unavailable\r\nRetry-After: 7", "503"), Unknown),
        // A filter may dislike the answer as well as the request.
        (page("403 Forbidden", "403 Forbidden"), Unknown),
        (page("408 Request Time-out", "408"), Unknown),
        (page("520 <none>", "Web server is returning an unknown error"), Unknown),
        (page("524 <none>", "A timeout occurred"), Unknown),
        (page("500 Internal Server Error", "500 Internal Server Error"), Unknown),
        // Somebody else's door.
        (page("301 Moved Permanently\r\nLocation: https://odoo.example.com/", "301"), NotSent),
        (page("401 Authorization Required", "401"), NotSent),
        (page("404 Not Found", "404 Not Found"), NotSent),
        (page("405 Method Not Allowed", "405"), NotSent),
        // Success that is none.
        (page("200 OK", "Odoo is being updated"), Unknown),
        (http("200 OK", ""), Unknown),
        (http("200 OK", "OK"), Unknown),
        (http("200 OK", "<?xml version='1.0'?><methodResponse><params><par"), Unknown),
        (http("204 No Content", ""), Unknown),
        // Connections that break: before the request was read, after it, in the answer.
        (Happens::Reset { read: 0, answer: b"" }, Unknown),
        (Happens::Reset { read: 1, answer: b"" }, Unknown),
        (Happens::Reset { read: 1, answer: b"HTTP/1.1 200 OK\r\nContent-Le" }, Unknown),
        (
            Happens::Reset {
                read: 1,
                answer: b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<?xml version='1.0'?>",
            },
            Unknown,
        ),
    ] {
        let (found, shown) = means(happens).await;
        assert_eq!(found, expected, "{shown}");
    }
}

#[tokio::test]
async fn an_odoo_that_stopped_takes_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let server = tokio::spawn(async move {
        for answer in [
            encode_response(&Struct::from([("server_version", "14.0")])).expect("encodes"),
            encode_response(&7).expect("encodes"),
        ] {
            let (mut stream, _) = listener.accept().await.expect("accepts");
            whole(&mut stream).await;
            let Happens::Answer(answer) = http("200 OK", answer) else { continue };
            stream.write_all(&answer).await.expect("writes");
        }
    });
    let mut config =
        OdooConfig::new(url.parse().expect("url"), "shop", "robot", SecretString::from("password"));
    config.transport = TransportChoice::XmlRpc;
    let client = Client::connect(&config).await.expect("connects");
    server.await.expect("it stops");
    let outcome: Outcome<IgnoredAny> = client.write("pos.order", "create_from_ui", ([1],), ()).await;
    assert_eq!(Means::of(&outcome), Means::NotSent, "{outcome:?}");
}
