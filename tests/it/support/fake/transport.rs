//! The fake inside the process: the crate's own encoder and decoder, no network.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tillbridge::odoo::xmlrpc::{CallEncoder, Limits};
use tillbridge::odoo::{
    Call, CallError, Client, Failure, FailureKind, Reply, RetryPolicy, Series, ServerVersion, Target,
    Transport, TransportKind, UserId,
};

use super::orm::USER;
use super::probe::{Fault, Probe};
use super::server::{Delivered, Fake};

/// A [`Transport`] to a fake, each call of which is a step of a probe.
pub struct InProcess {
    fake: Arc<Fake>,
    probe: Arc<Probe>,
    target: Target,
}

impl InProcess {
    /// A client of the fake.
    pub async fn client(fake: &Arc<Fake>, probe: &Arc<Probe>, retry: RetryPolicy) -> Client {
        // No address: nobody asks there for the time.
        let target = Target { address: "the fake".into(), database: "fake".into(), username: "api".into() };
        let transport = Self { fake: Arc::clone(fake), probe: Arc::clone(probe), target };
        Client::open(Box::new(transport), "it is a test", retry).await.expect("the fake lets everybody in")
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

#[async_trait]
impl Transport for InProcess {
    fn kind(&self) -> TransportKind {
        TransportKind::XmlRpc
    }

    fn target(&self) -> &Target {
        &self.target
    }

    async fn version(&self) -> Result<ServerVersion, CallError> {
        let series = Series { major: self.fake.kind.series, minor: 0 };
        Ok(ServerVersion { series, text: series.to_string() })
    }

    async fn authenticate(&self) -> Result<Option<UserId>, CallError> {
        Ok(Some(USER))
    }

    async fn call(&self, user: UserId, call: &Call<'_>) -> Result<Reply, CallError> {
        let mut request = CallEncoder::new("execute_kw")?;
        request.param("database", "fake")?.param("user", &user)?.param("password", "secret")?;
        request.param("model", call.model)?.param("method", call.method)?;
        call.args.append_xml("args", &mut request)?;
        call.kwargs.append_xml("kwargs", &mut request)?;
        let body = request.finish();
        self.probe.while_alive().await;
        let (fault, takes) = self.probe.at(&format!("{}.{}", call.model, call.method));
        if fault == Some(Fault::Crash { done: false }) {
            self.probe.crash().await;
        }
        if let Some(Fault::CrashMeanwhile(late)) = fault {
            self.fake.take(&body, late);
            self.probe.crash().await;
        }
        let delivered = self.fake.exchange(&body, fault, takes).await;
        if fault == Some(Fault::Crash { done: true }) {
            self.probe.crash().await;
        }
        arrived(delivered)
    }
}

/// What the client makes of it: the same as over the network, which a test compares.
fn arrived(delivered: Delivered) -> Result<Reply, CallError> {
    let failure = |kind| Failure { kind, message: format!("http://fake: {kind:?}") };
    Err(match delivered {
        Delivered::Answer(body) | Delivered::Truncated(body) => {
            return Ok(Reply::xml(body, Limits::default()));
        }
        Delivered::Refused => CallError::NotSent(failure(FailureKind::Connect)),
        Delivered::Reset => CallError::Unknown(failure(FailureKind::Connection)),
        Delivered::Nothing => CallError::Unknown(failure(FailureKind::Timeout)),
        Delivered::Status(status @ (429 | 503)) => {
            CallError::Busy { failure: failure(FailureKind::Status(status)), retry_after: None }
        }
        Delivered::Status(status) => CallError::Unknown(failure(FailureKind::Status(status))),
    })
}
