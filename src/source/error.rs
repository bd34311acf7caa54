//! What can go wrong between us and a source.

use std::fmt;
use std::time::Duration;

use crate::order::Text;
use crate::text;

/// Why a source gave no (further) page. Every variant has a stable [`code`](Self::code), a
/// message that names the address (never its query, user or password) and a
/// [`fix`](Self::fix).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// The configured address is not one that can be fetched.
    BadAddress {
        /// The address, redacted.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key, its header's name or the user agent cannot be sent.
    BadHeader {
        /// The address, redacted.
        url: String,
        /// Which setting.
        what: &'static str,
    },
    /// The HTTP client could not be made.
    Client {
        /// The address, redacted.
        url: String,
        /// What the system said.
        detail: String,
    },
    /// The host stands for an address inside the operator's own network.
    AddressNotAllowed {
        /// The host as configured.
        host: String,
        /// The first address that was refused.
        address: String,
    },
    /// The host's name has no address.
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        detail: String,
    },
    /// Nothing listens at the host and port.
    ConnectionRefused {
        /// The address, redacted.
        url: String,
    },
    /// The connection could not be made or broke before an answer came.
    Connection {
        /// The address, redacted.
        url: String,
        /// What the system said.
        detail: String,
    },
    /// No secure connection could be agreed on.
    Tls {
        /// The address, redacted.
        url: String,
        /// What TLS objected to.
        detail: String,
    },
    /// A time limit ran out.
    Timeout {
        /// The address, redacted.
        url: String,
        /// What it should have done.
        what: &'static str,
    },
    /// The answer ended before its end, or its compression is broken.
    BrokenBody {
        /// The address, redacted.
        url: String,
        /// How.
        detail: String,
    },
    /// The body is larger than the limit, counted after decompression.
    TooLarge {
        /// The address, redacted.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// 401 or 403.
    KeyRefused {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said; may be empty.
        said: String,
    },
    /// 404 or 410.
    NotFound {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said; may be empty.
        said: String,
    },
    /// 429 or 503, still so after the last try or for longer than we wait.
    Busy {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How long the source asked to wait.
        retry_after: Option<Duration>,
    },
    /// Any other 5xx.
    ServerFailed {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said; may be empty.
        said: String,
    },
    /// Any other status that is not a success.
    UnexpectedStatus {
        /// The address, redacted.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the source said; may be empty.
        said: String,
    },
    /// A page for people (or XML, or plain text) instead of JSON.
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
    OtherOrigin {
        /// The address that was asked, redacted.
        url: String,
        /// How it leads there.
        how: Lead,
        /// Where it leads, redacted.
        target: String,
    },
    /// Redirects that do not end.
    TooManyRedirects {
        /// The address, redacted.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// A redirect or next-page link that is no address.
    BadLink {
        /// The address that was asked, redacted.
        url: String,
        /// How it leads there.
        how: Lead,
        /// The link, shortened and without its query.
        link: String,
    },
    /// A page that was given before came again, although more orders may follow.
    PageRepeats {
        /// The address, redacted.
        url: String,
        /// The page's number, from 1.
        number: u32,
    },
    /// More pages than the limit.
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

/// How an address leads to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// A redirect.
    Redirect,
    /// Its next page.
    NextPage,
    /// The address of a single order, which the sync configures beside it.
    SingleOrder,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for SourceError {}

/// The same with what the source said besides.
fn and_said(text: Text, said: &str) -> Text {
    let said = said.trim();
    Text::sentences([text, if said.is_empty() { Text::default() } else { text!("It said: {said}", said) }])
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

    /// What is wrong, one plain sentence.
    pub fn text(&self) -> Text {
        match self {
            Self::BadAddress { url, reason } => {
                text!("The source's address {url} cannot be used: {reason}.", url, reason)
            }
            Self::BadHeader { url, what } => {
                text!(
                    "The {what} for {url} holds characters that an HTTP header cannot carry.",
                    url,
                    what = *what
                )
            }
            Self::Client { url, detail } => {
                text!("No HTTP client could be made for {url}: {detail}.", url, detail)
            }
            Self::AddressNotAllowed { host, address } => text!(
                "{host} is {address}, an address that a sync configured in Odoo may not reach.",
                host,
                address
            ),
            Self::Dns { host, detail } => {
                text!("The name {host} could not be resolved: {detail}.", host, detail)
            }
            Self::ConnectionRefused { url } => text!("{url} refused the connection.", url),
            Self::Connection { url, detail } => text!("No answer from {url}: {detail}.", url, detail),
            Self::Tls { url, detail } => text!("No secure connection to {url}: {detail}.", url, detail),
            Self::Timeout { url, what } => match *what {
                "answer" => text!("{url} did not answer in time.", url),
                "accept a connection" => text!("{url} did not accept a connection in time.", url),
                what => text!("{url} did not {what} in time.", url, what),
            },
            Self::BrokenBody { url, detail } => {
                text!("The answer of {url} is broken: {detail}.", url, detail)
            }
            Self::TooLarge { url, limit } => {
                text!("The answer of {url} is larger than {limit} MiB.", url, limit = limit >> 20)
            }
            Self::KeyRefused { url, status, said } => and_said(
                text!("{url} refused the key (HTTP {status}).", url, status = status.to_string()),
                said,
            ),
            Self::NotFound { url, status, said } => and_said(
                text!("{url} does not exist (HTTP {status}).", url, status = status.to_string()),
                said,
            ),
            Self::Busy { url, status, retry_after: None } => {
                text!("{url} is busy (HTTP {status}).", url, status = status.to_string())
            }
            Self::Busy { url, status, retry_after: Some(wait) } => text!(
                "{url} is busy (HTTP {status}) and asks to come back in {seconds} s.",
                url,
                status = status.to_string(),
                seconds = wait.as_secs()
            ),
            Self::ServerFailed { url, status, said } => {
                and_said(text!("{url} failed (HTTP {status}).", url, status = status.to_string()), said)
            }
            Self::UnexpectedStatus { url, status, said } => {
                and_said(text!("{url} answered HTTP {status}.", url, status = status.to_string()), said)
            }
            Self::NotJson { url, what, .. } => {
                text!("{url} answered with {what} instead of JSON.", url, what)
            }
            Self::OtherOrigin { url, how, target } => match how {
                Lead::Redirect => text!(
                    "{url} redirects to {target}, which is not on the same scheme, host and port.",
                    url,
                    target
                ),
                Lead::NextPage => text!(
                    "{url} continues at {target}, which is not on the same scheme, host and port.",
                    url,
                    target
                ),
                Lead::SingleOrder => text!(
                    "{url} has its single orders at {target}, which is not on the same scheme, host and port.",
                    url,
                    target
                ),
            },
            Self::TooManyRedirects { url, limit } => {
                text!("{url} redirects more than {limit} times.", url, limit = *limit)
            }
            Self::BadLink { url, how, link } => match how {
                Lead::Redirect => {
                    text!("{url} redirects to something that is not an address: {link}.", url, link)
                }
                Lead::NextPage | Lead::SingleOrder => {
                    text!("{url} continues at something that is not an address: {link}.", url, link)
                }
            },
            Self::PageRepeats { url, number } => text!(
                "Page {number} of {url} is one that came before, so the rest cannot be reached.",
                url,
                number = *number
            ),
            Self::TooManyPages { url, limit } => {
                text!("{url} has more than {limit} pages.", url, limit = *limit)
            }
        }
    }

    /// What to do about it, one or two plain sentences.
    pub fn fix(&self) -> Text {
        match self {
            Self::BadAddress { .. } => {
                text!(
                    "Give the full address of the source's order list, such as https://shop.example/api/orders, and the key in its own setting."
                )
            }
            Self::BadHeader { .. } => {
                text!("Enter it again without line breaks or special characters.")
            }
            Self::Client { .. } => {
                text!("Install the system's certificate authorities (package ca-certificates) and try again.")
            }
            Self::AddressNotAllowed { host, .. } => text!(
                "Correct the address; if {host} is meant, add it to allow under [network] in tillbridge.toml.",
                host
            ),
            Self::Dns { host, .. } => {
                text!("Check the spelling of {host} and this machine's name resolution.", host)
            }
            Self::ConnectionRefused { .. } => {
                text!("Check host and port, and that the source is running. It is tried again by itself.")
            }
            Self::Connection { .. } => {
                text!("Check the network between this machine and the source. It is tried again by itself.")
            }
            Self::Tls { .. } => {
                text!(
                    "Check that the address and port serve https and that the source's certificate is valid for this host."
                )
            }
            Self::Timeout { .. } => {
                text!(
                    "Nothing if it stays the exception: it is tried again by itself. Otherwise ask the source for smaller pages or raise the time limit."
                )
            }
            Self::BrokenBody { .. } => {
                text!(
                    "It is tried again by itself. If it stays, the source or a proxy before it cuts its answers short."
                )
            }
            Self::TooLarge { .. } => {
                text!("Ask the source for smaller pages: set page_size and page_size_param of the sync.")
            }
            Self::KeyRefused { .. } => {
                text!(
                    "Enter a valid key of the source, and check the header it expects (Authorization: Bearer or X-API-Key) and that the key may read orders."
                )
            }
            Self::NotFound { .. } => text!("Check the path of the source's address."),
            Self::Busy { .. } | Self::ServerFailed { .. } => {
                text!("It is tried again by itself. If it stays, ask whoever runs the source.")
            }
            Self::UnexpectedStatus { .. } => {
                text!("Check the source's address and the names of its parameters.")
            }
            Self::NotJson { .. } => {
                text!(
                    "Check that the address is the API's and not a web page's, and that the key is valid: many systems answer with their login page."
                )
            }
            Self::OtherOrigin { target, .. } => {
                text!("If that is the source, configure {target} as its address.", target)
            }
            Self::TooManyRedirects { .. } => {
                text!("Open the address in a browser and configure the one it ends at.")
            }
            Self::BadLink { .. } => {
                text!("Set paging to what the source uses; for a token in the body that is a cursor.")
            }
            Self::PageRepeats { .. } => {
                text!(
                    "Check the paging setting against the source's documentation; set it to none if the source has no pages."
                )
            }
            Self::TooManyPages { .. } => {
                text!(
                    "Check the paging setting; if there really are that many, set a later start date, larger pages or a higher max_pages."
                )
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
