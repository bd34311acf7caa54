use wiremock::matchers::{header, path};

use super::*;
use crate::source::error::Lead;
use crate::source::http::OrderUrl;

fn redirect(status: u16, to: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).append_header("Location", to)
}

/// Both ways a key can travel: an HTTP client strips the first by itself on its way to another
/// host, and forwards the second.
fn keys() -> [Auth; 2] {
    [Auth::Bearer(KEY.into()), Auth::Header { name: "X-API-Key".into(), value: KEY.into() }]
}

#[tokio::test]
async fn a_redirect_on_the_same_origin_is_followed_with_the_key() {
    for status in [301, 302, 303, 307, 308] {
        let server = MockServer::start().await;
        Mock::given(path("/orders")).respond_with(redirect(status, "/v2")).mount(&server).await;
        Mock::given(path("/v2"))
            .and(header("authorization", format!("Bearer {KEY}")))
            .respond_with(ResponseTemplate::new(200).set_body_string("[1]"))
            .mount(&server)
            .await;
        let page = first_page(config(&server.uri())).await.unwrap();
        assert_eq!(page.body, b"[1]");
        assert_eq!(page.url, format!("{}/v2", server.uri()));
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_refused_and_that_one_hears_nothing() {
    let other = answering(ResponseTemplate::new(200).set_body_string("[]")).await;
    let target = format!("{}/orders", other.uri());
    let server = answering(redirect(302, &format!("{target}?key={KEY}"))).await;
    for auth in keys() {
        let error = first_error(FeedConfig { auth, ..config(&server.uri()) }).await;
        let url = format!("{}/orders", server.uri());
        assert!(error.text().contains(" redirects to "), "{error}");
        let how = Lead::Redirect;
        assert_eq!(error, SourceError::OtherOrigin { url, how, target: target.clone() });
        assert!(error.fix().contains(&target), "{}", error.fix());
    }
    assert!(requests(&other).await.is_empty());
}

#[tokio::test]
async fn a_next_page_on_another_origin_is_refused_and_that_one_hears_nothing() {
    let other = answering(ResponseTemplate::new(200).set_body_string("[]")).await;
    let next = format!("{}/orders?page=2", other.uri());
    let link = format!("<{next}>; rel=next");
    let template = ResponseTemplate::new(200).set_body_string("[1]");
    let by_header = answering(template.clone().append_header("Link", link)).await;
    let by_body = answering(template).await;
    for server in [&by_header, &by_body] {
        for auth in keys() {
            let config = FeedConfig { auth, ..config(&server.uri()) };
            let found = |_: &str| PageFacts::new(1, Some(next.clone()));
            let (bodies, end) = all_pages(config, found).await;
            assert_eq!(bodies, ["[1]"]);
            assert_eq!(end.unwrap_err().code(), "source_other_origin");
        }
    }
    assert!(requests(&other).await.is_empty());
}

/// Such an address is not taken from the configuration; the key would not go there if it were.
#[tokio::test]
async fn a_single_order_on_another_origin_is_refused_and_that_one_hears_nothing() {
    let other = answering(ResponseTemplate::new(200).set_body_string("{}")).await;
    let server = answering(ResponseTemplate::new(200).set_body_string("[]")).await;
    let there = format!("{}/orders", other.uri()).parse().unwrap();
    let address = OrderUrl::new(&format!("{}/one/{{id}}", other.uri()), &there).unwrap();
    let feed = Feed::new(config(&server.uri())).unwrap();
    let error = feed.order(&address, "7").await.unwrap_err();
    let expected = format!("has its single orders at {}/one/7, which is not on the same", other.uri());
    assert!(error.text().contains(&expected), "{error}");
    assert!(requests(&other).await.is_empty());
}

#[tokio::test]
async fn redirects_end_after_five() {
    let server = MockServer::start().await;
    let moved = redirect(302, "/orders?again");
    Mock::given(path("/orders")).respond_with(moved).mount(&server).await;
    let error = first_error(config(&server.uri())).await;
    let url = format!("{}/orders", server.uri());
    assert_eq!(error, SourceError::TooManyRedirects { url, limit: 5 });
    assert_eq!(requests(&server).await.len(), 6);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_named() {
    let server = answering(redirect(302, "http://[nowhere/")).await;
    let error = first_error(config(&server.uri())).await;
    assert_eq!(error.code(), "source_bad_link");
    let server = answering(ResponseTemplate::new(302)).await;
    assert_eq!(first_error(config(&server.uri())).await.code(), "source_unexpected_status");
}
