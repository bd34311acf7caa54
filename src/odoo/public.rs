//! What a server tells everybody, without a login.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::DATE;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::http::{Purpose, Timeouts, client};

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    read: Duration::from_secs(10),
    total: Duration::from_secs(15),
};

/// The databases of a server (`/web/database/list`); `None` where it does not tell
/// (`list_db = False`) or does not answer.
pub async fn databases(server: &Url) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Answer {
        result: Vec<String>,
    }
    let ask = json!({"jsonrpc": "2.0", "method": "call", "params": {}}).to_string();
    let request = client(Purpose::Odoo, TIMEOUTS)
        .ok()?
        .post(at(server, "web/database/list"))
        .header("Content-Type", "application/json")
        .body(ask);
    let answer = request.send().await.ok()?.bytes().await.ok()?;
    serde_json::from_slice::<Answer>(&answer).ok().map(|answer| answer.result)
}

/// The server's clock, to the second: the `Date` of an answer, whatever it answers.
pub async fn clock(server: &Url) -> Option<DateTime<Utc>> {
    let answer = client(Purpose::Odoo, TIMEOUTS).ok()?.head(at(server, "web/health")).send().await.ok()?;
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

fn at(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/{path}", server.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn server(answer: ResponseTemplate) -> (MockServer, Url) {
        let server = MockServer::start().await;
        Mock::given(path("/proxy/web/database/list"))
            .and(method("POST"))
            .respond_with(answer.clone())
            .mount(&server)
            .await;
        Mock::given(path("/proxy/web/health")).and(method("HEAD")).respond_with(answer).mount(&server).await;
        let url = format!("{}/proxy/?x=1", server.uri()).parse().unwrap();
        (server, url)
    }

    #[tokio::test]
    async fn a_server_that_lists_its_databases() {
        let (_server, url) =
            server(ResponseTemplate::new(200).set_body_string(r#"{"result": ["a", "b"]}"#)).await;
        assert_eq!(databases(&url).await.unwrap(), ["a", "b"]);
    }

    #[tokio::test]
    async fn a_server_that_does_not_is_no_error() {
        let (_server, url) =
            server(ResponseTemplate::new(200).set_body_string(r#"{"error": {"code": 200}}"#)).await;
        assert_eq!(databases(&url).await, None);
        assert_eq!(databases(&"http://127.0.0.1:1".parse().unwrap()).await, None);
    }

    #[tokio::test]
    async fn the_clock_is_read_whatever_the_answer() {
        let date = "Sun, 22 Nov 2026 01:39:30 GMT";
        let (_server, url) = server(ResponseTemplate::new(404).insert_header("Date", date)).await;
        assert_eq!(clock(&url).await.unwrap().to_rfc3339(), "2026-11-22T01:39:30+00:00");
        assert_eq!(clock(&"http://127.0.0.1:1".parse().unwrap()).await, None);
    }
}
