//! Pages that hold no orders that can be read: kept for people, once per content.
//!
//! A page stands in the inbox as an item that needs somebody. It closes by itself once a fetch
//! reads all its pages; a person who closes it gives its orders up, and the feed goes on.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::order::format::orderid::mask_cards;
use crate::order::{Code, Refusal};
use crate::store::{Arrival, Finding, Item, Page, Received, State, StoreError, Verdict};
use crate::text;

use super::collect::Collect;
use super::report::PassError;
use super::settle::finding;

/// What these items have in place of an order's format.
const FORMAT: &str = "page";
/// Bytes kept of a page.
const KEPT: usize = 64 * 1024;
/// Pages of one feed that are kept at a time: a login page may differ in every answer.
const AT_MOST: usize = 10;

/// Why an item that is a page needs somebody; `None` for an order.
pub(super) fn page_refusal(item: &Item) -> Option<Refusal> {
    let unknown = || {
        Refusal::new(
            Code::UnreadablePage,
            "The page holds no orders that can be read.",
            text!("Ask whoever runs the source."),
        )
    };
    (item.format == FORMAT).then(|| item.reason.clone().unwrap_or_else(unknown))
}

impl Collect<'_> {
    /// Keeps a page that cannot be read. `false`: a person closed it before.
    pub(super) async fn set_aside(&self, body: &str, error: &PassError) -> Result<bool, StoreError> {
        let store = self.engine.store.as_ref();
        let end =
            (0..=body.len().min(KEPT)).rev().find(|end| body.is_char_boundary(*end)).unwrap_or_default();
        let kept = mask_cards(body.get(..end).unwrap_or_default(), &[]).into_owned();
        let hash = format!("{:x}", Sha256::digest(&kept));
        let key = format!("page:{}:{hash}", self.sync.source);
        let name = format!("page-{}", hash.get(..8).unwrap_or_default());
        let mut known = self.kept().await?;
        if !known.contains(&key) {
            if known.len() >= AT_MOST {
                return Ok(true);
            }
            known.push(key.clone());
        }
        let reason = Refusal::new(
            Code::UnreadablePage,
            error.message.clone(),
            format!(
                "{} It is asked for again in every pass, and closes by itself once all pages are read. To go on without its orders: tillbridge orders ignore {name} --reason TEXT.",
                error.fix
            ),
        );
        let arrival = Arrival {
            key,
            external_id: name,
            raw: kept,
            format: FORMAT.to_owned(),
            meaning: format!("page:{hash}"),
            state: State::Refused,
            reason: Some(reason),
            sale_at: None,
            updated_at: None,
            total: None,
        };
        let page = Page {
            source: self.sync.source.to_string(),
            sync: self.sync.id.clone(),
            arrivals: vec![arrival],
            cursor: None,
            steps_from: None,
            asked: BTreeSet::new(),
        };
        let received = store.ingest_page(&page, self.engine.now()).await?;
        store.set_note(&self.note(), &known.join("\n")).await?;
        Ok(received != [Received::Known(State::Ignored)])
    }

    /// Closes what was kept: all pages are read.
    pub(super) async fn all_read(&self) -> Result<(), StoreError> {
        let store = self.engine.store.as_ref();
        let known = self.kept().await?;
        if known.is_empty() {
            return Ok(());
        }
        let read =
            Refusal::new(Code::UnreadablePage, "The source sends this page well now.", "Nothing to do.");
        let findings: Vec<Finding> = store
            .get(&known)
            .await?
            .iter()
            .map(|item| finding(item, Verdict::Skipped(read.clone())))
            .collect();
        store.record(&findings, None, self.engine.now()).await?;
        store.set_note(&self.note(), "").await
    }

    /// The keys of the pages kept since all were read.
    async fn kept(&self) -> Result<Vec<String>, StoreError> {
        let note = self.engine.store.note(&self.note()).await?.unwrap_or_default();
        Ok(note.lines().map(str::to_owned).collect())
    }

    fn note(&self) -> String {
        format!("pages.unread.{}", self.sync.feed())
    }
}
