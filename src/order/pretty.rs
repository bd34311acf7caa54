//! JSON as people read it.

/// JSON with line breaks and indents. Works on the text, because a parsed number would lose
/// its digits.
pub fn indent(json: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut letters = json.chars().peekable();
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    while let Some(letter) = letters.next() {
        if in_text {
            out.push(letter);
            in_text = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            '"' => {
                in_text = true;
                out.push(letter);
            }
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(|next| next.is_whitespace()).is_some() {}
                if let Some(close) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter if letter.is_whitespace() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_digit_for_digit() {
        let json = r#"{"a" : [ ], "b":{"c":13.209999999999999000,"d":"x, \"{y}\" \\"},"e":[1, 2]}"#;
        let expected = "{\n  \"a\": [],\n  \"b\": {\n    \"c\": 13.209999999999999000,\n    \"d\": \"x, \\\"{y}\\\" \\\\\"\n  },\n  \"e\": [\n    1,\n    2\n  ]\n}";
        assert_eq!(indent(json), expected);
        let again: serde_json::Value = serde_json::from_str(&indent(json)).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(json).unwrap());
    }
}
