//! The texts are those of Odoo 19.0 and 14.0, frames left out where they repeat.

use proptest::prelude::*;

use super::*;

/// Frames from the controller to the method, as 19.0 prints them.
const DISPATCH: &str = r#"Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/addons/rpc/controllers/xmlrpc.py", line 162, in xmlrpc_2
    response = self._xmlrpc(service)
               ^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/odoo/addons/rpc/controllers/xmlrpc.py", line 134, in _xmlrpc
    result = dispatch_rpc(service, method, params)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/odoo/http.py", line 439, in dispatch_rpc
    return dispatch(method, params)
           ^^^^^^^^^^^^^^^^^^^^^^^^
"#;

/// Frames from the controller to Python's encoder.
const MARSHAL: &str = r#"Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/addons/rpc/controllers/xmlrpc.py", line 135, in _xmlrpc
    return dumps((result,))
           ^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/odoo/addons/rpc/controllers/xmlrpc.py", line 114, in dumps
    response = OdooMarshaller(allow_none=False).dumps(params)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/xmlrpc/client.py", line 536, in __dump
    f(self, value, write)
"#;

const NONE: &str = r#"  File "/usr/lib/python3.11/xmlrpc/client.py", line 540, in dump_nil
    raise TypeError("cannot marshal None unless allow_none is enabled")
TypeError: cannot marshal None unless allow_none is enabled
"#;

const IN_A_DICT: &str = r#"  File "/usr/lib/python3.11/xmlrpc/client.py", line 607, in dump_struct
    dump(v, write)
"#;

fn application(text: impl AsRef<str>) -> Fault {
    Fault::new("1", text.as_ref())
}

#[test]
fn codes() {
    for (code, kind) in [
        ("1", FaultKind::Application),
        ("2", FaultKind::User),
        ("3", FaultKind::AccessDenied),
        (" 4 ", FaultKind::AccessRights),
        ("5", FaultKind::Other),
        ("warning -- UserError\n\nNo", FaultKind::Other),
        ("", FaultKind::Other),
    ] {
        assert_eq!(Fault::new(code, "x").kind(), kind, "{code}");
    }
}

#[test]
fn a_traceback_is_reduced_to_its_exception() {
    let fault = application(format!("{DISPATCH}ValueError: Invalid field 'foo' in 'res.partner'\n"));
    assert_eq!(fault.message(), "ValueError: Invalid field 'foo' in 'res.partner'");
    // Several lines of message, and blank ones after it.
    let fault = application(format!(
        "{DISPATCH}psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"u\"\nDETAIL:  Key (uuid)=(x) already exists.\n\n"
    ));
    assert_eq!(
        fault.message(),
        "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"u\" DETAIL:  Key (uuid)=(x) already exists."
    );
    // Of a chain the last exception counts.
    let fault = application(format!(
        "{DISPATCH}KeyError: 'nope'\n\nDuring handling of the above exception, another exception occurred:\n\n{DISPATCH}RuntimeError: no\n"
    ));
    assert_eq!(fault.message(), "RuntimeError: no");
    let fault = application(
        "Traceback (most recent call last):\n  File \"x\", line 1, in y\n    \u{1b}[1;31mraise\u{1b}[0m z\n\u{1b}[91mKeyError: 'name'\u{1b}[m\n",
    );
    assert_eq!(fault.message(), "KeyError: 'name'");
}

#[test]
fn odd_texts_keep_something_to_read() {
    assert_eq!(application("").to_string(), "Odoo gave no reason (Application fault)");
    assert_eq!(application("  \n \n").message(), "");
    assert_eq!(application("just words\n").message(), "just words");
    assert_eq!(
        application("Traceback (most recent call last):\n").message(),
        "Traceback (most recent call last):"
    );
    assert_eq!(
        application("Traceback (most recent call last):\n  File \"x\", line 1, in y\n    z()").message(),
        "z()"
    );
    assert_eq!(application("\u{1b}[").message(), "");
}

#[test]
fn other_faults_keep_their_whole_text() {
    let text = "Record does not exist or has been deleted.\n(Record: pos.order(99999,), User: 2)";
    assert_eq!(Fault::new("2", &format!("{text}\n")).message(), text);
    assert_eq!(Fault::new("3", "Access Denied").to_string(), "Access Denied");
}

#[test]
fn a_long_message_is_cut() {
    let message = Fault::new("2", &"é".repeat(1_000_000)).message().to_owned();
    assert_eq!(message.chars().count(), 2001);
    assert!(message.ends_with("é…"));
}

#[test]
fn none_as_result_is_done() {
    let fault = application(format!("{MARSHAL}{NONE}"));
    assert!(fault.is_none_result() && !fault.is_lost_result() && !fault.is_ambiguous());
    assert!(application("TypeError: cannot marshal None unless allow_none is enabled").is_none_result());
}

#[test]
fn a_result_that_cannot_be_written_is_done_too() {
    let nested = application(format!("{MARSHAL}{IN_A_DICT}{NONE}"));
    assert!(nested.is_lost_result() && !nested.is_none_result());
    let frozen = application(format!(
        "{MARSHAL}{IN_A_DICT}TypeError: cannot marshal <class 'odoo.tools.misc.frozendict'> objects\n"
    ));
    assert!(frozen.is_lost_result() && !frozen.is_none_result());
}

#[test]
fn the_same_text_from_within_the_method_is_a_failure() {
    let fault = application(format!("{DISPATCH}{NONE}"));
    assert!(!fault.is_none_result() && !fault.is_lost_result());
    // Nor does a text in a message count.
    let quoted = Fault::new("2", "TypeError: cannot marshal None unless allow_none is enabled");
    assert!(!quoted.is_none_result());
}

/// What a fault says: this attempt lost, every call would meet it, or it is of what was asked.
#[derive(Debug, PartialEq)]
enum Says {
    Race,
    Outage,
    Request,
}

fn says(fault: &Fault) -> Says {
    let says = (fault.lost_a_race(), fault.meets_every_call(), fault.is_transient());
    match says {
        (true, false, true) => Says::Race,
        (false, true, true) => Says::Outage,
        (false, false, false) => Says::Request,
        other => panic!("{other:?} of {fault}"),
    }
}

#[test]
fn what_a_traceback_says_of_another_try() {
    for (last, expected) in [
        // A transaction that gave way, after five tries (14.0 and 19.0).
        (
            "psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update",
            Says::Race,
        ),
        (
            "psycopg2.errors.LockNotAvailable: could not obtain lock on row in relation \"pos_session\"",
            Says::Race,
        ),
        (
            "psycopg2.errors.DeadlockDetected: deadlock detected\nDETAIL:  Process 1 waits for ShareLock",
            Says::Race,
        ),
        ("psycopg2.extensions.TransactionRollbackError: could not serialize access", Says::Race),
        ("psycopg2.errors.QueryCanceled: canceling statement due to statement timeout", Says::Race),
        ("psycopg2.extensions.QueryCanceledError: canceling statement due to lock timeout", Says::Race),
        ("odoo.exceptions.ConcurrencyError: the cache changed", Says::Race),
        ("MemoryError", Says::Race),
        // No connection from Odoo to PostgreSQL (14.0 and 19.0, libpq 11 to 17).
        ("psycopg2.pool.PoolError: The Connection Pool Is Full", Says::Outage),
        (
            "psycopg2.OperationalError: connection to server at \"db\", port 5432 failed: FATAL:  sorry, too many clients already",
            Says::Outage,
        ),
        (
            "psycopg2.OperationalError: connection to server at \"db\", port 5432 failed: Connection refused",
            Says::Outage,
        ),
        (
            "psycopg2.OperationalError: could not connect to server: Connection refused\n\tIs the server running",
            Says::Outage,
        ),
        (
            "psycopg2.OperationalError: could not translate host name \"db\" to address: Name or service not known",
            Says::Outage,
        ),
        ("psycopg2.OperationalError: FATAL:  the database system is starting up", Says::Outage),
        ("psycopg2.OperationalError: FATAL:  the database system is shutting down", Says::Outage),
        ("psycopg2.OperationalError: FATAL:  the database system is in recovery mode", Says::Outage),
        (
            "psycopg2.OperationalError: FATAL:  the database system is not yet accepting connections",
            Says::Outage,
        ),
        ("psycopg2.errors.TooManyConnections: too many connections for role \"odoo\"", Says::Outage),
        ("psycopg2.errors.CannotConnectNow: the database system is starting up", Says::Outage),
        (
            "psycopg2.errors.DiskFull: could not extend file \"base/1/2\": No space left on device",
            Says::Outage,
        ),
        (
            "psycopg2.errors.ReadOnlySqlTransaction: cannot execute INSERT in a read-only transaction",
            Says::Outage,
        ),
        // A database that is being restored (14.0: `security.check`; 19.0: `dispatch`).
        ("KeyError: 'res.users'", Says::Outage),
        // Anything else is about what was asked.
        ("KeyError: 'session_id'", Says::Request),
        ("ValueError: Invalid field 'foo' in 'pos.order'", Says::Request),
        ("psycopg2.errors.NotNullViolation: null value in column \"x\"", Says::Request),
        ("psycopg2.errors.UndefinedColumn: column pos_order.foo does not exist", Says::Request),
    ] {
        let fault = application(format!("{DISPATCH}{last}\n"));
        assert_eq!(says(&fault), expected, "{last}");
        assert!(!fault.is_ambiguous(), "{last}");
    }
}

#[test]
fn what_a_plain_fault_says_of_another_try() {
    for (text, expected) in [
        // 14.0, while the registry is loaded; the class is an alias of UserError.
        ("Currently, this database is not fully loaded and can not be used.", Says::Outage),
        // 19.0, `lock_for_update`.
        ("Cannot grab a lock on records", Says::Race),
        ("No open session available. Please open a new session to capture the order.", Says::Request),
        ("Object external.order.service doesn't exist", Says::Request),
        ("psycopg2.errors.DeadlockDetected: words of a user", Says::Request),
    ] {
        assert_eq!(says(&Fault::new("2", text)), expected, "{text}");
    }
    // Nothing that passes by itself, but no single order's either.
    let missing = "psycopg2.OperationalError: FATAL:  database \"x\" does not exist";
    for fault in [
        application(format!("{DISPATCH}{missing}\n")),
        Fault::new("2", "Object pos.order doesn't exist"),
        Fault::new("3", "Access Denied"),
    ] {
        assert!(fault.meets_every_call() && !fault.is_transient() && !fault.lost_a_race(), "{fault}");
    }
    assert_eq!(says(&Fault::new("4", "You are not allowed to create 'Point of Sale Orders'")), Says::Request);
}

#[test]
fn what_leaves_the_commit_open() {
    let lost = application(format!(
        "{DISPATCH}psycopg2.OperationalError: server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n"
    ));
    assert!(lost.is_ambiguous() && lost.is_transient());
    let hook = application(format!(
        "{DISPATCH}  File \"/usr/lib/python3/dist-packages/odoo/sql_db.py\", line 480, in commit\n    self.postcommit.run()\nKeyError: 'x'\n"
    ));
    assert!(hook.is_ambiguous());
    // The steps before it roll back: 19.0, then 14.0.
    for step in ["self.flush()", "flush_env(self)", "self.precommit.run()"] {
        let before = application(format!(
            "{DISPATCH}  File \"/usr/lib/python3/dist-packages/odoo/sql_db.py\", line 444, in commit\n    {step}\n  File \"x.py\", line 1, in _compute_tax\nKeyError: 'x'\n"
        ));
        assert!(!before.is_ambiguous() && says(&before) == Says::Request, "{step}");
    }
    let commit = application(format!(
        "{DISPATCH}  File \"/usr/lib/python3/dist-packages/odoo/sql_db.py\", line 557, in commit\n    self._cnx.commit()\npsycopg2.errors.SerializationFailure: could not serialize access\n"
    ));
    assert!(commit.is_ambiguous());
    let plain = application(format!("{DISPATCH}KeyError: 'x'\n"));
    assert!(!plain.is_ambiguous());
}

#[test]
fn a_database_that_is_not_there() {
    for last in [
        "psycopg2.OperationalError: FATAL:  database \"x\" does not exist\n",
        "psycopg2.OperationalError: connection to server at \"127.0.0.1\", port 15519 failed: FATAL:  database \"nope\" does not exist\n\n",
    ] {
        assert!(application(format!("{DISPATCH}{last}")).is_unknown_database(), "{last}");
    }
    assert!(
        !application("psycopg2.OperationalError: FATAL:  role \"x\" does not exist").is_unknown_database()
    );
}

proptest! {
    #[test]
    fn any_text_makes_a_fault(code in ".{0,4}", text in r#"(\PC|\n|\x1b\[?|  File "|    |Traceback){0,60}"#) {
        let fault = Fault::new(&code, &text);
        prop_assert!(fault.message().chars().count() <= MESSAGE_LIMIT + 1);
        prop_assert!(!fault.to_string().is_empty());
    }
}
