use super::*;

const LIMIT: usize = 100_000;

fn limited(address: SocketAddr) -> FeedConfig {
    FeedConfig { max_body_bytes: LIMIT, ..config(&format!("http://{address}")) }
}

fn too_large(address: SocketAddr) -> SourceError {
    SourceError::TooLarge { url: format!("http://{address}/orders"), limit: LIMIT }
}

#[tokio::test]
async fn a_compressed_body_is_unpacked() {
    let body = r#"[{"OrderID":1,"Name":"زيت"}]"#;
    let template = ResponseTemplate::new(200)
        .insert_header("Content-Encoding", "gzip")
        .set_body_raw(gzip(body.as_bytes()), "application/json");
    let server = answering(template).await;
    assert_eq!(first_page(config(&server.uri())).await.unwrap().body, body.as_bytes());
}

/// Would never end if the body were read before it is measured.
#[tokio::test]
async fn a_compressed_body_that_unpacks_for_ever_is_left_at_the_limit() {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
    let address = endless(head, gzip(&vec![b' '; 4 << 20])).await;
    assert_eq!(first_error(limited(address)).await, too_large(address));
}

#[tokio::test]
async fn a_body_without_end_is_left_at_the_limit() {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    let address = endless(head, vec![b' '; 4096]).await;
    assert_eq!(first_error(limited(address)).await, too_large(address));
}

/// An error's body is only read for what it says.
#[tokio::test]
async fn an_error_without_end_is_still_that_error() {
    let head = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n";
    let address = endless(head, vec![b' '; 4096]).await;
    assert_eq!(first_error(limited(address)).await.code(), "source_key_refused");
}

#[tokio::test]
async fn a_body_announced_as_too_large_is_not_read() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", LIMIT + 1);
    let address = saying(head.as_bytes()).await;
    assert_eq!(first_error(limited(address)).await, too_large(address));
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    for (length, fits) in [(LIMIT, true), (LIMIT + 1, false)] {
        let body = gzip(&vec![b' '; length]);
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
        let address = saying(&[head.as_bytes(), &body].concat()).await;
        assert_eq!(first_page(limited(address)).await.is_ok(), fits, "{length}");
    }
}
