use wiremock::matchers::{header, method, path, query_param, query_param_is_missing};

use super::*;

fn page(n: u64) -> wiremock::MockBuilder {
    Mock::given(method("GET"))
        .and(path("/orders"))
        .and(query_param("store", "7"))
        .and(query_param("page", n.to_string()))
        .and(header("authorization", format!("Bearer {KEY}")))
}

fn numbered(size: Option<usize>) -> Paging {
    Paging::PageNumber { param: "page".into(), size_param: None, size, first: 1 }
}

#[tokio::test]
async fn link_headers_are_followed_with_key_and_address_kept() {
    let server = MockServer::start().await;
    Mock::given(path("/orders"))
        .and(query_param("store", "7"))
        .and(query_param("since", "2025-09-14T15:05:09Z"))
        .and(query_param_is_missing("page"))
        .and(header("authorization", format!("Bearer {KEY}")))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_string("[1,2]")
                .append_header("Link", "</orders?store=7&page=2>; rel=\"next\""),
        )
        .mount(&server)
        .await;
    page(2).respond_with(ResponseTemplate::new(200).set_body_string("[3]")).mount(&server).await;

    let (bodies, end) = all_pages(config(&server.uri()), digits).await;
    assert_eq!((bodies, end), (vec!["[1,2]".into(), "[3]".into()], Ok(())));
    for request in requests(&server).await {
        assert!(request.headers["accept"].to_str().unwrap().starts_with("application/json"));
        assert!(request.headers["accept-encoding"].to_str().unwrap().contains("gzip"));
    }
}

#[tokio::test]
async fn a_next_address_in_the_body_is_followed_relative_to_a_redirects_target() {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(308).append_header("Location", "/v2/orders/?page=1");
    Mock::given(path("/orders")).respond_with(moved).mount(&server).await;
    for (n, body) in [("1", r#"{"next":"?page=2"}"#), ("2", "{}")] {
        Mock::given(path("/v2/orders/"))
            .and(query_param("page", n))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .mount(&server)
            .await;
    }
    let found = |body: &str| PageFacts::new(1, body.contains("next").then(|| "?page=2".to_owned()));
    let (bodies, end) = all_pages(config(&server.uri()), found).await;
    assert_eq!((bodies.len(), end), (2, Ok(())));
}

#[tokio::test]
async fn page_numbers_may_end_with_not_found() {
    let server = MockServer::start().await;
    page(1).respond_with(ResponseTemplate::new(200).set_body_string("[1]")).mount(&server).await;
    let config = FeedConfig { paging: numbered(None), ..config(&server.uri()) };
    let (bodies, end) = all_pages(config.clone(), digits).await;
    assert_eq!((bodies.len(), end), (1, Ok(())));

    // The very first one not found is a wrong address, though.
    server.reset().await;
    assert_eq!(first_error(config).await.code(), "source_not_found");
}

#[tokio::test]
async fn a_source_that_ignores_the_page_number_is_noticed() {
    let server = answering(ResponseTemplate::new(200).set_body_string("[1,2]")).await;
    for (size, wanted) in [(Some(3), Ok(())), (Some(2), Err(2)), (None, Err(2))] {
        let config = FeedConfig { paging: numbered(size), ..config(&server.uri()) };
        let (bodies, end) = all_pages(config, digits).await;
        assert_eq!(bodies.len(), 1);
        let wanted = wanted
            .map_err(|number| SourceError::PageRepeats { url: format!("{}/orders", server.uri()), number });
        assert_eq!(end, wanted, "{size:?}");
    }
}

#[tokio::test]
async fn a_page_that_failed_can_be_asked_for_again() {
    let server = MockServer::start().await;
    page(1).respond_with(ResponseTemplate::new(200).set_body_string("[1]")).mount(&server).await;
    page(2).respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    page(2).respond_with(ResponseTemplate::new(200).set_body_string("[2]")).mount(&server).await;

    let feed = Feed::new(FeedConfig { paging: numbered(None), ..config(&server.uri()) }).unwrap();
    let mut pages = feed.fetch(None);
    pages.next(None).await.unwrap().unwrap();
    let found = digits("[1]");
    assert_eq!(pages.next(Some(&found)).await.unwrap_err().code(), "source_failed");
    assert_eq!(pages.next(Some(&found)).await.unwrap().unwrap().body, b"[2]");
}

#[tokio::test]
async fn a_page_says_where_it_came_from_and_when() {
    let date = "Sun, 14 Sep 2025 15:05:09 GMT";
    let template = ResponseTemplate::new(200).insert_header("Date", date).set_body_string("[]");
    let server = answering(template).await;
    let page = first_page(config(&server.uri())).await.unwrap();
    assert_eq!(page.url, format!("{}/orders", server.uri()));
    assert_eq!(page.server_date, Some("2025-09-14T15:05:09Z".parse().unwrap()));
}

#[tokio::test]
async fn the_key_can_travel_in_a_header_of_its_own() {
    let server = MockServer::start().await;
    Mock::given(header("x-api-key", KEY))
        .and(header("user-agent", "till/1"))
        .respond_with(ResponseTemplate::new(200).set_body_string("[]"))
        .mount(&server)
        .await;
    let auth = Auth::Header { name: "X-API-Key".into(), value: KEY.into() };
    let user_agent = Some("till/1".into());
    let page = first_page(FeedConfig { auth, user_agent, ..config(&server.uri()) }).await.unwrap();
    assert_eq!(page.body, b"[]");
    assert!(!requests(&server).await[0].headers.contains_key("authorization"));
}

#[test]
fn fetching_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    let feed = Feed::new(config("http://127.0.0.1:1")).unwrap();
    is_send(async move { feed.fetch(None).next(None).await });
}
