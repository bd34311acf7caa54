//! Which page comes next. Decides only; fetching is [`super::Pages`]'.

use std::collections::HashSet;

use url::Url;

use super::config::Paging;
use super::origin::{redact, same_origin, set_param};
use crate::source::SourceError;
use crate::source::error::Lead;

/// What the caller found on a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageFacts {
    /// Orders on it, unreadable ones included.
    pub orders: usize,
    /// What the body gives as `next`: an address, or a token for [`Paging::CursorToken`].
    pub next: Option<String>,
    /// It could not be read, so the rest of this is not known.
    pub unread: bool,
}

impl PageFacts {
    /// Of a page that was read.
    pub fn new(orders: usize, next: Option<String>) -> Self {
        Self { orders, next, unread: false }
    }

    /// Of a page that could not be read.
    pub fn unread() -> Self {
        Self { unread: true, ..Self::default() }
    }
}

/// A source that links to a next page without end is taken to be through after this many
/// empty pages in a row.
const EMPTY_PAGES: u32 = 3;

/// The pages of one fetch so far.
pub(super) struct Pager {
    paging: Paging,
    max_pages: u32,
    first: Url,
    asked: HashSet<Url>,
    bodies: HashSet<Digest>,
    current: Option<Page>,
}

/// SHA-256 of a body.
pub(super) type Digest = [u8; 32];

/// A page as it came.
struct Page {
    /// From 1.
    number: u32,
    /// After redirects.
    url: Url,
    /// Target of its `Link: rel=next` header.
    link: Option<String>,
    digest: Digest,
    before: Before,
}

/// What the pages before a page add up to.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    orders: u64,
    empty_in_a_row: u32,
    a_full_one: bool,
    /// Whether the page right before may have been the last one.
    maybe_last: bool,
}

/// A page to fetch.
pub(super) struct Request {
    pub(super) url: Url,
    pub(super) number: u32,
    before: Before,
    previous: Option<Digest>,
}

impl Pager {
    /// `first` already says from when on.
    pub(super) fn new(paging: Paging, max_pages: u32, mut first: Url) -> Self {
        match &paging {
            Paging::PageNumber { param, size_param, size, first: number } => {
                set_size(&mut first, size_param.as_deref(), *size);
                set_param(&mut first, param, &number.to_string());
            }
            Paging::Offset { param, size_param, size } => {
                set_size(&mut first, size_param.as_deref(), *size);
                set_param(&mut first, param, "0");
            }
            Paging::Auto | Paging::None | Paging::CursorToken { .. } => {}
        }
        Self { paging, max_pages, first, asked: HashSet::new(), bodies: HashSet::new(), current: None }
    }

    /// The request for the page after the current one, `None` at the end. Changes nothing, so
    /// that a page that could not be fetched can be asked for again.
    pub(super) fn next(&self, found: &PageFacts) -> Result<Option<Request>, SourceError> {
        let Some(page) = &self.current else {
            let url = self.first.clone();
            return Ok(Some(Request { url, number: 1, before: Before::default(), previous: None }));
        };
        let before = self.including(page, found);
        let Some(url) = self.next_url(page, before, found)? else {
            return Ok(None);
        };
        if self.asked.contains(&url) {
            return if before.maybe_last { Ok(None) } else { Err(self.repeats(page.number + 1)) };
        }
        if page.number >= self.max_pages {
            return Err(SourceError::TooManyPages { url: redact(&self.first), limit: self.max_pages });
        }
        let previous = (found.orders > 0).then_some(page.digest);
        Ok(Some(Request { url, number: page.number + 1, before, previous }))
    }

    /// Takes a page as the current one. `false`: it came before and the fetch is at its end.
    pub(super) fn arrived(
        &mut self,
        request: Request,
        url: Url,
        link: Option<String>,
        digest: Digest,
    ) -> Result<bool, SourceError> {
        self.bodies.extend(request.previous);
        if self.bodies.contains(&digest) {
            return if request.before.maybe_last { Ok(false) } else { Err(self.repeats(request.number)) };
        }
        self.asked.insert(request.url);
        self.current = Some(Page { number: request.number, url, link, digest, before: request.before });
        Ok(true)
    }

    /// Takes a page that could not be fetched as the current one.
    pub(super) fn leave_out(&mut self, request: Request) {
        self.bodies.extend(request.previous);
        self.asked.insert(request.url.clone());
        let Request { url, number, before, .. } = request;
        // The digest of an unread page is never looked at.
        self.current = Some(Page { number, url, link: None, digest: Digest::default(), before });
    }

    /// Whether "not found" is how this source says that there are no more pages.
    pub(super) fn may_end_with_not_found(&self) -> bool {
        self.current.is_some() && matches!(self.paging, Paging::PageNumber { .. } | Paging::Offset { .. })
    }

    fn including(&self, page: &Page, found: &PageFacts) -> Before {
        let size = match &self.paging {
            Paging::PageNumber { size, .. } | Paging::Offset { size, .. } => *size,
            Paging::Auto | Paging::None | Paging::CursorToken { .. } => None,
        };
        if found.unread {
            // As many as were asked for. It may have been the last one.
            let orders = page.before.orders.saturating_add(size.unwrap_or_default() as u64);
            return Before { orders, empty_in_a_row: 0, maybe_last: true, ..page.before };
        }
        let empty = found.orders == 0;
        Before {
            orders: page.before.orders.saturating_add(found.orders as u64),
            empty_in_a_row: if empty { page.before.empty_in_a_row + 1 } else { 0 },
            a_full_one: page.before.a_full_one || size.is_some_and(|size| found.orders >= size),
            maybe_last: empty || size.is_some_and(|size| found.orders < size),
        }
    }

    fn next_url(&self, page: &Page, before: Before, found: &PageFacts) -> Result<Option<Url>, SourceError> {
        let token = found.next.as_deref().map(str::trim).filter(|next| !next.is_empty());
        let with = |param: &str, value: &str| {
            let mut url = self.first.clone();
            set_param(&mut url, param, value);
            Some(url)
        };
        // A short page is the last one only where the source was seen to fill its pages: many
        // cap the size that is asked for and say nothing.
        let through = !found.unread && (found.orders == 0 || before.maybe_last && before.a_full_one);
        match &self.paging {
            Paging::None => Ok(None),
            // Where the next page begins is not known.
            Paging::Offset { size: None, .. } if found.unread => Ok(None),
            Paging::PageNumber { .. } | Paging::Offset { .. } if through => Ok(None),
            Paging::PageNumber { param, first, .. } => {
                Ok(with(param, &first.saturating_add(page.number.into()).to_string()))
            }
            Paging::Offset { param, .. } => Ok(with(param, &before.orders.to_string())),
            Paging::Auto | Paging::CursorToken { .. } if before.empty_in_a_row >= EMPTY_PAGES => Ok(None),
            Paging::CursorToken { param } => Ok(token.and_then(|token| with(param, token))),
            Paging::Auto => match (page.link.as_deref(), token) {
                (Some(link), _) => self.follow(&page.url, link).map(Some),
                (None, Some(next)) if is_address(next) => self.follow(&page.url, next).map(Some),
                (None, Some(token)) => Err(bad_link(&page.url, Lead::NextPage, token)),
                (None, None) => Ok(None),
            },
        }
    }

    fn follow(&self, from: &Url, link: &str) -> Result<Url, SourceError> {
        on_same_origin(&self.first, from, Lead::NextPage, link)
    }

    fn repeats(&self, number: u32) -> SourceError {
        SourceError::PageRepeats { url: redact(&self.first), number }
    }
}

/// The address a link on a page leads to, if the configured key may go there.
pub(super) fn on_same_origin(
    configured: &Url,
    from: &Url,
    how: Lead,
    link: &str,
) -> Result<Url, SourceError> {
    let mut target = from.join(link).map_err(|_| bad_link(from, how, link))?;
    if !same_origin(configured, &target) {
        return Err(SourceError::OtherOrigin { url: redact(from), how, target: redact(&target) });
    }
    target.set_fragment(None);
    // Neither can fail on an address with a host.
    let _ = target.set_username("");
    let _ = target.set_password(None);
    Ok(target)
}

fn bad_link(from: &Url, how: Lead, link: &str) -> SourceError {
    let shown = link.split('?').next().unwrap_or_default();
    let shown = shown.chars().filter(|c| !c.is_control()).take(60).collect();
    SourceError::BadLink { url: redact(from), how, link: shown }
}

/// Tells an address from a token, which would resolve to nonsense.
fn is_address(next: &str) -> bool {
    ["http://", "https://", "/", "./"].iter().any(|start| next.starts_with(start)) || next.contains('?')
}

fn set_size(url: &mut Url, param: Option<&str>, size: Option<usize>) {
    if let (Some(param), Some(size)) = (param, size) {
        set_param(url, param, &size.to_string());
    }
}

#[cfg(test)]
mod tests;
