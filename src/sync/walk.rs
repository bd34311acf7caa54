//! The pages of a source one after the other, for who looks at its orders: a page that cannot
//! be read is the end of it. (`collect`, which stores them, goes on behind such a page.)

use crate::config::Sync;
use crate::order::ingest::{Arrivals, Provenance};
use crate::source::http::{PageFacts, Pages};

use super::collect::{read, unreadable};
use super::engine::Engine;
use super::report::PassError;

/// A walk through pages.
pub(super) struct Walk<'a> {
    engine: &'a Engine,
    sync: &'a Sync,
    pages: Pages<'a>,
    /// What the last page was like.
    facts: Option<PageFacts>,
}

impl<'a> Walk<'a> {
    /// Through the pages of a fetch from the source of a sync.
    pub fn new(engine: &'a Engine, sync: &'a Sync, pages: Pages<'a>) -> Self {
        Self { engine, sync, pages, facts: None }
    }

    /// The orders of the next page; `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<Arrivals>, PassError> {
        let Some(page) = self.pages.next(self.facts.as_ref()).await? else { return Ok(None) };
        let provenance = Provenance::page(&self.sync.url, page.number as usize);
        let arrivals = read(&page.body, self.sync, &provenance, self.engine.now())
            .map_err(|error| unreadable(&error))?;
        self.facts = Some(PageFacts::new(arrivals.orders.len(), arrivals.next.clone()));
        Ok(Some(arrivals))
    }
}
