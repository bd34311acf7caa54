//! Choosing the partner that fits an identity.

use std::cmp::Reverse;

use crate::order::Text;
use crate::text;

use super::Partner;
use super::identity::{Identity, squeeze};

/// How a partner was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It was made of this very external customer.
    Key,
    /// Its reference.
    Reference,
    /// Its record id.
    OdooId,
    /// Its reference is the source's customer id.
    CustomerId,
    /// Its e-mail address.
    Email,
    /// Its phone number.
    Phone,
}

impl By {
    /// As a message says it.
    pub fn words(self) -> Text {
        match self {
            Self::Key => text!("external key"),
            Self::Reference => text!("reference"),
            Self::OdooId => text!("record id"),
            Self::CustomerId => text!("customer id as reference"),
            Self::Email => text!("e-mail address"),
            Self::Phone => text!("phone number"),
        }
    }
}

/// What fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'p> {
    /// No partner.
    None,
    /// This one.
    One(&'p Partner),
    /// The partner that was made of this customer, which somebody archived since.
    Archived(&'p Partner),
    /// Partners that have nothing to do with each other, by id.
    Several(By, Vec<&'p Partner>),
}

/// The result of [`find`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search<'p> {
    /// What fits.
    pub found: Found<'p>,
    /// Why an id that the order names was not believed.
    pub remark: Option<Text>,
}

/// Finds the customer among partners that were read for its identifiers: by key, then
/// reference, then e-mail address, then phone number; the first that fits any decides.
///
/// A bare number (a record id, or the source's customer id as a reference) is believed only
/// where nothing else about the partner contradicts it. Contacts of one company are not an
/// ambiguity: among them the one with most in common is taken.
pub fn find<'p>(who: &Identity, partners: impl IntoIterator<Item = &'p Partner>) -> Search<'p> {
    let mut partners: Vec<&Partner> = partners.into_iter().collect();
    partners.sort_by_key(|partner| partner.id);
    let of_key = partners.iter().copied().find(|partner| fits(who, partner, By::Key));
    if let Some(partner) = of_key {
        let found = if partner.active { Found::One(partner) } else { Found::Archived(partner) };
        return Search { found, remark: None };
    }
    partners.retain(|partner| partner.active);
    let mut remark = None;
    for by in [By::Reference, By::OdooId, By::CustomerId, By::Email, By::Phone] {
        let mut fitting: Vec<&Partner> =
            partners.iter().copied().filter(|partner| fits(who, partner, by)).collect();
        if matches!(by, By::OdooId | By::CustomerId) {
            let stranger = fitting.iter().find(|partner| contradicts(who, partner)).copied();
            if let (Some(partner), By::OdooId) = (stranger, by) {
                remark = Some(text!(
                    "The order names the customer with the id {id}, which is {name} in Odoo and does not fit: not used.",
                    id = partner.id.to_string(),
                    name = &partner.name
                ));
            }
            fitting.retain(|partner| !contradicts(who, partner));
        }
        if !fitting.is_empty() {
            return Search { found: choose(who, by, fitting), remark };
        }
    }
    Search { found: Found::None, remark }
}

fn fits(who: &Identity, partner: &Partner, by: By) -> bool {
    match by {
        By::Key => who.key.as_ref().is_some_and(|key| partner.keys.contains(key)),
        By::Reference => who.reference.is_some() && partner.reference == who.reference,
        By::OdooId => who.odoo_id == Some(partner.id),
        By::CustomerId => who.id.is_some() && partner.reference == who.id,
        By::Email => who.email.is_some() && partner.email == who.email,
        By::Phone => who.phone.as_ref().is_some_and(|phone| partner.phones.contains(phone)),
    }
}

/// Per identifier that both have: whether they agree.
fn comparisons(who: &Identity, partner: &Partner) -> impl Iterator<Item = bool> {
    let both = |a: &Option<String>, b: &Option<String>| Some(a.as_ref()? == b.as_ref()?);
    let phone = who.phone.as_ref().filter(|_| !partner.phones.is_empty());
    [
        both(&who.reference, &partner.reference),
        both(&who.email, &partner.email),
        phone.map(|phone| partner.phones.contains(phone)),
        who.name.as_ref().map(|name| squeeze(&partner.name) == *name),
    ]
    .into_iter()
    .flatten()
}

fn agreements(who: &Identity, partner: &Partner) -> usize {
    comparisons(who, partner).filter(|&agrees| agrees).count()
}

/// Whether what can be compared disagrees, all of it (names may differ in part); or the
/// partner was made of a customer of another source.
fn contradicts(who: &Identity, partner: &Partner) -> bool {
    let of_source = |key: &String| key.starts_with(&who.key_of_source);
    let of_another = !partner.keys.is_empty() && !partner.keys.iter().any(of_source);
    let mut compared = comparisons(who, partner).peekable();
    let disagrees = compared.peek().is_some() && !compared.any(|agrees| agrees);
    let theirs = squeeze(&partner.name);
    let alike = |name: &String| name.split(' ').any(|word| theirs.split(' ').any(|other| other == word));
    of_another || (disagrees && !who.name.as_ref().is_some_and(alike))
}

fn choose<'p>(who: &Identity, by: By, mut fitting: Vec<&'p Partner>) -> Found<'p> {
    let most = fitting.iter().map(|partner| agreements(who, partner)).max().unwrap_or_default();
    fitting.retain(|partner| agreements(who, partner) == most);
    // The company or person itself before its contacts, and the oldest of these.
    fitting.sort_by_key(|partner| (Reverse(partner.id == partner.commercial), partner.id));
    match fitting.as_slice() {
        [] => Found::None,
        [first, rest @ ..] if rest.iter().all(|other| other.commercial == first.commercial) => {
            Found::One(first)
        }
        _ => Found::Several(by, fitting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Customer, SourceId};

    fn partner(id: i64, name: &str) -> Partner {
        Partner { id, name: name.into(), commercial: id, active: true, ..Partner::default() }
    }

    fn ada() -> Partner {
        Partner {
            reference: Some("C001".into()),
            email: Some("ada@example.com".into()),
            phones: vec!["966500000001".into()],
            ..partner(7, "Ada Customer")
        }
    }

    fn who(customer: &Customer) -> Identity {
        Identity::of(customer, &SourceId::new("Web").unwrap(), "966")
    }

    fn id_of(search: &Search<'_>) -> Option<i64> {
        match &search.found {
            Found::One(partner) => Some(partner.id),
            _ => None,
        }
    }

    #[test]
    fn found_by_reference_email_and_phone_in_this_order() {
        let bob = Partner { email: Some("bob@example.com".into()), ..partner(8, "Bob") };
        let carl = Partner { phones: vec!["966500000003".into()], ..partner(9, "Carl") };
        let all = [ada(), bob, carl];
        let mut customer = Customer { phone: Some("0500000003".into()), ..Customer::default() };
        assert_eq!(id_of(&find(&who(&customer), &all)), Some(9));
        customer.email = Some("BOB@example.com".into());
        assert_eq!(id_of(&find(&who(&customer), &all)), Some(8));
        customer.reference = Some(" C001 ".into());
        assert_eq!(id_of(&find(&who(&customer), &all)), Some(7));
        customer.reference = Some("c001".into());
        assert_eq!(id_of(&find(&who(&customer), &all)), Some(8), "a reference is compared as it is");
        assert_eq!(find(&who(&Customer::default()), &all).found, Found::None);
    }

    #[test]
    fn a_record_id_is_believed_unless_all_else_contradicts() {
        let all = [ada()];
        let named =
            |name: &str| Customer { odoo_id: Some(7), name: Some(name.into()), ..Customer::default() };
        assert_eq!(id_of(&find(&who(&named("ada  customer")), &all)), Some(7));
        let only_id = Customer { odoo_id: Some(7), ..Customer::default() };
        assert_eq!(id_of(&find(&who(&only_id), &all)), Some(7));
        assert_eq!(id_of(&find(&who(&named("Mrs. Customer")), &all)), Some(7));
        let moved = Customer { email: Some("ada@example.com".into()), ..named("Ada Married") };
        assert_eq!(id_of(&find(&who(&moved), &all)), Some(7), "one thing in common is enough");

        let other = find(&who(&named("Zoe")), &all);
        assert_eq!(other.found, Found::None);
        assert!(other.remark.as_deref().is_some_and(|remark| remark.contains("Ada Customer")), "{other:?}");
        let absent = Customer { odoo_id: Some(99), ..Customer::default() };
        assert_eq!(find(&who(&absent), &all).found, Found::None);
    }

    #[test]
    fn a_customer_id_as_reference_is_believed_unless_all_else_contradicts() {
        let all = [Partner { reference: Some("5".into()), ..partner(7, "Ada Customer") }];
        let of =
            |name: &str| Customer { id: Some("5".into()), name: Some(name.into()), ..Customer::default() };
        assert_eq!(id_of(&find(&who(&of("Ada Customer")), &all)), Some(7));
        assert_eq!(find(&who(&of("Zoe")), &all).found, Found::None);
        // Another source counts its customers from 1, too.
        let of_another = [Partner { keys: vec!["v1:Till/id/5".into()], ..all[0].clone() }];
        assert_eq!(find(&who(&of("Ada Customer")), &of_another).found, Found::None);
    }

    #[test]
    fn archived_partners_are_not_found() {
        let gone = Partner { active: false, ..ada() };
        let customer = Customer { reference: Some("C001".into()), ..Customer::default() };
        assert_eq!(find(&who(&customer), [&gone]).found, Found::None);
        let made = Partner { keys: vec!["v1:Web/ref/C001".into()], ..gone };
        assert_eq!(find(&who(&customer), [&made]).found, Found::Archived(&made));
    }

    #[test]
    fn the_partner_made_of_this_customer_comes_first() {
        let made = Partner { keys: vec!["v1:Web/email/ada@example.com".into()], ..partner(20, "Ada") };
        let customer = Customer { email: Some("ada@example.com".into()), ..Customer::default() };
        assert_eq!(id_of(&find(&who(&customer), [&ada(), &made])), Some(20));
    }

    #[test]
    fn contacts_of_one_company_are_not_an_ambiguity_but_strangers_are() {
        let mail = Some("info@fleet.example".to_owned());
        let company = Partner { email: mail.clone(), ..partner(10, "Fleet") };
        let driver = Partner { email: mail.clone(), commercial: 10, ..partner(4, "Dan Driver") };
        let customer = Customer { email: mail.clone(), ..Customer::default() };
        let both = [driver.clone(), company.clone()];
        assert_eq!(id_of(&find(&who(&customer), &both)), Some(10));
        let dan = Customer { name: Some("Dan Driver".into()), ..customer.clone() };
        assert_eq!(id_of(&find(&who(&dan), &both)), Some(4), "the contact that is named");

        let stranger = Partner { email: mail, ..partner(11, "Other") };
        let all = [driver, company, stranger];
        let Found::Several(By::Email, several) = find(&who(&customer), &all).found else {
            panic!("several fit")
        };
        assert_eq!(several.len(), 3);
        assert_eq!(id_of(&find(&who(&dan), &all)), Some(4), "its name tells them apart");
    }
}
