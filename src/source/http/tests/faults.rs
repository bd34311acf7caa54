use super::*;

async fn error_of(template: ResponseTemplate) -> SourceError {
    let server = answering(template).await;
    first_error(config(&server.uri())).await
}

async fn error_at(address: SocketAddr) -> SourceError {
    first_error(config(&format!("http://{address}"))).await
}

#[tokio::test]
async fn statuses_have_their_own_errors() {
    for (status, code, transient) in [
        (400, "source_unexpected_status", false),
        (401, "source_key_refused", false),
        (403, "source_key_refused", false),
        (404, "source_not_found", false),
        (410, "source_not_found", false),
        (304, "source_unexpected_status", false),
        (429, "source_busy", true),
        (500, "source_failed", true),
        (502, "source_failed", true),
        (503, "source_busy", true),
    ] {
        let error = error_of(ResponseTemplate::new(status)).await;
        assert_eq!((error.code(), error.is_transient()), (code, transient), "{status}");
        assert!(error.to_string().contains(&format!("HTTP {status}")), "{error}");
        assert!(error.to_string().contains("http://127.0.0.1:"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_key_is_told_with_the_sources_words_but_without_the_key() {
    let said = format!("{{\"error\":\"unknown key {KEY}\",\r\n\"at\":\"/orders?store=7\"}}");
    let error = error_of(ResponseTemplate::new(401).set_body_string(said)).await;
    let message = error.to_string();
    assert!(message.contains("refused the key (HTTP 401)"), "{message}");
    assert!(message.ends_with(r#"{"error":"unknown key ***", "at":"/orders?***"}"#), "{message}");
    assert!(error.fix().contains("X-API-Key"));
}

#[tokio::test]
async fn a_login_page_is_named_by_its_title() {
    let page = "<!DOCTYPE html><html><head><title>Sign in – My Shop</title></head></html>";
    let error = error_of(ResponseTemplate::new(200).set_body_raw(page, "text/html")).await;
    assert_eq!(error.code(), "source_not_json");
    assert!(error.to_string().contains("a web page (\"Sign in – My Shop\")"), "{error}");

    let error = error_of(ResponseTemplate::new(502).set_body_raw(page, "text/html")).await;
    assert_eq!(error.code(), "source_failed");
    assert!(error.to_string().ends_with("It said: Sign in – My Shop"), "{error}");
}

#[tokio::test]
async fn a_busy_source_is_asked_again_when_it_says_so() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(503).append_header("Retry-After", "0"))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_string("[1]"))
        .mount(&server)
        .await;
    let page = first_page(tries(3, config(&server.uri()))).await.unwrap();
    assert_eq!((page.body, page.number), (b"[1]".to_vec(), 1));
    assert_eq!(requests(&server).await.len(), 3);
}

#[tokio::test]
async fn a_source_that_asks_for_a_long_wait_is_left_alone() {
    for (retry_after, seconds) in [("3600", 3600), ("Sun, 14 Sep 2025 15:15:09 GMT", 600)] {
        let template = ResponseTemplate::new(429)
            .insert_header("Date", "Sun, 14 Sep 2025 15:05:09 GMT")
            .insert_header("Retry-After", retry_after);
        let server = answering(template).await;
        let error = first_error(tries(3, config(&server.uri()))).await;
        let url = format!("{}/orders", server.uri());
        let retry_after = Some(Duration::from_secs(seconds));
        assert_eq!(error, SourceError::Busy { url, status: 429, retry_after });
        assert!(error.to_string().ends_with(&format!("come back in {seconds} s.")), "{error}");
        assert_eq!(requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_as_often_as_told_and_the_rest_once() {
    for (status, made) in [(500, 3), (401, 1), (404, 1)] {
        let server = answering(ResponseTemplate::new(status)).await;
        first_error(tries(3, config(&server.uri()))).await;
        assert_eq!(requests(&server).await.len(), made, "{status}");
    }
}

#[tokio::test]
async fn an_unknown_name_is_named() {
    let error = first_error(config("http://no-such-shop.invalid")).await;
    assert_eq!((error.code(), error.is_transient()), ("source_dns", true));
    assert!(error.to_string().contains("no-such-shop.invalid"), "{error}");
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = error_at(address).await;
    let url = format!("http://{address}/orders");
    assert_eq!(error, SourceError::ConnectionRefused { url });
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_no_answer() {
    let error = error_at(saying(b"").await).await;
    assert_eq!((error.code(), error.is_transient()), ("source_connection", true));
}

#[tokio::test]
async fn a_server_that_does_not_answer_runs_out_of_time() {
    let address = bare(|socket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let mut plain = config(&format!("http://{address}"));
    plain.timeouts.read = Duration::from_millis(50);
    let url = format!("http://{address}/orders");
    assert_eq!(first_error(plain).await, SourceError::Timeout { url, what: "answer" });

    // Here the silence is in the TLS handshake.
    let mut secure = config(&format!("https://{address}"));
    secure.timeouts.connect = Duration::from_millis(50);
    let url = format!("https://{address}/orders");
    let what = "accept a connection";
    assert_eq!(first_error(secure).await, SourceError::Timeout { url, what });
}

/// Every single read is in time here.
#[tokio::test]
async fn a_body_that_drips_runs_out_of_time() {
    let address = bare(|mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n").await;
        while socket.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let mut config = config(&format!("http://{address}"));
    config.timeouts.total = Duration::from_millis(200);
    let url = format!("http://{address}/orders");
    assert_eq!(first_error(config).await, SourceError::Timeout { url, what: "answer" });
}

#[tokio::test]
async fn a_body_cut_short_is_broken_and_not_an_order_less() {
    let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{\"OrderID\":1}";
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n";
    let packed = gzip(b"[1, 2, 3]");
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
    let half = [&head[..], &packed[..packed.len() - 9]].concat();
    let not_gzip = [&head[..], b"[1, 2, 3]"].concat();
    for answer in [&plain[..], &chunked[..], &half, &not_gzip] {
        let error = error_at(saying(answer).await).await;
        let shown = String::from_utf8_lossy(answer);
        assert_eq!((error.code(), error.is_transient()), ("source_broken_body", true), "{shown}");
    }
}

#[tokio::test]
async fn a_compression_nobody_asked_for_is_named() {
    let template = ResponseTemplate::new(200).insert_header("Content-Encoding", "br");
    let error = error_of(template.set_body_string("x")).await;
    assert_eq!(error.code(), "source_broken_body");
    assert!(error.to_string().contains("compressed as br"), "{error}");
}

#[tokio::test]
async fn https_at_a_plain_port_is_told_from_a_network_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            // To the end: closing with something unread would reset the connection.
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    });
    let error = first_error(config(&format!("https://{address}"))).await;
    let url = format!("https://{address}/orders");
    let detail = "the port does not speak TLS".into();
    assert_eq!(error, SourceError::Tls { url, detail });
    assert!(!error.is_transient());
}

#[test]
fn a_feed_shows_no_secret() {
    let base = config("https://shop.example");
    let header = Auth::Header { name: "X-API-Key".into(), value: KEY.into() };
    for auth in [base.auth.clone(), header] {
        let shown = format!("{:?}", Feed::new(FeedConfig { auth, ..base.clone() }).unwrap());
        assert!(!shown.contains(KEY) && !shown.contains("store=7"), "{shown}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let code = |config| Feed::new(config).unwrap_err().code();
    let base = config("https://shop.example");
    let with = |url: &str| FeedConfig { url: url.parse().unwrap(), ..base.clone() };
    for url in ["ftp://shop.example/o", "https://me:pw@shop.example/o", "mailto:a@shop.example"] {
        assert_eq!(code(with(url)), "source_bad_address", "{url}");
    }
    let header = |name: &str, value: &str| Auth::Header { name: name.into(), value: value.into() };
    for auth in [Auth::Bearer("line\nbreak".into()), header("X Key", "k"), header("X-Key", "a\0b")] {
        assert_eq!(code(FeedConfig { auth, ..base.clone() }), "source_bad_header");
    }
    let user_agent = Some("a\nb".into());
    assert_eq!(code(FeedConfig { user_agent, ..base.clone() }), "source_bad_header");
}
