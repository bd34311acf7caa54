//! Asking a source for its first page, to see whether it could be synced. Stores nothing.

use crate::config::Sync;
use crate::order::ingest::{IngestError, Provenance};
use crate::order::{Code, Refusal};
use crate::source::SourceError;
use crate::source::http::{Feed, Retry};

use super::collect::{feed_config, read, unreadable};
use super::engine::Engine;
use super::report::PassError;

/// What the first page of a source held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirstPage {
    /// Orders, unreadable ones included.
    pub orders: usize,
    /// Orders that cannot be read.
    pub unreadable: usize,
    /// Why the first of these cannot be read.
    pub why: Option<Refusal>,
}

/// Why a source gave no first page.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It could not be fetched.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It holds no orders that can be read.
    #[error(transparent)]
    Body(#[from] IngestError),
}

impl From<ProbeError> for PassError {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Source(error) => error.into(),
            ProbeError::Body(error) => unreadable(&error),
        }
    }
}

impl Engine {
    /// Asks the source of a sync once for the page that a first pass would begin with.
    pub async fn probe(&self, sync: &Sync) -> Result<FirstPage, ProbeError> {
        let mut config = feed_config(sync, &self.settings.allow);
        config.retry = Retry { tries: 1, ..config.retry };
        let feed = Feed::new(config)?;
        let Some(page) = feed.fetch(sync.start_date).next(None).await? else {
            return Ok(FirstPage::default());
        };
        let provenance = Provenance::page(&sync.url, page.number as usize);
        let orders = read(&page.body, sync, &provenance, self.now())?.orders;
        let mut refusals: Vec<_> = orders.iter().filter_map(|order| order.result.as_ref().err()).collect();
        // An order that is not completed need not be complete either.
        refusals.retain(|refusal| !matches!(refusal.code, Code::NotCompleted | Code::Cancelled));
        Ok(FirstPage {
            orders: orders.len(),
            unreadable: refusals.len(),
            why: refusals.first().map(|&refusal| refusal.clone()),
        })
    }
}
