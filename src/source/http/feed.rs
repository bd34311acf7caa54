//! One request to a source, from the key it carries to the body it brings.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Response, StatusCode};
use secrecy::ExposeSecret;
use url::{Host, Url};

use super::address::AddressPolicy;
use super::body::{self, BodyError};
use super::config::{Auth, FeedConfig};
use super::origin::{redact, same_origin, set_param};
use super::pager::{Pager, on_same_origin};
use super::pages::Pages;
use super::resolve::Resolver;
use super::single::OrderUrl;
use super::{fault, link, retry, said};
use crate::http::{Purpose, builder};
use crate::metrics::metrics;
use crate::source::error::Lead;
use crate::source::{Beginning, SourceError};

const MAX_REDIRECTS: usize = 5;

/// How much of an error's body is looked at for what the source has to say.
const SAID_LIMIT: usize = 64 * 1024;

/// How much is kept of a body that is not JSON.
const BEGINNING: usize = 64 * 1024;

/// A source that can be fetched, with its connections and its key.
#[derive(Debug)]
pub struct Feed {
    config: FeedConfig,
    client: Client,
    key: Option<(HeaderName, HeaderValue)>,
}

/// A successful answer.
pub(super) struct Answer {
    /// After redirects.
    pub(super) url: Url,
    /// Target of its `Link: rel=next` header.
    pub(super) link: Option<String>,
    pub(super) date: Option<DateTime<Utc>>,
    pub(super) body: Vec<u8>,
}

impl Feed {
    /// Checks the configuration. Nothing is sent yet.
    pub fn new(config: FeedConfig) -> Result<Self, SourceError> {
        check_address(&config)?;
        let bad = |what| SourceError::BadHeader { url: redact(&config.url), what };
        let key = key_header(&config.auth).map_err(bad)?;
        let mut client = builder(Purpose::Source, config.timeouts)
            .dns_resolver(Arc::new(Resolver::new(config.address_policy.clone())));
        if let Some(agent) = &config.user_agent {
            client = client.user_agent(HeaderValue::from_str(agent).map_err(|_| bad("user agent"))?);
        }
        if config.address_policy != AddressPolicy::Any {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| SourceError::Client {
            url: redact(&config.url),
            detail: error.without_url().to_string(),
        })?;
        Ok(Self { config, client, key })
    }

    /// The pages of one fetch: from a point in time on (already moved back by the overlap), or
    /// all the source returns. Nothing is sent before the first page is asked for.
    pub fn fetch(&self, since: Option<DateTime<Utc>>) -> Pages<'_> {
        self.pages(since, None)
    }

    /// The same up to a point in time, where the source can be told so; else all from then on.
    pub fn fetch_span(&self, since: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Pages<'_> {
        self.pages(Some(since), until)
    }

    fn pages(&self, since: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Pages<'_> {
        let FeedConfig { url, since_param, since_format, until_param, .. } = &self.config;
        let mut first = url.clone();
        first.set_fragment(None);
        if let Some(since) = since {
            set_param(&mut first, since_param, &since_format.render(since));
        }
        if let (Some(until), Some(param)) = (until, until_param) {
            set_param(&mut first, param, &since_format.render(until));
        }
        let pager = Pager::new(self.config.paging.clone(), self.config.max_pages, first);
        Pages::new(self, pager)
    }

    /// The body at the address of a single order; `None` where the source has no such order.
    pub async fn order(&self, address: &OrderUrl, id: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let Some(url) = address.of(id) else { return Ok(None) };
        if !same_origin(&self.config.url, &url) {
            let (url, target) = (redact(&self.config.url), redact(&url));
            return Err(SourceError::OtherOrigin { url, how: Lead::SingleOrder, target });
        }
        match self.get(&url).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(SourceError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fetches an address, with retries.
    pub(super) async fn get(&self, url: &Url) -> Result<Answer, SourceError> {
        retry::with_retries(self.config.retry, || self.get_once(url)).await
    }

    async fn get_once(&self, url: &Url) -> Result<Answer, SourceError> {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&at).await?;
            match redirect(&response) {
                Some(target) => {
                    at = on_same_origin(&self.config.url, &at, Lead::Redirect, &target)?;
                }
                None => return self.read(at, response).await,
            }
        }
        Err(SourceError::TooManyRedirects { url: redact(url), limit: MAX_REDIRECTS })
    }

    async fn send(&self, url: &Url) -> Result<Response, SourceError> {
        let mut request =
            self.client.get(url.clone()).header(ACCEPT, "application/json, application/x-ndjson");
        if let Some((name, value)) = &self.key {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        metrics().answered(answer.as_ref().ok().map(|answer| answer.status().as_u16()));
        answer.map_err(|error| fault::classify(url, &error))
    }

    async fn read(&self, url: Url, response: Response) -> Result<Answer, SourceError> {
        if !response.status().is_success() {
            return Err(self.failure(&url, response).await);
        }
        let headers = response.headers().clone();
        let limit = self.config.max_body_bytes;
        let body = body::read(response, limit).await.map_err(|error| match error {
            BodyError::TooLarge => SourceError::TooLarge { url: redact(&url), limit },
            BodyError::Encoding(name) => SourceError::BrokenBody {
                url: redact(&url),
                detail: format!("it is compressed as {name}, which was not asked for"),
            },
            BodyError::Transfer(error) => fault::classify(&url, &error),
        })?;
        let body = body::into_utf8(body, &headers);
        if let Some(what) = body::not_json(&body, &headers) {
            let begins = body.get(..body.len().min(BEGINNING)).unwrap_or_default();
            let begins = Beginning(self.mask(&url, &String::from_utf8_lossy(begins)));
            let what = self.mask(&url, &what);
            return Err(SourceError::NotJson { url: redact(&url), what, body: begins });
        }
        Ok(Answer { link: link::next(&headers), date: retry::date(&headers), url, body })
    }

    async fn failure(&self, url: &Url, response: Response) -> SourceError {
        let (status, headers) = (response.status(), response.headers().clone());
        let said = match body::read(response, SAID_LIMIT).await {
            Ok(body) => self.said(url, &body, &headers),
            Err(_) => String::new(),
        };
        let url = redact(url);
        let code = status.as_u16();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                SourceError::KeyRefused { url, status: code, said }
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => SourceError::NotFound { url, status: code, said },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                SourceError::Busy { url, status: code, retry_after: retry::retry_after(&headers) }
            }
            status if status.is_server_error() => SourceError::ServerFailed { url, status: code, said },
            _ => SourceError::UnexpectedStatus { url, status: code, said },
        }
    }

    /// What the body of an error says: a page's title, else its beginning.
    fn said(&self, url: &Url, body: &[u8], headers: &HeaderMap) -> String {
        let body = body::into_utf8(body.to_vec(), headers);
        let text = self.mask(url, &String::from_utf8_lossy(&body));
        match said::title(&text) {
            Some(title) => title,
            None if text.trim_start().starts_with('<') => String::new(),
            None => said::excerpt(&text),
        }
    }

    /// A text of the source's without our key or what the address's query holds.
    fn mask(&self, url: &Url, text: &str) -> String {
        let key = match &self.config.auth {
            Auth::None => "",
            Auth::Bearer(key) | Auth::Header { value: key, .. } => key.expose_secret(),
        };
        let decoded: Vec<_> = url.query_pairs().map(|(_, value)| value).collect();
        let query = url.query().unwrap_or_default();
        let secrets = decoded.iter().map(AsRef::as_ref).chain([key, query]);
        said::mask(text, secrets)
    }
}

fn check_address(config: &FeedConfig) -> Result<(), SourceError> {
    let url = &config.url;
    let bad = |reason: &str| Err(SourceError::BadAddress { url: redact(url), reason: reason.to_owned() });
    if !matches!(url.scheme(), "http" | "https") {
        return bad("it is neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return bad("it holds a user name or password");
    }
    let address = match url.host() {
        None => return bad("it has no host"),
        Some(Host::Domain(_)) => return Ok(()),
        Some(Host::Ipv4(address)) => IpAddr::from(address),
        Some(Host::Ipv6(address)) => IpAddr::from(address),
    };
    // A literal address is never looked up, so the resolver does not see it.
    let host = url.host_str().unwrap_or_default();
    if config.address_policy.permits(host, address) {
        return Ok(());
    }
    Err(SourceError::AddressNotAllowed { host: host.to_owned(), address: address.to_string() })
}

fn key_header(auth: &Auth) -> Result<Option<(HeaderName, HeaderValue)>, &'static str> {
    let (name, value) = match auth {
        Auth::None => return Ok(None),
        Auth::Bearer(key) => (Ok(AUTHORIZATION), format!("Bearer {}", key.expose_secret())),
        Auth::Header { name, value } => {
            (HeaderName::from_bytes(name.as_bytes()), value.expose_secret().to_owned())
        }
    };
    let mut value = HeaderValue::from_str(&value).map_err(|_| "key")?;
    value.set_sensitive(true);
    Ok(Some((name.map_err(|_| "name of the key's header")?, value)))
}

fn redirect(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?;
    matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308)
        .then(|| String::from_utf8_lossy(location.as_bytes()).into_owned())
}
