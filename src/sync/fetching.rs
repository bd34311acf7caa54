//! What the fetching half of a pass tells the settling half: that there is more in the inbox,
//! and that nothing more comes.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How far the fetching of a pass is.
#[derive(Debug)]
pub(super) struct Fetching(watch::Sender<Seen>);

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    pages: u64,
    is_over: bool,
}

impl Fetching {
    /// Nothing fetched yet.
    pub fn begin() -> Self {
        Self(watch::Sender::new(Seen::default()))
    }

    /// Nothing is being fetched: what the inbox holds is all there is.
    pub fn over() -> Self {
        Self(watch::Sender::new(Seen { pages: 0, is_over: true }))
    }

    /// Another page is in the inbox.
    pub fn stored(&self) {
        self.0.send_modify(|seen| seen.pages += 1);
    }

    /// No more pages come, for whatever reason.
    pub fn end(&self) {
        self.0.send_modify(|seen| seen.is_over = true);
    }

    /// Pages stored so far.
    pub fn pages(&self) -> u64 {
        self.0.borrow().pages
    }

    /// Whether no more pages come.
    pub fn is_over(&self) -> bool {
        self.0.borrow().is_over
    }

    /// Waits until more pages than these are stored, or no more come.
    pub async fn beyond(&self, pages: u64) {
        self.until(|seen| seen.pages > pages || seen.is_over).await;
    }

    /// Whether more pages than these are stored, or are within a short time.
    pub async fn soon_beyond(&self, pages: u64, patience: Duration) -> bool {
        // Too late is no.
        let _ = timeout(patience, self.beyond(pages)).await;
        self.pages() > pages
    }

    /// Waits until no more pages come.
    pub async fn ended(&self) {
        self.until(|seen| seen.is_over).await;
    }

    async fn until(&self, come: impl FnMut(&Seen) -> bool) {
        // An error would mean that the sender is gone, which is `self`.
        let _ = self.0.subscribe().wait_for(come).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_that_was_stored_before_anybody_waited_is_not_missed() {
        let fetching = Fetching::begin();
        let before = fetching.pages();
        fetching.stored();
        fetching.beyond(before).await;
        assert!(fetching.soon_beyond(before, Duration::from_secs(2)).await);
        assert!(!fetching.soon_beyond(1, Duration::from_secs(2)).await, "no other came in time");

        fetching.end();
        fetching.ended().await;
        fetching.beyond(1).await;
        assert!(!fetching.soon_beyond(1, Duration::MAX).await, "and none will");
    }

    #[tokio::test]
    async fn where_nothing_is_fetched_nobody_waits() {
        let fetching = Fetching::over();
        fetching.beyond(0).await;
        assert!(fetching.is_over() && !fetching.soon_beyond(0, Duration::MAX).await);
    }
}
