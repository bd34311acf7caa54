//! The sidecar from its start to its death.

use std::process::ExitStatus;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::support::binary::Bridge;

/// A running `tillbridge`; killed when dropped.
#[derive(Debug)]
pub struct Life {
    child: Child,
    said: Arc<Mutex<String>>,
    readers: [JoinHandle<()>; 2],
}

impl Life {
    /// Starts a command.
    pub fn start(bridge: &Bridge, args: &[&str]) -> Self {
        let mut child = bridge.start(args);
        let said = Arc::new(Mutex::new(String::new()));
        let stdout = listen(child.stdout.take().expect("piped"), Arc::clone(&said));
        let stderr = listen(child.stderr.take().expect("piped"), Arc::clone(&said));
        Self { child, said, readers: [stdout, stderr] }
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("its status")
    }

    /// Kills it with SIGKILL. `false` when it had ended by itself before.
    pub async fn kill(&mut self) -> bool {
        let alive = self.child.try_wait().expect("its state").is_none();
        self.child.kill().await.expect("it is killed");
        alive
    }

    /// All that it said, once it is dead.
    pub async fn said(mut self) -> String {
        self.child.wait().await.expect("its status");
        for reader in self.readers {
            reader.await.expect("it is read");
        }
        let said = self.said.lock().expect("no reader failed").clone();
        assert!(!said.contains("panicked"), "tillbridge panicked:\n{said}");
        said
    }
}

/// Reads all the time: a full pipe would stop the sidecar.
fn listen(from: impl AsyncRead + Unpin + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut said = into.lock().expect("no reader failed");
            said.push_str(&line);
            said.push('\n');
        }
    })
}
