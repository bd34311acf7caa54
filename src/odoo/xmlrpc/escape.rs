//! Text on its way into XML.

use super::error::{EncodeError, EncodeErrorKind};

/// Which bytes may not stand as they are: `<`, `>`, `&`, control characters, and what U+FFFE
/// and U+FFFF begin with in UTF-8. A table: most of the time of writing goes into asking this.
#[expect(clippy::indexing_slicing, reason = "within 256, and at compile time")]
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < special.len() {
        special[byte] = matches!(byte, 0x3C | 0x3E | 0x26 | 0xEF | 0..=0x08 | 0x0B..=0x1F);
        byte += 1;
    }
    special
};

/// Appends `text` so that an XML parser reads exactly it: blanks and line ends survive (a
/// carriage return as `&#13;`, which a parser would otherwise turn into a line feed). What
/// XML 1.0 has no form for is an error.
#[expect(clippy::indexing_slicing, reason = "the offsets come from the text's own bytes")]
pub(super) fn push(out: &mut Vec<u8>, text: &str) -> Result<(), EncodeError> {
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if !SPECIAL[usize::from(byte)] {
            continue;
        }
        let escaped: &[u8] = match byte {
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'&' => b"&amp;",
            b'\r' => b"&#13;",
            0xEF if !matches!(bytes[at + 1..], [0xBF, 0xBE | 0xBF, ..]) => continue,
            _ => return Err(forbidden(text, at)),
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
