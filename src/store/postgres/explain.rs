//! What PostgreSQL says, in words with a fix.

use std::io::ErrorKind;

use crate::store::Trouble;

/// Error codes of PostgreSQL (its documentation, appendix A) with their fix.
pub(super) fn explain(error: &sqlx::Error) -> (Trouble, String) {
    use Trouble::{Broken, Passing, Setup, Unreachable};
    let (trouble, fix) = match error {
        sqlx::Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => {
            (Unreachable, "no PostgreSQL answers there; start it, or correct the [store] url")
        }
        sqlx::Error::Io(_) => {
            (Unreachable, "the connection broke; check the server and the network: nothing stored is lost")
        }
        sqlx::Error::Tls(_) => (
            Setup,
            "the connection cannot be encrypted as asked; in the [store] url, sslrootcert=FILE names the authority that signed the server's certificate, sslmode=require does not check it, sslmode=disable does not encrypt",
        ),
        sqlx::Error::PoolTimedOut => {
            (Unreachable, "the server does not answer, or all its connections are taken; check it")
        }
        _ => match code(error).as_deref() {
            Some("28P01" | "28000") => {
                (Setup, "check user and password of the [store] url, and the server's pg_hba.conf")
            }
            Some("3D000") => (Setup, "create that database: createdb NAME"),
            Some("42501" | "3F000") => (
                Setup,
                "give the user of the [store] url a schema of its own: create schema tillbridge authorization USER",
            ),
            Some("25006") => {
                (Setup, "the server only reads (a standby?); give the [store] url the address of the primary")
            }
            Some("53100") => (
                Passing,
                "the server's disk is full; free some space and try again: nothing stored before is lost",
            ),
            Some("53300") => (Passing, "the server has no connection left; raise its max_connections"),
            Some("57P01" | "57P02" | "57P03") => {
                (Unreachable, "the server is being restarted; try again: nothing stored is lost")
            }
            Some("XX001" | "XX002") => (
                Broken,
                "the server reports damaged data; restore the database's backup: what is booked is looked up in Odoo",
            ),
            _ => return (Broken, error.to_string()),
        },
    };
    (trouble, format!("{error}; {fix}"))
}

/// Whether a transaction lost against another one and was undone.
pub(super) fn is_lost_race(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

/// Whether the connection broke; what was not committed is undone.
pub(super) fn is_broken_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        _ => matches!(code(error).as_deref(), Some("57P01" | "57P02" | "57P03")),
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}
