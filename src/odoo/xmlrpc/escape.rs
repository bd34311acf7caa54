//! Text on its way into XML.

use super::error::{EncodeError, EncodeErrorKind};

/// The bytes that may not stand as they are: markup, control characters, and the first one of
/// U+FFFE and U+FFFF in UTF-8.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = !matches!(control as u8, b'\t' | b'\n');
        control += 1;
    }
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'&' as usize] = true;
    special[0xEF] = true;
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
