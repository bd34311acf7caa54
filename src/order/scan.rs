//! Finds where the values of a JSON text begin and end, whatever is wrong inside them.
//!
//! One pass, no recursion: strings and their escapes are stepped over, brackets are counted.
//! It does not say whether a value is valid; `serde_json` does that, value by value, so that
//! one broken value (a bare `NaN`, unquoted text, absurd nesting) spoils only itself.

use std::ops::Range;

/// What ended a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A comma: another value follows.
    Comma,
    /// The bracket that closes the container.
    Close,
    /// The text ended first: the container is not whole.
    End,
}

/// One `"key": value` of an object. A key of `None` is junk where a key should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Between the quotes, escapes not decoded.
    pub key: Option<Range<usize>>,
    /// Without surrounding blanks; may be empty.
    pub value: Range<usize>,
    /// What follows.
    pub stop: Stop,
}

/// A position in a text, moving forward only.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// Brackets open inside the current value, and how many of them are braces.
    open: Vec<u8>,
    braces: usize,
}

impl<'a> Scan<'a> {
    /// Starts at `at`.
    pub fn new(text: &'a [u8], at: usize) -> Self {
        Self { text, at, open: Vec::new(), braces: 0 }
    }

    /// Where the scan stands.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is not blank, without stepping over it.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !byte.is_ascii_whitespace() {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Steps over `byte` if it is the next one that is not blank.
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Steps over one element of a container that `close` ends, and over what follows it.
    pub fn element(&mut self, close: u8) -> (Range<usize>, Stop) {
        self.peek();
        let start = self.at;
        self.open.clear();
        self.braces = 0;
        while let Some(&byte) = self.text.get(self.at) {
            let stop = match byte {
                b',' => Stop::Comma,
                _ if byte == close => Stop::Close,
                _ => Stop::End,
            };
            if self.open.is_empty() && stop != Stop::End {
                let value = self.trimmed(start);
                self.at += 1;
                return (value, stop);
            }
            self.step(byte);
        }
        (self.trimmed(start), Stop::End)
    }

    /// Steps over one member of an object, and over what follows it.
    pub fn member(&mut self) -> Member {
        self.peek();
        let start = self.at;
        let key = self.key();
        if key.is_none() {
            self.at = start;
        }
        let (value, stop) = self.element(b'}');
        Member { key, value, stop }
    }

    /// Steps over a value that begins with a bracket, to where that is closed; `None` when
    /// the text ends first.
    pub fn bracketed(&mut self) -> Option<Range<usize>> {
        self.peek();
        let start = self.at;
        self.open.clear();
        self.braces = 0;
        while let Some(&byte) = self.text.get(self.at) {
            self.step(byte);
            if self.open.is_empty() {
                return Some(start..self.at);
            }
        }
        None
    }

    /// `"key" :`
    fn key(&mut self) -> Option<Range<usize>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        self.string();
        let end = self.at.checked_sub(1)?;
        self.eat(b':').then_some(start..end)
    }

    /// Steps over one byte, or over a whole string.
    ///
    /// A closing bracket of the wrong kind closes everything up to its own; without one in
    /// this value it is junk. So a forgotten bracket ends with the value around it.
    fn step(&mut self, byte: u8) {
        match byte {
            b'"' => return self.string(),
            b'{' | b'[' => {
                self.open.push(byte);
                self.braces += usize::from(byte == b'{');
            }
            b'}' if self.braces > 0 => self.close(b'{'),
            b']' if self.open.len() > self.braces => self.close(b'['),
            _ => {}
        }
        self.at += 1;
    }

    fn close(&mut self, opening: u8) {
        while let Some(popped) = self.open.pop() {
            self.braces -= usize::from(popped == b'{');
            if popped == opening {
                return;
            }
        }
    }

    /// Steps over the string that begins here.
    fn string(&mut self) {
        self.at = string_end(self.text, self.at);
    }

    fn trimmed(&self, start: usize) -> Range<usize> {
        let end = self.at.min(self.text.len());
        let value = self.text.get(start..end).unwrap_or_default();
        start..start + value.trim_ascii_end().len()
    }
}

/// Where the string ends that begins with the quote at `start`.
///
/// In JSON a comma, a colon or a closing bracket follows a string. A quote that something
/// else follows is one that somebody forgot to escape (`"Tyre 15" steel"`): it ends nothing,
/// so that the rest of the text is not read inside out.
pub(super) fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'"' => {
                let rest = text.get(at..).unwrap_or_default().trim_ascii_start();
                if matches!(rest.first(), None | Some(b',' | b':' | b'}' | b']')) {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// How deep the brackets of a text are nested.
pub(super) fn depth(text: &str) -> usize {
    let mut scan = Scan::new(text.as_bytes(), 0);
    let mut deepest = 0;
    while let Some(&byte) = scan.text.get(scan.at) {
        scan.step(byte);
        deepest = deepest.max(scan.open.len());
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str) -> (Vec<&str>, Stop) {
        let mut scan = Scan::new(text.as_bytes(), 0);
        assert!(scan.eat(b'['));
        let mut found = Vec::new();
        loop {
            let (value, stop) = scan.element(b']');
            found.push(&text[value]);
            if stop != Stop::Comma {
                return (found, stop);
            }
        }
    }

    #[test]
    fn cuts_at_commas_outside_brackets_and_strings() {
        let cut = elements(r#"[ {"a":"]},\"", "b":[1,2]} , NaN,"x,y" ,]"#);
        assert_eq!(cut, (vec![r#"{"a":"]},\"", "b":[1,2]}"#, "NaN", "\"x,y\"", ""], Stop::Close));
    }

    #[test]
    fn a_wrong_bracket_spoils_only_its_element() {
        let cut = elements(r#"[{"a":[1,2},{"b":1]},{"c":3}},{"d":4}]"#);
        assert_eq!(cut, (vec![r#"{"a":[1,2}"#, r#"{"b":1]}"#, r#"{"c":3}}"#, r#"{"d":4}"#], Stop::Close));
    }

    #[test]
    fn a_wrong_quote_spoils_only_its_element() {
        for broken in [
            r#"{"a":"15" rim","b":"x"}"#,
            r#"{"a":"15,"b":"x"}"#,
            r#"{"a":15","b":"x"}"#,
            r#"{a":"15","b":"x"}"#,
        ] {
            let list = format!(r#"[{{"c":"1"}},{broken},{{"d":[2]}}]"#);
            assert_eq!(elements(&list).0, [r#"{"c":"1"}"#, broken, r#"{"d":[2]}"#]);
        }
    }

    #[test]
    fn an_unclosed_element_runs_to_the_end() {
        assert_eq!(elements(r#"[{"a":1},{"b":[2}"#).1, Stop::End, "the list itself is open");
        assert_eq!(elements(r#"[{"a":1},{"b":"2}]"#).1, Stop::End);
        assert_eq!(elements(r#"["\"#).1, Stop::End);
    }

    #[test]
    fn members_of_an_object() {
        let text = r#"{"a":1, junk , "b" : {"c":2} }"#;
        let mut scan = Scan::new(text.as_bytes(), 1);
        let mut cut = || {
            let member = scan.member();
            (member.key.map(|key| &text[key]), &text[member.value], member.stop)
        };
        assert_eq!(cut(), (Some("a"), "1", Stop::Comma));
        assert_eq!(cut(), (None, "junk", Stop::Comma));
        assert_eq!(cut(), (Some("b"), r#"{"c":2}"#, Stop::Close));
    }

    #[test]
    fn depth_ignores_strings() {
        assert_eq!(depth(r#"{"a":[[{"b":"[[[["}]]}"#), 4);
        assert_eq!(depth(&"[".repeat(100_000)), 100_000);
    }
}
