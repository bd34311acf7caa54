//! What can go wrong between us and a source.

use std::fmt;
use std::time::Duration;

/// Why a source gave no (further) page. Every variant has a stable [`code`](Self::code), a
/// message that names the address (never its query, user or password) and a
/// [`fix`](Self::fix).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The configured address is not one that can be fetched.
    #[error("The source's address {url} cannot be used: {reason}.")]
    BadAddress {
        /// The address, redacted.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key, its header's name or the user agent cannot be sent.
    #[error("The {what} for {url} holds characters that an HTTP header cannot carry.")]
    BadHeader {
        /// The address, redacted.
        url: String,
        /// Which setting.
        what: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("No HTTP client could be made for {url}: {detail}.")]
    Client {
        /// The address, redacted.
        url: String,
        /// What the system said.
        detail: String,
    },
    /// The host stands for an address inside the operator's own network.
    #[error("{host} is {address}, an address that a sync configured in Odoo may not reach.")]
    AddressNotAllowed {
        /// The host as configured.
        host: String,
        /// The first address that was refused.
        address: String,
    },
    /// The host's name has no address.
    #[error("The name {host} could not be resolved: {detail}.")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        detail: String,
    },
    /// Nothing listens at the host and port.
    #[error("{url} refused the connection.")]
    ConnectionRefused {
        /// The address, redacted.
        url: String,
    },
    /// The connection could not be made or broke before an answer came.
    #[error("No answer from {url}: {detail}.")]
    Connection {
        /// The address, redacted.
        url: String,
        /// What the system said.
        detail: String,
    },
    /// No secure connection could be agreed on.
    #[error("No secure connection to {url}: {detail}.")]
    Tls {
        /// The address, redacted.
        url: String,
        /// What TLS objected to.
        detail: String,
    },
    /// A time limit ran out.
    #[error("{url} did not {what} in time.")]
    Timeout {
        /// The address, redacted.
        url: String,
        /// What it should have done.
        what: &'static str,
    },
    /// The answer ended before its end, or its compression is broken.
    #[error("The answer of {url} is broken: {detail}.")]
    BrokenBody {
        /// The address, redacted.
        url: String,
        /// How.
        detail: String,
    },
    /// The body is larger than the limit, counted after decompression.
    #[error("The answer of {url} is larger than {} MiB.", limit >> 20)]
    TooLarge {
        /// The address, redacted.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// 401 or 403.
    #[error("{url} refused the key (HTTP {status}).{said}")]
    KeyRefused {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said, empty or a sentence with a leading blank.
        said: String,
    },
    /// 404 or 410.
    #[error("{url} does not exist (HTTP {status}).{said}")]
    NotFound {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said, empty or a sentence with a leading blank.
        said: String,
    },
    /// 429 or 503, still so after the last try or for longer than we wait.
    #[error("{url} is busy (HTTP {status}){}.", asks(*retry_after))]
    Busy {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How long the source asked to wait.
        retry_after: Option<Duration>,
    },
    /// Any other 5xx.
    #[error("{url} failed (HTTP {status}).{said}")]
    ServerFailed {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said, empty or a sentence with a leading blank.
        said: String,
    },
    /// Any other status that is not a success.
    #[error("{url} answered HTTP {status}.{said}")]
    UnexpectedStatus {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said, empty or a sentence with a leading blank.
        said: String,
    },
    /// A page for people (or XML, or plain text) instead of JSON.
    #[error("{url} answered with {what} instead of JSON.")]
    NotJson {
        /// The address, redacted.
        url: String,
        /// What came, with the title of an HTML page.
        what: String,
        /// How it begins, for a closer look.
        body: Beginning,
    },
    /// A redirect or a next-page link leads to another scheme, host or port, where the key
    /// must not go.
    #[error("{url} {how} {target}, which is not on the same scheme, host and port.")]
    OtherOrigin {
        /// The address that was asked, redacted.
        url: String,
        /// "redirects to" or "continues at".
        how: &'static str,
        /// Where it leads, redacted.
        target: String,
    },
    /// Redirects that do not end.
    #[error("{url} redirects more than {limit} times.")]
    TooManyRedirects {
        /// The address, redacted.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// A redirect or next-page link that is no address.
    #[error("{url} {how} something that is not an address: {link}.")]
    BadLink {
        /// The address that was asked, redacted.
        url: String,
        /// "redirects to" or "continues at".
        how: &'static str,
        /// The link, shortened and without its query.
        link: String,
    },
    /// A page that was given before came again, although more orders may follow.
    #[error("Page {number} of {url} is one that came before, so the rest cannot be reached.")]
    PageRepeats {
        /// The address, redacted.
        url: String,
        /// The page's number, from 1.
        number: u32,
    },
    /// More pages than the limit.
    #[error("{url} has more than {limit} pages.")]
    TooManyPages {
        /// The address, redacted.
        url: String,
        /// The limit.
        limit: u32,
    },
}

/// The beginning of a body that is of no use. Shown to those who ask for it only.
#[derive(Clone, PartialEq, Eq)]
pub struct Beginning(pub String);

impl fmt::Debug for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

fn asks(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| format!(" and asks to come back in {} s", wait.as_secs()))
}

impl SourceError {
    /// The stable code: stored, reported and documented, never renamed.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadAddress { .. } => "source_bad_address",
            Self::BadHeader { .. } => "source_bad_header",
            Self::Client { .. } => "source_client",
            Self::AddressNotAllowed { .. } => "source_address_not_allowed",
            Self::Dns { .. } => "source_dns",
            Self::ConnectionRefused { .. } => "source_connection_refused",
            Self::Connection { .. } => "source_connection",
            Self::Tls { .. } => "source_tls",
            Self::Timeout { .. } => "source_timeout",
            Self::BrokenBody { .. } => "source_broken_body",
            Self::TooLarge { .. } => "source_too_large",
            Self::KeyRefused { .. } => "source_key_refused",
            Self::NotFound { .. } => "source_not_found",
            Self::Busy { .. } => "source_busy",
            Self::ServerFailed { .. } => "source_failed",
            Self::UnexpectedStatus { .. } => "source_unexpected_status",
            Self::NotJson { .. } => "source_not_json",
            Self::OtherOrigin { .. } => "source_other_origin",
            Self::TooManyRedirects { .. } => "source_too_many_redirects",
            Self::BadLink { .. } => "source_bad_link",
            Self::PageRepeats { .. } => "source_page_repeats",
            Self::TooManyPages { .. } => "source_too_many_pages",
        }
    }

    /// What to do about it, one or two plain sentences.
    pub fn fix(&self) -> String {
        match self {
            Self::BadAddress { .. } => {
                "Give the full address of the source's order list, such as https://shop.example/api/orders, and the key in its own setting.".into()
            }
            Self::BadHeader { .. } => {
                "Enter it again without line breaks or special characters.".into()
            }
            Self::Client { .. } => {
                "Install the system's certificate authorities (package ca-certificates) and try again.".into()
            }
            Self::AddressNotAllowed { host, .. } => format!(
                "Correct the address; if {host} is meant, add it to allow under [network] in tillbridge.toml."
            ),
            Self::Dns { host, .. } => {
                format!("Check the spelling of {host} and this machine's name resolution.")
            }
            Self::ConnectionRefused { .. } => {
                "Check host and port, and that the source is running. It is tried again by itself.".into()
            }
            Self::Connection { .. } => {
                "Check the network between this machine and the source. It is tried again by itself.".into()
            }
            Self::Tls { .. } => {
                "Check that the address and port serve https and that the source's certificate is valid for this host.".into()
            }
            Self::Timeout { .. } => {
                "Nothing if it stays the exception: it is tried again by itself. Otherwise ask the source for smaller pages or raise the time limit.".into()
            }
            Self::BrokenBody { .. } => {
                "It is tried again by itself. If it stays, the source or a proxy before it cuts its answers short.".into()
            }
            Self::TooLarge { .. } => {
                "Ask the source for smaller pages: set page_size and page_size_param of the sync.".into()
            },
            Self::KeyRefused { .. } => {
                "Enter a valid key of the source, and check the header it expects (Authorization: Bearer or X-API-Key) and that the key may read orders.".into()
            }
            Self::NotFound { .. } => "Check the path of the source's address.".into(),
            Self::Busy { .. } | Self::ServerFailed { .. } => {
                "It is tried again by itself. If it stays, ask whoever runs the source.".into()
            }
            Self::UnexpectedStatus { .. } => {
                "Check the source's address and the names of its parameters.".into()
            }
            Self::NotJson { .. } => {
                "Check that the address is the API's and not a web page's, and that the key is valid: many systems answer with their login page.".into()
            }
            Self::OtherOrigin { target, .. } => {
                format!("If that is the source, configure {target} as its address.")
            }
            Self::TooManyRedirects { .. } => {
                "Open the address in a browser and configure the one it ends at.".into()
            }
            Self::BadLink { .. } => {
                "Set paging to what the source uses; for a token in the body that is a cursor.".into()
            }
            Self::PageRepeats { .. } => {
                "Check the paging setting against the source's documentation; set it to none if the source has no pages.".into()
            }
            Self::TooManyPages { .. } => {
                "Check the paging setting; if there really are that many, set a later start date, larger pages or a higher max_pages.".into()
            }
        }
    }

    /// Whether another page may be in order although this one is not.
    pub const fn is_of_one_page(&self) -> bool {
        matches!(
            self,
            Self::NotJson { .. }
                | Self::BrokenBody { .. }
                | Self::TooLarge { .. }
                | Self::ServerFailed { .. }
        )
    }

    /// Whether the same request may well succeed later without anybody changing anything.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Dns { .. }
                | Self::ConnectionRefused { .. }
                | Self::Connection { .. }
                | Self::Timeout { .. }
                | Self::BrokenBody { .. }
                | Self::Busy { .. }
                | Self::ServerFailed { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_guide_explains_every_code() {
        let guide = include_str!("../../odoo_addon/external_order_sync/readme/REASONS.md");
        let codes: Vec<_> = include_str!("error.rs")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => \"source_"))
            .map(|(_, code)| format!("`source_{}`", code.trim_end_matches("\",")))
            .collect();
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            assert!(guide.contains(&code), "{code} is not in REASONS.md");
        }
    }
}
