//! The identifiers of a customer in a form in which they can be compared.

use crate::order::{Customer, SourceId};

/// Digits below this make no phone number that says who it is.
const SHORTEST_PHONE: usize = 6;
/// E.164: no number has more digits.
const LONGEST_PHONE: usize = 15;

/// Who bought, in comparable form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Identity {
    /// The key under which the customer is created; `None` when a name is all there is.
    pub key: Option<String>,
    /// What keys of the same source begin with.
    pub key_of_source: String,
    /// The reference in Odoo that the source gave.
    pub reference: Option<String>,
    /// The record id in Odoo that the source gave.
    pub odoo_id: Option<i64>,
    /// The source's own customer id.
    pub id: Option<String>,
    /// E-mail address, see [`email`].
    pub email: Option<String>,
    /// Phone number, see [`phone`].
    pub phone: Option<String>,
    /// Name, in lower case with single blanks.
    pub name: Option<String>,
}

impl Identity {
    /// The identity of a customer of this source. `calling_code` is that of the shop's
    /// country (`966`), empty when it is not known.
    pub fn of(customer: &Customer, source: &SourceId, calling_code: &str) -> Self {
        let text = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (reference, id) = (text(&customer.reference), text(&customer.id));
        let email = customer.email.as_deref().and_then(email);
        let phone = customer.phone.as_deref().and_then(|text| phone(text, calling_code));
        let strongest = [("id", &id), ("ref", &reference), ("email", &email), ("phone", &phone)]
            .into_iter()
            .find_map(|(kind, value)| Some((kind, value.as_deref()?)));
        Self {
            key: strongest.map(|(kind, value)| source.customer_key(kind, value)),
            key_of_source: source.customer_keys(),
            odoo_id: customer.odoo_id,
            name: customer.name.as_deref().map(squeeze).filter(|name| !name.is_empty()),
            reference,
            id,
            email,
            phone,
        }
    }

    /// Whether there is anything to find a partner by.
    pub fn is_anonymous(&self) -> bool {
        self.key.is_none() && self.odoo_id.is_none()
    }
}

/// An e-mail address in lower case without its display name; `None` when it is not exactly
/// one. Odoo's `email_normalized` is made the same way (`odoo/tools/mail.py`).
pub fn email(text: &str) -> Option<String> {
    let address = match (text.rfind('<'), text.rfind('>')) {
        (Some(from), Some(to)) if from < to => text.get(from + 1..to)?,
        _ => text,
    };
    let address = address.trim().to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let sound = !local.is_empty()
        && domain.contains('.')
        && !address.contains(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>'))
        && !domain.contains('@');
    sound.then_some(address)
}

/// A phone number as its digits with country calling code and without trunk zero:
/// `+966 (0)50 000 0001`, `00966500000001` and, in a shop with the calling code 966,
/// `050-000-0001` and `500000001` are all `966500000001`. An extension is cut off. `None`
/// when it has too few or too many digits.
pub fn phone(text: &str, calling_code: &str) -> Option<String> {
    let text = text.trim();
    let number =
        text.find(char::is_alphabetic).map_or(text, |extension| text.get(..extension).unwrap_or(text));
    let number = number.split(['#', ',', ';', '/']).next()?;
    let digits: String = number.chars().filter_map(digit).collect();
    let (international, digits) = match digits.strip_prefix("00") {
        Some(rest) => (true, rest),
        None => (number.trim_start_matches(['(', ' ']).starts_with('+'), digits.as_str()),
    };
    let own = digits.strip_prefix(calling_code).filter(|_| !calling_code.is_empty());
    let full = match own {
        Some(rest) if international || rest.trim_start_matches('0').len() > SHORTEST_PHONE => {
            format!("{calling_code}{}", rest.trim_start_matches('0'))
        }
        _ if international => digits.to_owned(),
        _ => format!("{calling_code}{}", digits.trim_start_matches('0')),
    };
    let significant = full.len().saturating_sub(calling_code.len());
    (significant >= SHORTEST_PHONE && full.len() <= LONGEST_PHONE).then_some(full)
}

/// The ASCII digit of an ASCII, Arabic-Indic or Persian one.
pub fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{660}'..='\u{669}' => char::from_digit(c as u32 - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(c as u32 - 0x6f0, 10),
        _ => None,
    }
}

/// A name in lower case with single blanks.
pub(super) fn squeeze(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// A tax id without blanks, dots and dashes, in upper case.
pub(super) fn tax_id(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_a_phone_number_are_one() {
        for text in [
            "+966 50 000 0001",
            "00966 50-000-0001",
            "966500000001",
            "0500000001",
            "500000001",
            "+966 (0)50 000 0001",
            "(+966) 50 000 0001",
            "٠٥٠٠٠٠٠٠٠١",
            "050 000 0001 ext. 12",
            "050 000 0001;0551",
        ] {
            assert_eq!(phone(text, "966").as_deref(), Some("966500000001"), "{text}");
        }
        assert_eq!(phone("+1 212 555 0100", "1"), phone("(212) 555-0100", "1"));
        assert_eq!(phone("+39 06 1234567", "39"), phone("06 1234567", "39"));
    }

    #[test]
    fn different_phone_numbers_stay_different() {
        assert_ne!(phone("+971 50 000 0001", "966"), phone("0500000001", "966"));
        assert_ne!(phone("0500000001", "966"), phone("0500000002", "966"));
        // A local number that begins like the calling code.
        assert_eq!(phone("966 1234", "966").as_deref(), Some("9669661234"));
        for text in ["", "0", "12345", "none", "0123456789012345"] {
            assert_eq!(phone(text, "966"), None, "{text}");
        }
        assert_eq!(phone("0500000001", "").as_deref(), Some("500000001"));
    }

    #[test]
    fn an_email_address_is_one_address_in_lower_case() {
        assert_eq!(email(" Ada@Example.COM ").as_deref(), Some("ada@example.com"));
        assert_eq!(email("Ada <ADA@example.com>").as_deref(), Some("ada@example.com"));
        for text in ["", "ada", "@example.com", "a@b", "a@b.c, d@e.f", "a b@c.d", "a@b@c.d"] {
            assert_eq!(email(text), None, "{text}");
        }
    }

    #[test]
    fn the_key_is_of_the_strongest_identifier() {
        let source = SourceId::new("Web").unwrap();
        let mut customer = Customer {
            phone: Some("0500000001".into()),
            name: Some(" Ada  CUSTOMER ".into()),
            ..Customer::default()
        };
        let key = |customer: &Customer| Identity::of(customer, &source, "966").key;
        assert_eq!(key(&customer).as_deref(), Some("v1:Web/phone/966500000001"));
        customer.email = Some("Ada@example.com".into());
        assert_eq!(key(&customer).as_deref(), Some("v1:Web/email/ada@example.com"));
        customer.id = Some("a/7".into());
        assert_eq!(key(&customer).as_deref(), Some("v1:Web/id/a%2F7"));
        assert_eq!(Identity::of(&customer, &source, "").name.as_deref(), Some("ada customer"));

        let only_name = Customer { name: Some("Ada".into()), ..Customer::default() };
        assert!(Identity::of(&only_name, &source, "").is_anonymous());
    }
}
