//! The address of a single order.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::origin::same_origin;

/// Where an order's id goes.
const ID: &str = "{id}";
/// What is encoded of an id, so that it stays one part of the path or one value of the query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An address with `{id}` in it, at the origin of the order list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderUrl(String);

impl OrderUrl {
    /// Checks it against the address of the order list, whose key is sent to it, too.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, beginning with a verb.
    pub fn new(text: &str, list: &Url) -> Result<Self, String> {
        let address = Self(text.trim().to_owned());
        if !address.0.contains(ID) {
            return Err(format!("must hold {ID} where the order's id goes"));
        }
        match address.of("1") {
            None => Err("is no address".to_owned()),
            Some(url) if !same_origin(list, &url) => {
                Err("must have the scheme, host and port of url: the key is sent there only".to_owned())
            }
            Some(_) => Ok(address),
        }
    }

    /// The address of the order of this id; `None` for an id that no address can hold.
    pub(super) fn of(&self, id: &str) -> Option<Url> {
        // A path's dots would lead elsewhere.
        if id.trim_matches('.').is_empty() {
            return None;
        }
        Url::parse(&self.0.replace(ID, &utf8_percent_encode(id, ENCODED).to_string())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Url {
        Url::parse("https://shop.example/api/orders?store=7").unwrap()
    }

    #[test]
    fn an_id_stays_in_its_place_whatever_it_holds() {
        let address = OrderUrl::new(" https://shop.example/api/orders/{id}?full=1 ", &list()).unwrap();
        for (id, expected) in [
            ("70211", "https://shop.example/api/orders/70211?full=1"),
            ("a/../b?c#d", "https://shop.example/api/orders/a%2F..%2Fb%3Fc%23d?full=1"),
            ("7 é", "https://shop.example/api/orders/7%20%C3%A9?full=1"),
        ] {
            assert_eq!(address.of(id).map(String::from).as_deref(), Some(expected));
        }
        assert!(address.of("..").is_none() && address.of("").is_none());
        let query = OrderUrl::new("https://shop.example/one?id={id}", &list()).unwrap();
        let url = query.of("1&key=x").unwrap();
        assert_eq!(url.as_str(), "https://shop.example/one?id=1%26key%3Dx");
    }

    #[test]
    fn it_holds_an_id_and_is_where_the_list_is() {
        for (text, expected) in [
            ("https://shop.example/orders", "must hold {id} where the order's id goes"),
            ("shop.example/{id}", "is no address"),
            (
                "http://shop.example/{id}",
                "must have the scheme, host and port of url: the key is sent there only",
            ),
            (
                "https://{id}.example/",
                "must have the scheme, host and port of url: the key is sent there only",
            ),
        ] {
            assert_eq!(OrderUrl::new(text, &list()), Err(expected.to_owned()), "{text}");
        }
    }
}
