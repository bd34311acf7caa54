//! The `Link` header (RFC 8288), as far as `rel=next` goes.

use reqwest::header::{HeaderMap, LINK};

/// The target of the first link whose relations include `next`.
pub(super) fn next(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_in)
}

fn next_in(mut header: &str) -> Option<String> {
    while let Some((_, rest)) = header.split_once('<') {
        let (target, rest) = rest.split_once('>')?;
        let (params, rest) = split_unquoted(rest, ',');
        if has_next(params) {
            return Some(target.trim().to_owned());
        }
        header = rest;
    }
    None
}

fn has_next(mut params: &str) -> bool {
    while !params.is_empty() {
        let (param, rest) = split_unquoted(params, ';');
        if let Some((name, value)) = param.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            return value
                .trim()
                .trim_matches('"')
                .split_ascii_whitespace()
                .any(|relation| relation.eq_ignore_ascii_case("next"));
        }
        params = rest;
    }
    false
}

/// Splits at the first `at` that is not between double quotes.
fn split_unquoted(text: &str, at: char) -> (&str, &str) {
    let mut quoted = false;
    let position = text.find(|c| {
        quoted ^= c == '"';
        c == at && !quoted
    });
    let (head, tail) = text.split_at(position.unwrap_or(text.len()));
    (head, tail.strip_prefix(at).unwrap_or(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_next_in_every_form() {
        for (header, wanted) in [
            (r#"<https://a.example/o?page=2>; rel="next""#, Some("https://a.example/o?page=2")),
            ("</o?page=2>;rel=next", Some("/o?page=2")),
            (r#"<1>; rel="prev", <3>; REL="last NEXT""#, Some("3")),
            (r#"<1?a=1,2>; rel=prev; title="a, b; rel=next", <3>; rel=next"#, Some("3")),
            (r#"<3>; title="x;y"; rel="next""#, Some("3")),
            (r#"<1>; rel="previous", <9>; rel="last""#, None),
            ("<1>; rel=prev; rel=next", None),
            ("<unclosed; rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_in(header).as_deref(), wanted, "{header}");
        }
    }
}
