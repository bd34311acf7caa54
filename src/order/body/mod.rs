//! Cuts the body of an answer (or of a file) into raw orders before any of them is parsed,
//! so that a broken order never takes its page down.

mod error;
mod wrapper;

#[cfg(test)]
pub(super) mod tests;

use std::ops::Range;

use super::scan::{Scan, Stop};

pub use error::BodyError;

/// How much of a body is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole body, after decompression.
    pub body_bytes: usize,
    /// Bytes of one order; a larger one is refused by itself.
    pub order_bytes: usize,
    /// Orders in one body.
    pub orders: usize,
}

impl Default for Limits {
    /// 64 MiB, 1 MiB, 100 000 orders.
    fn default() -> Self {
        Self { body_bytes: 64 << 20, order_bytes: 1 << 20, orders: 100_000 }
    }
}

/// A body cut into orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body<'a> {
    /// The text of each order, in the order sent, not looked into: it may be anything.
    pub orders: Vec<&'a [u8]>,
    /// What the body says of the next page: an address or a token.
    pub next: Option<String>,
}

/// Cuts a body.
///
/// Accepted: `[order, …]`, `{"orders": [order, …]}` (also `data`, `results`, `sales`; other
/// members may stand beside it), one order, orders one per line (NDJSON) or one after the
/// other, and nothing at all; with or without a byte order mark. Linear in the body's size.
pub fn split<'a>(body: &'a [u8], limits: &Limits) -> Result<Body<'a>, BodyError> {
    if body.len() > limits.body_bytes {
        return Err(BodyError::TooLarge { bytes: body.len(), limit: limits.body_bytes });
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii();
    match body.first() {
        None => Ok(Body::default()),
        Some(b'[') => {
            let mut scan = Scan::new(body, 1);
            let orders = array(body, &mut scan, limits)?;
            match scan.peek() {
                None => Ok(Body { orders, next: None }),
                Some(_) => Err(BodyError::trailing(body, scan.position())),
            }
        }
        Some(b'{') if is_one_per_line(body) => one_per_line(body, limits),
        Some(b'{') => objects(body, limits),
        Some(_) => Err(BodyError::not_orders(body)),
    }
}

/// The elements of the array that the scan has just entered.
fn array<'a>(body: &'a [u8], scan: &mut Scan<'_>, limits: &Limits) -> Result<Vec<&'a [u8]>, BodyError> {
    let mut orders = Vec::new();
    loop {
        let (element, stop) = scan.element(b']');
        if stop == Stop::End {
            return Err(BodyError::Truncated { whole: orders.len() });
        }
        // A comma too many leaves nothing between two others.
        if !element.is_empty() {
            push(&mut orders, body, element, limits)?;
        }
        if stop == Stop::Close {
            return Ok(orders);
        }
    }
}

fn push<'a>(
    orders: &mut Vec<&'a [u8]>,
    body: &'a [u8],
    range: Range<usize>,
    limits: &Limits,
) -> Result<(), BodyError> {
    if orders.len() == limits.orders {
        return Err(BodyError::TooMany { limit: limits.orders });
    }
    orders.extend(body.get(range));
    Ok(())
}

/// One object: a wrapper or a single order. Or several, one after the other.
fn objects<'a>(body: &'a [u8], limits: &Limits) -> Result<Body<'a>, BodyError> {
    let first = wrapper::read(body, limits)?;
    let mut scan = Scan::new(body, first.end);
    if scan.peek().is_none() {
        return first.single(body);
    }
    if first.is_wrapper() {
        return Err(BodyError::trailing(body, scan.position()));
    }
    let mut orders = Vec::new();
    push(&mut orders, body, 0..first.end, limits)?;
    while let Some(byte) = scan.peek() {
        if byte != b'{' {
            return Err(BodyError::trailing(body, scan.position()));
        }
        let Some(object) = scan.bracketed() else {
            return Err(BodyError::Truncated { whole: orders.len() });
        };
        push(&mut orders, body, object, limits)?;
    }
    Ok(Body { orders, next: None })
}

/// Whether every line is an object of its own; the last may have been cut short. No single
/// JSON value can look like this: it would need a comma between two lines.
fn is_one_per_line(body: &[u8]) -> bool {
    let mut lines = lines(body).map(|(line, _)| line).peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let whole = line.ends_with(b"}") || lines.peek().is_none();
        if !line.starts_with(b"{") || !whole {
            return false;
        }
        count += 1;
    }
    count > 1
}

/// Each line stands for itself, so that one with a forgotten bracket or quote spoils no other.
fn one_per_line<'a>(body: &'a [u8], limits: &Limits) -> Result<Body<'a>, BodyError> {
    let mut orders = Vec::new();
    for (line, start) in lines(body) {
        if let Some(objects) = whole_objects(line) {
            for object in objects {
                let object = start + object.start..start + object.end;
                push(&mut orders, body, object, limits)?;
            }
        } else if line.ends_with(b"}") {
            push(&mut orders, body, start..start + line.len(), limits)?;
        } else {
            return Err(BodyError::Truncated { whole: orders.len() });
        }
    }
    Ok(Body { orders, next: None })
}

/// The objects of a line, when it holds nothing else and each is whole.
fn whole_objects(line: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut scan = Scan::new(line, 0);
    let mut objects = Vec::new();
    while let Some(byte) = scan.peek() {
        objects.push((byte == b'{').then(|| scan.bracketed()).flatten()?);
    }
    Some(objects)
}

/// The lines that are not blank, without surrounding blanks, and where each begins.
fn lines(body: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut start = 0;
    body.split(|byte| *byte == b'\n').filter_map(move |line| {
        let blanks = line.len() - line.trim_ascii_start().len();
        let at = start + blanks;
        start += line.len() + 1;
        let line = line.trim_ascii();
        (!line.is_empty()).then_some((line, at))
    })
}
