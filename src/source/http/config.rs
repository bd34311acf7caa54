//! What a feed has to be told.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::address::AddressPolicy;
use super::origin::redact;
use super::since::SinceFormat;
use crate::http::Timeouts;

/// One feed: where, with which key, how it is paged, and the limits that keep it from
/// harming us.
#[derive(Clone)]
pub struct FeedConfig {
    /// The order list. Its own query parameters are kept.
    pub url: Url,
    /// How to prove who we are.
    pub auth: Auth,
    /// Name of the parameter that says from when on.
    pub since_param: String,
    /// Form of that parameter's value.
    pub since_format: SinceFormat,
    /// Name of the parameter that says until when, in the same form, where there is one.
    pub until_param: Option<String>,
    /// How the list is cut into pages.
    pub paging: Paging,
    /// Time limits of one request.
    pub timeouts: Timeouts,
    /// When a request is tried again.
    pub retry: Retry,
    /// Limit of one body in bytes, after decompression.
    pub max_body_bytes: usize,
    /// Limit of one fetch in pages; reaching it is an error.
    pub max_pages: u32,
    /// Which addresses the host may stand for.
    pub address_policy: AddressPolicy,
    /// Instead of `tillbridge/<version>`.
    pub user_agent: Option<String>,
}

impl FeedConfig {
    /// A feed without a key and with the defaults: `since` in RFC 3339, links as pages, 64 MiB
    /// a body, 1000 pages, 10 s to connect, 30 s between two reads, 2 min a request, any
    /// address.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            auth: Auth::None,
            since_param: "since".into(),
            since_format: SinceFormat::default(),
            until_param: None,
            paging: Paging::default(),
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                read: Duration::from_secs(30),
                total: Duration::from_secs(120),
            },
            retry: Retry::default(),
            max_body_bytes: 64 * 1024 * 1024,
            max_pages: 1000,
            address_policy: AddressPolicy::default(),
            user_agent: None,
        }
    }
}

impl fmt::Debug for FeedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedConfig")
            .field("url", &redact(&self.url))
            .field("auth", &self.auth)
            .field("since_param", &self.since_param)
            .field("since_format", &self.since_format)
            .field("until_param", &self.until_param)
            .field("paging", &self.paging)
            .field("timeouts", &self.timeouts)
            .field("retry", &self.retry)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("max_pages", &self.max_pages)
            .field("address_policy", &self.address_policy)
            .field("user_agent", &self.user_agent)
            .finish()
    }
}

/// The key and the header it travels in. It is sent to the configured scheme, host and port
/// only.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// No key.
    #[default]
    None,
    /// `Authorization: Bearer <key>`.
    Bearer(SecretString),
    /// A header of its own, such as `X-API-Key: <key>`.
    Header {
        /// The header's name.
        name: String,
        /// The key.
        value: SecretString,
    },
}

/// How a source cuts its list into pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Paging {
    /// The source says where it goes on: a `Link: rel=next` header, else a `next` address in
    /// the body. Without either there is one page.
    #[default]
    Auto,
    /// One page, whatever the source says.
    None,
    /// `page=1`, `page=2`, … until a page is empty, does not exist or is short.
    PageNumber {
        /// Name of the page parameter.
        param: String,
        /// Name of the parameter that asks for `size` orders a page.
        size_param: Option<String>,
        /// Orders on a full page, if known.
        size: Option<usize>,
        /// Number of the first page.
        first: u64,
    },
    /// `offset=0`, `offset=100`, …, moved by the orders a page really had, until a page is
    /// empty or short.
    Offset {
        /// Name of the offset parameter.
        param: String,
        /// Name of the parameter that asks for `size` orders a page.
        size_param: Option<String>,
        /// Orders on a full page, if known.
        size: Option<usize>,
    },
    /// A token in the body asks for the next page, until there is none.
    CursorToken {
        /// Name of the parameter that takes the token.
        param: String,
    },
}

/// When a request that failed for a passing reason is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Requests made at most for one page, the first included.
    pub tries: usize,
    /// Wait before the second try; it doubles every time, plus up to as much again at random.
    pub base: Duration,
    /// The doubling stops here.
    pub max_delay: Duration,
    /// A source that asks for a longer wait (`Retry-After`) is left alone until the next run.
    pub max_retry_after: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 4,
            base: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let url = Url::parse("https://u:hunter2@shop.example/o?key=hunter2").unwrap();
        let mut config = FeedConfig::new(url);
        for auth in [
            Auth::Bearer("hunter2".into()),
            Auth::Header { name: "X-API-Key".into(), value: "hunter2".into() },
        ] {
            config.auth = auth;
            let shown = format!("{config:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("https://shop.example/o"), "{shown}");
        }
    }
}
