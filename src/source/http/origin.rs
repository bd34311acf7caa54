//! Addresses: what may be shown of one, and which ones belong together.

use url::Url;

/// The address without user, password, query and fragment, for messages and logs.
pub(super) fn redact(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Whether a key for one may be sent to the other: same scheme, host and port.
pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}

/// Sets a query parameter, in place of one of that name that is there already.
pub(super) fn set_param(url: &mut Url, name: &str, value: &str) {
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| key != name).map(|(k, v)| (k.into(), v.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn redaction_keeps_only_what_names_the_place() {
        let secret = url("https://me:pw@shop.example:8443/api/orders?api_key=s3cret#top");
        assert_eq!(redact(&secret), "https://shop.example:8443/api/orders");
        assert_eq!(redact(&url("http://[2001:db8::1]/a")), "http://[2001:db8::1]/a");
    }

    #[test]
    fn origin_is_scheme_host_and_port() {
        let origin = url("https://shop.example/a");
        for same in ["https://shop.example/b?c", "https://SHOP.example:443/"] {
            assert!(same_origin(&origin, &url(same)), "{same}");
        }
        for other in [
            "http://shop.example/a",
            "https://shop.example:8443/a",
            "https://shop.example.evil.test/a",
            "https://api.shop.example/a",
        ] {
            assert!(!same_origin(&origin, &url(other)), "{other}");
        }
    }

    #[test]
    fn a_parameter_replaces_its_namesake_and_keeps_the_rest() {
        let mut feed = url("https://shop.example/o?store=7&since=x&name=a%26b");
        set_param(&mut feed, "since", "2025-09-14T15:05:09Z");
        assert_eq!(feed.as_str(), "https://shop.example/o?store=7&name=a%26b&since=2025-09-14T15%3A05%3A09Z");
    }
}
