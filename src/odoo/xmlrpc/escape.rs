//! Text on its way into XML.

use super::error::{EncodeError, EncodeErrorKind};

/// What a byte of UTF-8 needs in XML text.
#[derive(Clone, Copy, PartialEq)]
enum Byte {
    Plain,
    Escape,
    /// A control character: no form in XML 1.0.
    Forbidden,
    /// May start U+FFFE or U+FFFF, which XML 1.0 forbids as well.
    Lead,
}

const BYTES: [Byte; 256] = {
    let mut table = [Byte::Plain; 256];
    let mut control = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated while compiling")]
    while control < 0x20 {
        table[control] = Byte::Forbidden;
        control += 1;
    }
    table[b'\t' as usize] = Byte::Plain;
    table[b'\n' as usize] = Byte::Plain;
    table[b'\r' as usize] = Byte::Escape;
    table[b'<' as usize] = Byte::Escape;
    table[b'>' as usize] = Byte::Escape;
    table[b'&' as usize] = Byte::Escape;
    table[0xEF] = Byte::Lead;
    table
};

/// Appends `text` so that an XML parser reads exactly it: blanks and line ends survive (a
/// carriage return as `&#13;`, which a parser would otherwise turn into a line feed).
#[expect(
    clippy::indexing_slicing,
    reason = "a byte indexes a table of 256; offsets come from the text's own bytes"
)]
pub(super) fn push(out: &mut Vec<u8>, text: &str) -> Result<(), EncodeError> {
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match BYTES[usize::from(byte)] {
            Byte::Plain => continue,
            Byte::Lead if !matches!(bytes[at + 1..], [0xBF, 0xBE | 0xBF, ..]) => continue,
            Byte::Lead | Byte::Forbidden => return Err(forbidden(text, at)),
            Byte::Escape => match byte {
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'&' => b"&amp;",
                _ => b"&#13;",
            },
        };
        out.extend_from_slice(&bytes[done..at]);
        out.extend_from_slice(escaped);
        done = at + 1;
    }
    out.extend_from_slice(&bytes[done..]);
    Ok(())
}

#[cold]
fn forbidden(text: &str, at: usize) -> EncodeError {
    let (before, rest) = text.split_at(at);
    EncodeError::new(EncodeErrorKind::Character {
        code: rest.chars().next().map_or(0, u32::from),
        position: before.chars().count(),
    })
}
