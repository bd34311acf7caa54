//! What came instead of XML: nothing, a web page, something else.

use super::error::{DecodeErrorKind as Kind, clip};

/// Why a document (without a byte order mark) is evidently no XML-RPC, with a hint at what it
/// is instead.
pub(super) fn why(document: &[u8]) -> Option<Kind> {
    let body = document.trim_ascii();
    match body.first() {
        None => Some(Kind::Empty),
        Some(b'<') if is_html(body) => Some(Kind::Html { title: html_title(body) }),
        Some(b'<') => None,
        Some(_) => {
            let start = body.get(..200).unwrap_or(body);
            Some(Kind::NotXml { start: clip(&String::from_utf8_lossy(start), 60) })
        }
    }
}

/// Whether the document is a web page; XHTML has an XML declaration first.
fn is_html(body: &[u8]) -> bool {
    let head = body.get(..1024).unwrap_or(body).to_ascii_lowercase();
    let mut head = head.as_slice();
    if head.starts_with(b"<?xml")
        && let Some(end) = head.windows(2).position(|w| w == b"?>")
    {
        head = head.get(end + 2..).unwrap_or_default().trim_ascii_start();
    }
    [b"<!doctype html".as_slice(), b"<html", b"<head", b"<body", b"<title", b"<center"]
        .iter()
        .any(|start| head.starts_with(start))
}

/// The text of `<title>`, shortened.
fn html_title(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(body.get(..8192).unwrap_or(body));
    let lower = head.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = head.get(start..end)?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| clip(&title, 100))
}
