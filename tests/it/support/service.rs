//! `tillbridge run` as a child process.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::binary::Bridge;
use super::until;

/// The service has this long to connect, and to end once told to.
const LIMIT: Duration = Duration::from_secs(90);

/// A running service; killed when dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Service {
    /// Starts the service and waits until it does its work.
    pub async fn start(bridge: &Bridge) -> Self {
        Self::start_with(bridge, &[]).await
    }

    /// The same with more options.
    pub async fn start_with(bridge: &Bridge, options: &[&str]) -> Self {
        let mut child = bridge.start(&[&["run"], options].concat());
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let into = Arc::clone(&log);
        // Read all the time: a full pipe would stop the service.
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut log = into.lock().expect("no reader failed");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut service = Self { child, log, reader };
        until(LIMIT, async || {
            let ended = service.child.try_wait().expect("its state");
            assert!(ended.is_none(), "the service ended: {ended:?}\n{}", service.log());
            service.log().contains("tillbridge is running")
        })
        .await;
        service
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no reader failed").clone()
    }

    /// Kills it, as a crash would.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// Tells it to end and waits for that: exit code and log.
    pub async fn stop(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().expect("it runs").to_string();
        let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).stdin(Stdio::null()).status();
        assert!(told.await.expect("a shell").success(), "the service {pid} cannot be told");
        let ended = tokio::time::timeout(LIMIT, self.child.wait()).await;
        let status =
            ended.unwrap_or_else(|_| panic!("it does not end:\n{}", self.log())).expect("its status");
        (&mut self.reader).await.expect("its log is read");
        let log = self.log();
        assert!(!log.contains("panicked"), "the service panicked:\n{log}");
        (status.code(), log)
    }
}
