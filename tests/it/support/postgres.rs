//! A database of PostgreSQL for one test: empty when it begins.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use secrecy::SecretString;
use serde::Deserialize;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::odoo;

/// Every database of these tests begins so; those of processes that are gone are dropped.
const PREFIX: &str = "tillbridge_it_";

/// A database without anything in it.
#[derive(Debug)]
pub struct Database {
    name: String,
}

/// The server, brought up once: the URL of a database of somebody who may make others.
fn server() -> &'static str {
    #[derive(Deserialize)]
    struct Server {
        url: String,
    }
    static SERVER: OnceLock<Result<String, String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let server: Server = odoo::script(&["pg"])?;
        drop_leftovers(&server.url);
        Ok(server.url)
    });
    server.as_ref().unwrap_or_else(|reason| panic!("no PostgreSQL to test with: {reason}"))
}

/// Databases that a test is done with, for the next one.
static SPARE: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Database {
    /// An empty database.
    pub fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let spare = SPARE.lock().expect("no test fails while it holds them").pop();
        let name = spare.unwrap_or_else(|| {
            let name = format!("{PREFIX}{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
            run(server(), vec![format!("create database {name} template template0")]).expect("a database");
            name
        });
        Self { name }
    }

    /// Its URL.
    pub fn url(&self) -> SecretString {
        url(&self.name).into()
    }

    /// A connection to it.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&url(&self.name)).await.expect("PostgreSQL answers")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // One that cannot be emptied is not used again.
        if run(&url(&self.name), vec!["drop schema if exists tillbridge cascade".to_owned()]).is_ok()
            && let Ok(mut spare) = SPARE.lock()
        {
            spare.push(std::mem::take(&mut self.name));
        }
    }
}

fn url(database: &str) -> String {
    let server = server().strip_suffix("/postgres").expect("the database of the server");
    format!("{server}/{database}")
}

/// Drops the databases of earlier runs, whose processes are gone.
fn drop_leftovers(server: &str) {
    let names = run(server, vec![format!("select datname from pg_database where datname like '{PREFIX}%'")])
        .unwrap_or_default();
    let is_gone = |name: &String| {
        let pid = name.trim_start_matches(PREFIX).split('_').next().and_then(|pid| pid.parse::<u32>().ok());
        pid.is_some_and(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists())
    };
    let drops = names.iter().filter(|name| is_gone(name));
    let _ = run(server, drops.map(|name| format!("drop database if exists {name} with (force)")).collect());
}

/// Runs statements one by one from any thread, with or without a runtime; the texts that the
/// last one returns.
fn run(server: &str, statements: Vec<String>) -> sqlx::Result<Vec<String>> {
    let server = server.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut db = PgConnection::connect(&server).await?;
            let mut texts = Vec::new();
            for statement in statements {
                texts = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&mut db).await?;
            }
            Ok(texts)
        })
    })
    .join()
    .expect("the statements run")
}
