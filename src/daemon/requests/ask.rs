//! What is asked, in Odoo or by a one-shot command, in one shape.

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::{Origin, Sync};
use crate::daemon::handover::Handover;
use crate::exchange::{Link, RequestKind, SyncRequest};
use crate::order::Text;
use crate::sync::{Wanted, Word};
use crate::text;

/// What is asked.
#[derive(Debug)]
pub(super) enum Ask {
    /// A pass over each of these syncs.
    Pass(Vec<Sync>),
    /// Closing the sessions of their shops, or of the one shop that is named.
    Close(Vec<Sync>, Option<String>),
    /// A look whether a sync could run.
    Test(Box<Sync>),
    /// What would be booked of the newest orders of a sync, of so many.
    Preview(Box<Sync>, usize),
    /// Orders that the source of a sync is asked for.
    Fetch(Box<Sync>, Wanted),
    /// How complete the days of a sync are: those from one to another, or the last ones.
    Reconcile(Box<Sync>, Days),
    /// What a draft of the sync's configuration would change.
    Effect(Box<Sync>, Drafted),
    /// The syncs of the file, which were changed, are to be read anew.
    Reread,
    /// A word about single orders.
    Orders(Said),
}

/// A first and a last day, where these are said.
pub(super) type Days = (Option<NaiveDate>, Option<NaiveDate>);

/// A word about single orders, and whose it is.
#[derive(Debug)]
pub(super) struct Said {
    pub word: Word,
    pub keys: Vec<String>,
    pub by: String,
}

/// Which orders, of a request in Odoo.
#[derive(Debug, Deserialize)]
struct Keys {
    keys: Vec<String>,
    #[serde(default)]
    reason: String,
}

/// Orders that a preview shows at most.
const MOST_PREVIEWED: usize = 100;

/// How many orders, of a request in Odoo.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Limit {
    limit: usize,
}

impl Default for Limit {
    fn default() -> Self {
        Self { limit: 20 }
    }
}

/// A draft, and how many days of booked orders are looked at, of a request in Odoo.
#[derive(Debug, Deserialize)]
pub(super) struct Drafted {
    /// The configuration in the form of the exchange.
    pub draft: Value,
    pub days: u64,
}

/// Which orders the source is asked for, of a request in Odoo; days are texts, empty for none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    ids: Vec<String>,
    from: String,
    to: String,
}

impl Search {
    fn days(&self) -> Result<Days, Text> {
        let day = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse::<NaiveDate>().map(Some).map_err(|_| text!("“{day}” is no day.", day = text)),
        };
        Ok((day(&self.from)?, day(&self.to)?))
    }

    fn wanted(self) -> Result<Wanted, Text> {
        let (from, to) = self.days()?;
        if self.ids.is_empty() && from.is_none() {
            return Err(text!("Nothing was asked for: give an external id, or a first day."));
        }
        Ok(Wanted { ids: self.ids, from, to })
    }
}

impl Ask {
    /// What a request in Odoo asks; else why it cannot be done.
    pub fn of_request(request: &SyncRequest, link: &Link) -> Result<Self, Text> {
        let word = |word: fn(String) -> Word| {
            let Keys { keys, reason } = payload(request)?;
            let by = match request.user.trim() {
                "" => "somebody in Odoo".to_owned(),
                name => name.to_owned(),
            };
            Ok(Self::Orders(Said { word: word(reason), keys, by }))
        };
        match request.kind {
            RequestKind::Sync => Ok(Self::Pass(vec![sync_of(request, link)?])),
            RequestKind::Test => Ok(Self::Test(Box::new(sync_of(request, link)?))),
            RequestKind::Preview => {
                let Limit { limit } = payload(request)?;
                Ok(Self::Preview(Box::new(sync_of(request, link)?), limit.clamp(1, MOST_PREVIEWED)))
            }
            RequestKind::Fetch => {
                Ok(Self::Fetch(Box::new(sync_of(request, link)?), payload::<Search>(request)?.wanted()?))
            }
            RequestKind::Reconcile => {
                Ok(Self::Reconcile(Box::new(sync_of(request, link)?), payload::<Search>(request)?.days()?))
            }
            RequestKind::Effect => Ok(Self::Effect(Box::new(sync_of(request, link)?), payload(request)?)),
            RequestKind::Retry => word(|_| Word::Retry),
            RequestKind::Complete => word(|_| Word::Complete),
            RequestKind::Reopen => word(|_| Word::Reopen),
            RequestKind::Rebook => word(|_| Word::Rebook),
            RequestKind::Ignore => word(|reason| Word::Ignore { reason }),
            RequestKind::Unknown => {
                Err(text!("This service is too old for this request. Upgrade the service."))
            }
        }
    }

    /// What a one-shot command asks; else why it cannot be done. `link`: none while there is no
    /// connection to Odoo.
    pub fn of_handover(work: Handover, link: Option<&Link>) -> Result<Self, Text> {
        let connected =
            || link.ok_or_else(|| text!("Odoo is not reachable at the moment; the work is done once it is"));
        match work {
            Handover::Sync { name } => Ok(Self::Pass(named(name.as_deref(), connected()?)?)),
            Handover::Close { name, shop } => Ok(Self::Close(named(name.as_deref(), connected()?)?, shop)),
            Handover::Fetch { name, wanted } => {
                let mut syncs = named(name.as_deref(), connected()?)?;
                match (syncs.pop(), syncs.is_empty()) {
                    (Some(sync), true) => Ok(Self::Fetch(Box::new(sync), wanted)),
                    (None, _) => Err(text!("there is no active sync")),
                    (Some(_), false) => Err(text!("there are several syncs: say which one with --sync")),
                }
            }
            Handover::Reread => Ok(Self::Reread),
            Handover::Orders { word, keys, by } => Ok(Self::Orders(Said { word, keys, by })),
        }
    }
}

/// The sync of a name, or all active ones.
fn named(name: Option<&str>, link: &Link) -> Result<Vec<Sync>, Text> {
    let Some(name) = name else {
        return Ok(link.syncs.iter().filter(|sync| sync.active).cloned().collect());
    };
    let found = link.syncs.iter().find(|sync| sync.name == name);
    found.map(|sync| vec![sync.clone()]).ok_or_else(|| text!("there is no sync named “{name}”", name))
}

/// The sync that a request in Odoo is about; else why it cannot run.
fn sync_of(request: &SyncRequest, link: &Link) -> Result<Sync, Text> {
    let is_meant = |sync: &&Sync| match sync.origin {
        Origin::Odoo(id) => !request.from_file && id == request.sync,
        Origin::File => request.from_file && sync.name == request.name,
    };
    if let Some(sync) = link.syncs.iter().find(is_meant) {
        return Ok(sync.clone());
    }
    let bad = link.bad.iter().find(|bad| bad.id == request.sync);
    Err(bad.map_or_else(|| text!("The service does not know this sync."), |bad| bad.problem.clone()))
}

/// What was asked in particular.
fn payload<T: DeserializeOwned>(request: &SyncRequest) -> Result<T, Text> {
    serde_json::from_value(request.payload.clone()).map_err(|error| {
        text!(
            "The service cannot read what was asked ({error}). Install the addon and the service of the same release.",
            error = error.to_string()
        )
    })
}
