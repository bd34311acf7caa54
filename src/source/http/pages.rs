//! The pages of one fetch.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::feed::Feed;
use super::origin::redact;
use super::pager::{PageFacts, Pager};
use crate::source::SourceError;

/// The pages of one fetch, in the source's order.
pub struct Pages<'a> {
    feed: &'a Feed,
    pager: Pager,
    over: bool,
}

/// A page as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedPage {
    /// The body, in UTF-8 if the source's charset is known.
    pub body: Vec<u8>,
    /// From 1.
    pub number: u32,
    /// Where it came from, without query and so without a key.
    pub url: String,
    /// The source's clock when it answered.
    pub server_date: Option<DateTime<Utc>>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(feed: &'a Feed, pager: Pager) -> Self {
        Self { feed, pager, over: false }
    }

    /// The next page, `None` after the last. `previous` is what was found on the page before,
    /// `None` for the first one (later it counts as an empty page). After an error the same
    /// call asks for the same page again.
    pub async fn next(&mut self, previous: Option<&PageFacts>) -> Result<Option<FetchedPage>, SourceError> {
        if self.over {
            return Ok(None);
        }
        let page = self.fetch(previous.unwrap_or(&PageFacts::default())).await?;
        self.over = page.is_none();
        Ok(page)
    }

    async fn fetch(&mut self, found: &PageFacts) -> Result<Option<FetchedPage>, SourceError> {
        let Some(request) = self.pager.next(found)? else {
            return Ok(None);
        };
        let number = request.number;
        let answer = match self.feed.get(&request.url).await {
            Err(SourceError::NotFound { .. }) if self.pager.may_end_with_not_found() => {
                return Ok(None);
            }
            answer => answer?,
        };
        let url = redact(&answer.url);
        tracing::debug!(number, %url, bytes = answer.body.len(), "page fetched");
        let digest = Sha256::digest(&answer.body).into();
        let is_new = self.pager.arrived(request, answer.url, answer.link, digest)?;
        let page = FetchedPage { body: answer.body, number, url, server_date: answer.date };
        Ok(is_new.then_some(page))
    }
}
