//! Odoo's processes and its database, to be broken while they are at work.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::process::Command;

use crate::support::odoo::{Database, bring_up, odoo, server};
use crate::support::series::Series;

/// The Odoo of the tests, with one database.
#[derive(Debug)]
pub struct Machine {
    database: String,
    port: u16,
}

/// The process that leads the others, once a run restarted Odoo; 0 before. Of all runs, for
/// they share it.
static LEADER: AtomicU32 = AtomicU32::new(0);

impl Machine {
    /// That of this database.
    pub fn of(database: &Database) -> Self {
        Self { database: database.name(), port: server().pg_port }
    }

    /// Ends all connections to the database, and no other's. How many there were.
    pub async fn cut_database(&self) -> usize {
        self.cut(&self.database).await
    }

    /// The same for another database of the same role.
    async fn cut(&self, database: &str) -> usize {
        let role = Series::current().database_role();
        let mut connection: PgConnection = PgConnectOptions::new()
            .host("127.0.0.1")
            .port(self.port)
            .username(role)
            .password(role)
            .database("postgres")
            .connect()
            .await
            .expect("PostgreSQL answers");
        let ended: i64 = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = $1 and backend_type = 'client backend'",
        )
        .bind(database)
        .fetch_one(&mut connection)
        .await
        .expect("a role may end its own connections");
        connection.close().await.expect("PostgreSQL answers");
        usize::try_from(ended).expect("a count")
    }

    /// Kills the processes that answer requests; their leader makes new ones. How many there
    /// were.
    pub async fn kill_workers(&self) -> usize {
        let restarted = LEADER.load(Ordering::Relaxed);
        let workers = workers(if restarted == 0 { server().pid } else { restarted });
        for worker in &workers {
            let kill = Command::new("sh").args(["-c", "kill -KILL \"$0\"", &worker.to_string()]).status();
            kill.await.expect("a shell");
        }
        workers.len()
    }

    /// Stops Odoo as an administrator would, and starts it again.
    pub async fn restart(&self) {
        let up = tokio::task::spawn_blocking(|| {
            let down = odoo().arg("down").status().expect("the script runs");
            assert!(down.success(), "Odoo does not stop");
            bring_up().expect("Odoo starts again")
        });
        LEADER.store(up.await.expect("it does not panic").pid, Ordering::Relaxed);
    }
}

/// The children of Odoo's leader that answer calls: all but the one for long polling.
fn workers(leader: u32) -> Vec<u32> {
    let is_worker = |pid: &u32| {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        // pid (name) state parent …
        let stat = read("stat");
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        parent == Some(leader) && !read("cmdline").contains("gevent")
    };
    std::fs::read_dir("/proc")
        .expect("the processes")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(is_worker)
        .collect()
}
