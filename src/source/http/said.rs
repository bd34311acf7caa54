//! What a source said beside the orders, fit to be shown: short, one line, without our key.

/// Longest text that is shown.
const LIMIT: usize = 160;

/// The title of a web page.
pub(super) fn title(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower.get(tag..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = excerpt(html.get(start..end)?);
    (!title.is_empty()).then_some(title)
}

/// The beginning of a text in one line.
pub(super) fn excerpt(text: &str) -> String {
    let plain = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    let words: Vec<&str> = plain.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// A text without the given secrets, also in JSON with `/` escaped. Very short ones cannot be
/// told from ordinary text.
pub(super) fn mask<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    secrets.into_iter().filter(|secret| secret.len() >= 4).fold(text.to_owned(), |text, secret| {
        text.replace(secret, "***").replace(&secret.replace('/', r"\/"), "***")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = excerpt(&"ز".repeat(500));
        assert_eq!(cut.chars().count(), LIMIT + 1);
        assert_eq!(excerpt("a\u{7}b\r\n\tc"), "a b c");
    }

    #[test]
    fn secrets_are_masked_and_short_words_are_not() {
        assert_eq!(mask("key hunter2 is bad", ["hunter2", "is", ""]), "key *** is bad");
    }

    #[test]
    fn a_title_survives_odd_markup() {
        assert_eq!(title("<title>x</title>").as_deref(), Some("x"));
        assert_eq!(title("<title></title>"), None);
        assert_eq!(title("<title>never closed"), None);
        assert_eq!(title("İ<title>x</title>").as_deref(), Some("x"));
    }
}
