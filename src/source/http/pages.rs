//! The pages of one fetch.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::feed::Feed;
use super::origin::redact;
use super::pager::{PageFacts, Pager, Request};
use crate::source::SourceError;

/// The pages of one fetch, in the source's order.
pub struct Pages<'a> {
    feed: &'a Feed,
    pager: Pager,
    over: bool,
    /// The page that could not be fetched.
    failed: Option<Request>,
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
        Self { feed, pager, over: false, failed: None }
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

    /// Leaves out the page that could not be fetched: the next call, told of an unread page
    /// ([`PageFacts::unread`]), asks for the one behind it, where pages are numbered.
    pub fn leave_out(&mut self) {
        if let Some(request) = self.failed.take() {
            self.pager.leave_out(request);
        }
    }

    /// Whether the page behind an unread one can be asked for.
    pub fn can_pass(&self) -> bool {
        matches!(self.pager.next(&PageFacts::unread()), Ok(Some(_)))
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
            Err(error) => {
                self.failed = Some(request);
                return Err(error);
            }
            Ok(answer) => answer,
        };
        let url = redact(&answer.url);
        tracing::trace!(number, %url, bytes = answer.body.len(), "page fetched");
        let digest = Sha256::digest(&answer.body).into();
        let is_new = self.pager.arrived(request, answer.url, answer.link, digest)?;
        let page = FetchedPage { body: answer.body, number, url, server_date: answer.date };
        Ok(is_new.then_some(page))
    }
}
