//! The body of an answer: capped, in UTF-8, and JSON rather than a page for people.

use encoding_rs::{Encoding, UTF_8};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::said;

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge,
    /// Compressed in a way we did not ask for.
    Encoding(String),
    Transfer(reqwest::Error),
}

/// Reads a body piece by piece as it is decompressed, and stops at the limit: neither a long
/// body nor a small one that unpacks to gigabytes gets further into memory.
pub(super) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    // The client takes the header away from what it decompresses.
    if let Some(encoding) = header(response.headers(), &CONTENT_ENCODING)
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return Err(BodyError::Encoding(encoding.chars().take(40).collect()));
    }
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(BodyError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Transfer)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The body in UTF-8. What is valid UTF-8 stays as it is, since servers state a wrong charset
/// more often than they use another one; a byte order mark, or a charset where the bytes are
/// not UTF-8, is believed. Without either the bytes are left to the reader.
pub(super) fn into_utf8(mut body: Vec<u8>, headers: &HeaderMap) -> Vec<u8> {
    let encoding = match Encoding::for_bom(&body) {
        Some((encoding, mark)) if encoding == UTF_8 => {
            body.drain(..mark);
            return body;
        }
        Some((encoding, _)) => Some(encoding),
        None => header(headers, &CONTENT_TYPE).and_then(charset),
    };
    match encoding {
        Some(encoding) if encoding != UTF_8 && !is_text_already(encoding, &body) => {
            encoding.decode_with_bom_removal(&body).0.into_owned().into_bytes()
        }
        _ => body,
    }
}

/// UTF-16 of plain letters is valid UTF-8, full of NULs; of the rest only UTF-8 is.
fn is_text_already(encoding: &'static Encoding, body: &[u8]) -> bool {
    encoding.is_ascii_compatible() && std::str::from_utf8(body).is_ok()
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|param| {
        let (name, value) = param.split_once('=')?;
        let label = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset").then(|| Encoding::for_label(label.as_bytes()))?
    })
}

/// What came if it cannot be JSON. The body decides, since many an API calls its JSON
/// `text/html`; the content type only says what plain text was meant to be.
pub(super) fn not_json(body: &[u8], headers: &HeaderMap) -> Option<String> {
    let body = body.trim_ascii_start();
    let head = body.get(..body.len().min(64 * 1024)).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let content_type = header(headers, &CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    if text.starts_with('<') {
        let html = content_type.starts_with("text/html") || has_tag(&text, "html");
        return Some(match said::title(&text) {
            Some(title) => format!("a web page (\"{title}\")"),
            None if html => "a web page".into(),
            None => "XML".into(),
        });
    }
    let plain = content_type.starts_with("text/html") && !text.starts_with(['{', '[']);
    (plain && !text.is_empty()).then(|| format!("text (\"{}\")", said::excerpt(&text)))
}

fn has_tag(text: &str, name: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains(&format!("<{name}")) || lower.contains(&format!("<!doctype {name}"))
}

fn header<'a>(headers: &'a HeaderMap, name: &reqwest::header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(content_type: &str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())])
    }

    #[test]
    fn text_arrives_in_utf8_whatever_it_was_sent_in() {
        let json = r#"{"Name":"زيت"}"#;
        let cp1256 = encoding_rs::WINDOWS_1256.encode(json).0.into_owned();
        let utf16: Vec<u8> = json.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for (body, content_type) in [
            (json.into(), "application/json"),
            (json.into(), "application/json; charset=utf-8"),
            (json.into(), "application/json; charset=no-such-thing"),
            (json.into(), "application/json;charset=ISO-8859-1"),
            (cp1256, "application/json; Charset=\"windows-1256\""),
            (utf16.clone(), "application/json; charset=utf-16le"),
            (marked(b"\xff\xfe", &utf16), "application/json"),
            (marked(b"\xef\xbb\xbf", json.as_bytes()), "application/json"),
        ] {
            let read = into_utf8(body, &typed(content_type));
            assert_eq!(String::from_utf8(read).unwrap(), json, "{content_type}");
        }
    }

    #[test]
    fn broken_text_without_a_charset_is_left_to_the_reader() {
        let body = b"{\"Name\":\"\xff\"}".to_vec();
        assert_eq!(into_utf8(body.clone(), &HeaderMap::new()), body);
        let utf8 = typed("application/json; charset=utf-8");
        assert_eq!(into_utf8(body.clone(), &utf8), body);
    }

    #[test]
    fn what_is_not_json_is_named() {
        let html = "text/html; charset=utf-8";
        for (body, content_type, wanted) in [
            (
                "\n<!DOCTYPE html><html><head><TITLE lang=en>Log\n in &amp; go</TITLE>",
                html,
                Some("a web page (\"Log in & go\")"),
            ),
            ("<html><body>no title", "application/json", Some("a web page")),
            ("<center>nginx</center>", html, Some("a web page")),
            ("<?xml version=\"1.0\"?><orders/>", "application/xml", Some("XML")),
            ("Please log in", html, Some("text (\"Please log in\")")),
            ("[{\"OrderID\":1}]", html, None),
            (" {\"orders\":[]}", html, None),
            ("", html, None),
            ("[]", "application/json", None),
            ("no json either, but the reader's to say", "application/json", None),
        ] {
            assert_eq!(not_json(body.as_bytes(), &typed(content_type)).as_deref(), wanted, "{body}");
        }
    }
}
