//! The client: a logged-in user of one database.

mod calling;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connect::ConnectError;
use super::failure::{CallError, FailureKind};
use super::outcome::Outcome;
use super::retry::RetryPolicy;
use super::series::{Series, ServerVersion};
use super::transport::{Call, Target, Transport, TransportKind, UserId};
use super::xmlrpc::Struct;
use calling::InContext;

/// A domain without conditions: all records.
pub const EVERYTHING: [(); 0] = [];

/// No positional arguments.
pub const NO_ARGS: [(); 0] = [];

/// Records asked for at a time.
const PAGE: usize = 1000;

/// A logged-in user of one database. Cheap to clone, safe to share.
#[derive(Debug, Clone)]
pub struct Client {
    connection: Arc<Connection>,
    context: Struct,
}

#[derive(Debug)]
struct Connection {
    transport: Box<dyn Transport>,
    why_transport: String,
    version: ServerVersion,
    user: UserId,
    retry: RetryPolicy,
    /// Names of fields by model, as far as they were asked for.
    fields: Mutex<HashMap<String, Arc<BTreeSet<String>>>>,
}

impl Client {
    /// Finds out the version and logs in. Nothing is repeated. `why` says why it is this
    /// transport, for people.
    pub async fn open(
        transport: Box<dyn Transport>,
        why: impl Into<String>,
        retry: RetryPolicy,
    ) -> Result<Self, ConnectError> {
        let target = transport.target();
        let version = transport.version().await.map_err(|error| ConnectError::of(error, target))?;
        Self::log_in(transport, version, why, retry).await
    }

    /// The same where the version is known already.
    pub(super) async fn log_in(
        transport: Box<dyn Transport>,
        version: ServerVersion,
        why: impl Into<String>,
        retry: RetryPolicy,
    ) -> Result<Self, ConnectError> {
        let target = transport.target();
        if !version.series.is_supported() {
            return Err(ConnectError::UnsupportedSeries {
                address: target.address.clone(),
                series: version.series,
            });
        }
        let user = match transport.authenticate().await {
            Ok(Some(user)) => user,
            Ok(None) => return Err(ConnectError::wrong_login(target)),
            Err(error) => {
                let kind = error.failure().map(|failure| failure.kind);
                // The server told its version, so it is JSON-2 of this database that is not
                // there ("No database is selected").
                if (transport.kind(), kind) == (TransportKind::Json2, Some(FailureKind::Status(404))) {
                    return Err(ConnectError::unknown_database(target));
                }
                return Err(ConnectError::of(error, target));
            }
        };
        let (kind, why_transport) = (transport.kind(), why.into());
        tracing::debug!(?target, version = version.text, user, %kind, "logged in to Odoo");
        let fields = Mutex::default();
        let connection = Connection { transport, why_transport, version, user, retry, fields };
        Ok(Self { connection: Arc::new(connection), context: Struct::new() })
    }

    /// The same client with these members added to the context of every call (`lang`, `tz`,
    /// `allowed_company_ids`, `active_id` …), over what it has already.
    #[must_use]
    pub fn with_context(&self, context: impl Into<Struct>) -> Self {
        let mut merged = self.context.clone();
        for (name, value) in context.into().iter() {
            merged.insert(name, value.clone());
        }
        Self { connection: Arc::clone(&self.connection), context: merged }
    }

    /// Which Odoo, database and user this is.
    pub fn target(&self) -> &Target {
        self.connection.transport.target()
    }

    /// Over which transport it goes.
    pub fn transport(&self) -> TransportKind {
        self.connection.transport.kind()
    }

    /// Why it goes over this transport: a clause for people.
    pub fn why_transport(&self) -> &str {
        &self.connection.why_transport
    }

    /// What the server said of itself.
    pub fn version(&self) -> &ServerVersion {
        &self.connection.version
    }

    /// The server's series.
    pub fn series(&self) -> Series {
        self.connection.version.series
    }

    /// The id of the user logged in.
    pub fn user(&self) -> UserId {
        self.connection.user
    }

    /// Calls a method that changes nothing, and repeats it while that may help
    /// ([`CallError::is_retryable`]).
    ///
    /// `args` is an array: a tuple such as `([id],)`, or [`NO_ARGS`]; the names of these
    /// arguments stand in `methods.rs`, for JSON-2. `create` is always given a list, and
    /// answers a list. `kwargs` is a struct, a map, a [`Struct`] or `()`; never with a `context` of its own, see
    /// [`Self::with_context`].
    pub async fn read<T: DeserializeOwned + Send>(
        &self,
        model: &str,
        method: &str,
        args: impl Serialize + Send + Sync,
        kwargs: impl Serialize + Send + Sync,
    ) -> Result<T, CallError> {
        let kwargs = InContext { kwargs, context: &self.context };
        let call = Call { model, method, args: &args, kwargs: &kwargs };
        let mut answer = None;
        let called = self.connection.repeat(&call, &mut answer).await;
        calling::taken(called, answer)
    }

    /// Calls a method that may change something. It is sent at most once. Arguments as for
    /// [`Self::read`].
    pub async fn write<T: DeserializeOwned + Send>(
        &self,
        model: &str,
        method: &str,
        args: impl Serialize + Send + Sync,
        kwargs: impl Serialize + Send + Sync,
    ) -> Outcome<T> {
        let kwargs = InContext { kwargs, context: &self.context };
        let call = Call { model, method, args: &args, kwargs: &kwargs };
        let mut answer = None;
        let called = self.connection.call(&call, &mut answer).await;
        Outcome::of(calling::taken(called, answer))
    }

    /// All records that meet `domain` (an array of conditions: a tuple of tuples, or
    /// [`EVERYTHING`]), with these fields, sorted by `order` (`"id"`, `"name desc, id"`).
    ///
    /// A large result comes in pages of 1000 by their ids, as they were found at the start:
    /// what is created meanwhile is not in it, what is deleted is left out, nothing is
    /// there twice.
    pub async fn search_read<T: DeserializeOwned + Send>(
        &self,
        model: &str,
        domain: impl Serialize + Send + Sync,
        fields: &[&str],
        order: &str,
    ) -> Result<Vec<T>, CallError> {
        #[derive(Serialize)]
        struct SearchRead<'a, D> {
            domain: &'a D,
            fields: &'a [&'a str],
            order: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            limit: Option<usize>,
        }
        #[derive(Deserialize)]
        struct Id {
            id: i64,
        }
        let mut search = SearchRead { domain: &domain, fields, order, limit: Some(PAGE) };
        let page: Vec<T> = self.read(model, "search_read", NO_ARGS, &search).await?;
        if page.len() < PAGE {
            return Ok(page);
        }
        (search.fields, search.limit) = (&["id"], None);
        let found: Vec<Id> = self.read(model, "search_read", NO_ARGS, &search).await?;
        let ids: Vec<i64> = found.into_iter().map(|record| record.id).collect();
        let mut records = Vec::with_capacity(ids.len());
        for ids in ids.chunks(PAGE) {
            let kwargs = Struct::from([("fields", fields.to_vec())]);
            records.extend(self.read::<Vec<T>>(model, "read", (ids,), kwargs).await?);
        }
        Ok(records)
    }

    /// The names of a model's fields that this user may see, asked once per connection: what
    /// a series, its point releases and the modules installed have is probed, not guessed.
    pub async fn fields_of(&self, model: &str) -> Result<Arc<BTreeSet<String>>, CallError> {
        let known = || self.connection.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fields) = known().get(model) {
            return Ok(Arc::clone(fields));
        }
        let kwargs = Struct::from([("attributes", vec!["type"])]);
        let found: Struct = self.read(model, "fields_get", NO_ARGS, kwargs).await?;
        let fields: Arc<BTreeSet<String>> = Arc::new(found.iter().map(|(name, _)| name.to_owned()).collect());
        known().insert(model.to_owned(), Arc::clone(&fields));
        Ok(fields)
    }
}

#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod tests;
