//! Customers in Odoo: looked up for a whole chunk of orders at once, created once.
//!
//! What was read is kept for the rest of the pass, within a limit. Only one pass at a time
//! creates, of all sidecars that share the store; where the addon keeps its key unique, the
//! database refuses a second partner of the same customer besides.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

use crate::booking::{
    Buyer, CustomerRules, Customers as Policy, Found, Identity, Partner, find, phone as phone_of,
};
use crate::config::Sync;
use crate::odoo::fields::{self, Many2One};
use crate::odoo::{CallError, Client, Fault, FaultKind, Outcome};
use crate::order::{Customer, Order, SourceId, Text};
use crate::shop::Shop;
use crate::store::{Lease, Leases, StoreError};
use crate::text;

use super::report::PassError;

/// How often is asked whether another sidecar is done with creating customers.
const ASKED_EVERY: Duration = Duration::from_millis(250);
/// Partners and identities kept at most; beyond, the pass forgets and asks again.
const KEPT: usize = 5_000;
/// Digits at the end of a phone number by which Odoo is asked for candidates.
const PHONE_TAIL: usize = 7;

/// The customers of a pass over one sync.
pub(super) struct Customers<'a> {
    client: &'a Client,
    company: i64,
    source: &'a SourceId,
    rules: CustomerRules,
    creating: &'a Creating,
    facts: Option<Facts>,
    partners: HashMap<i64, Partner>,
    asked: HashSet<Identity>,
    /// By key: why a customer could not be created, and what to do.
    failed: HashMap<String, (Text, Text)>,
    /// Keys of customers that were not created for certain, and why not.
    unsettled: HashMap<String, Unsettled>,
}

/// The right to create customers, which one pass at a time has.
pub(super) struct Creating {
    here: Mutex<()>,
    /// Among the sidecars that share the store.
    shared: Arc<Leases>,
}

impl Creating {
    /// Nobody's.
    pub fn new(shared: Arc<Leases>) -> Self {
        Self { here: Mutex::default(), shared }
    }

    /// Waits for the right; it is given back when what is returned is dropped.
    async fn alone(&self) -> Result<(MutexGuard<'_, ()>, Lease), StoreError> {
        let here = self.here.lock().await;
        loop {
            match self.shared.take("customers").await? {
                Ok(lease) => return Ok((here, lease)),
                // Another sidecar is at it, for a request or two.
                Err(_) => sleep(ASKED_EVERY).await,
            }
        }
    }
}

/// Why a customer is neither there nor refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsettled {
    /// It may have been created or not.
    InDoubt,
    /// Odoo gave way to others each time it tried.
    LostARace,
}

/// What is known about partners in this database.
#[derive(Debug, Default)]
struct Facts {
    /// `res.partner` has `mobile` (Odoo up to 18).
    mobile: bool,
    /// `res.partner` has the addon's unique key.
    key: bool,
    /// The country calling code of the company, empty when it has no country.
    calling_code: String,
    /// The company's language, which new customers are addressed in.
    lang: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: i64,
    #[serde(deserialize_with = "fields::optional")]
    name: Option<String>,
    commercial_partner_id: Many2One,
    #[serde(deserialize_with = "fields::optional")]
    r#ref: Option<String>,
    #[serde(deserialize_with = "fields::optional")]
    email_normalized: Option<String>,
    #[serde(deserialize_with = "fields::optional")]
    phone: Option<String>,
    #[serde(default, deserialize_with = "fields::optional")]
    mobile: Option<String>,
    #[serde(deserialize_with = "fields::optional")]
    vat: Option<String>,
    #[serde(default, deserialize_with = "fields::optional")]
    external_customer_key: Option<String>,
    active: bool,
}

/// A new `res.partner`: only fields that every series has.
#[derive(Debug, Clone, Serialize)]
struct NewPartner<'o> {
    name: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vat: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_customer_key: Option<String>,
}

impl<'a> Customers<'a> {
    /// Knows nobody yet.
    pub fn new(client: &'a Client, shop: &Shop, sync: &'a Sync, creating: &'a Creating) -> Self {
        Self {
            client,
            company: shop.company,
            source: &sync.source,
            rules: sync.rules.customers,
            creating,
            facts: None,
            partners: HashMap::new(),
            asked: HashSet::new(),
            failed: HashMap::new(),
            unsettled: HashMap::new(),
        }
    }

    /// Looks up the customers of these orders that were not looked up yet, all at once.
    pub async fn learn(&mut self, orders: &[&Order]) -> Result<(), CallError> {
        if self.rules.customers == Policy::Ignore || orders.iter().all(|order| is_nobody(&order.customer)) {
            return Ok(());
        }
        if self.facts.is_none() {
            self.facts = Some(self.read_facts().await?);
        }
        if self.partners.len() + self.asked.len() > KEPT {
            self.partners.clear();
            self.asked.clear();
        }
        let mut new: Vec<Identity> = orders.iter().map(|order| self.identity(order)).collect();
        new.retain(|who| !who.is_anonymous() && self.asked.insert(who.clone()));
        self.ask(&new).await
    }

    /// Who bought, of what was learned.
    pub fn buyer(&self, order: &Order) -> Buyer {
        if self.rules.customers == Policy::Ignore {
            return Buyer::Nobody;
        }
        let who = self.identity(order);
        if who.is_anonymous() {
            return Buyer::Nobody;
        }
        if let Some((why, fix)) = who.key.as_ref().and_then(|key| self.failed.get(key)) {
            return Buyer::Failed(why.clone(), fix.clone());
        }
        find(&who, self.partners.values()).into()
    }

    /// Whether the customer of an order would be created.
    pub fn would_create(&self, order: &Order) -> bool {
        self.rules.customers == Policy::Create
            && matches!(self.buyer(order), Buyer::Unknown)
            && self.identity(order).key.is_some()
    }

    /// Why an order has to wait for its customer.
    pub fn unsettled(&self, order: &Order) -> Option<Unsettled> {
        let why = *self.unsettled.get(&self.identity(order).key?)?;
        matches!(self.buyer(order), Buyer::Unknown).then_some(why)
    }

    /// Creates the customers of these orders that are not in Odoo, if the sync does that.
    /// One that Odoo refuses is remembered with the reason.
    pub async fn create(&mut self, orders: &[&Order]) -> Result<(), PassError> {
        if !orders.iter().any(|order| self.would_create(order)) {
            return Ok(());
        }
        let _alone = self.creating.alone().await?;
        // Somebody else may have created them in the meantime.
        let again: Vec<Identity> = orders.iter().map(|order| self.identity(order)).collect();
        self.ask(&again).await?;
        let mut wanted: BTreeMap<String, &Customer> = BTreeMap::new();
        for order in orders.iter().filter(|order| self.would_create(order)) {
            if let Some(key) = self.identity(order).key {
                wanted.entry(key).or_insert(&order.customer);
            }
        }
        wanted.retain(|key, _| !self.unsettled.contains_key(key));
        let all: Vec<_> = wanted.iter().map(|(key, customer)| self.values(key, customer)).collect();
        match self.client.write("res.partner", "create", (all,), ()).await {
            Outcome::Committed(ids) => Ok(self.read_back(ids).await?),
            Outcome::Refused(fault) if fault.meets_every_call() => Err(CallError::Fault(fault).into()),
            // One at a time, so that only the one at fault stays out.
            Outcome::Refused(fault) if fault.kind() != FaultKind::AccessRights => {
                for (key, customer) in wanted {
                    self.create_one(key, customer).await?;
                }
                Ok(())
            }
            Outcome::Refused(fault) => {
                for key in wanted.into_keys() {
                    self.fail(key, &fault);
                }
                Ok(())
            }
            Outcome::NotSent(error) => Err(error.into()),
            Outcome::Unknown(error) => {
                tracing::warn!(%error, "no clear answer from Odoo; looking the customers up");
                self.ask(&again).await?;
                for (key, customer) in wanted {
                    self.settle(key, customer).await?;
                }
                Ok(())
            }
        }
    }

    /// A customer that may have been created or not, and was looked up since: where its key
    /// is unique it can be created again, else that must wait.
    async fn settle(&mut self, key: String, customer: &Customer) -> Result<(), CallError> {
        let who = Identity::of(customer, self.source, self.calling_code());
        if !matches!(find(&who, self.partners.values()).found, Found::None) {
            return Ok(());
        }
        if self.facts.as_ref().is_some_and(|facts| facts.key) {
            return self.create_one(key, customer).await;
        }
        self.unsettled.insert(key, Unsettled::InDoubt);
        Ok(())
    }

    async fn create_one(&mut self, key: String, customer: &Customer) -> Result<(), CallError> {
        let mut values = self.values(&key, customer);
        loop {
            match self.client.write("res.partner", "create", ([&values],), ()).await {
                Outcome::Committed(ids) => return self.read_back(ids).await,
                Outcome::Refused(fault) if fault.meets_every_call() => return Err(fault.into()),
                Outcome::Refused(fault) if fault.lost_a_race() => {
                    self.unsettled.insert(key, Unsettled::LostARace);
                    return Ok(());
                }
                // A tax id that Odoo does not take keeps nobody from being a customer.
                Outcome::Refused(_) if values.vat.is_some() => values.vat = None,
                Outcome::Refused(fault) => {
                    // Perhaps because it is there by now.
                    let who = Identity::of(customer, self.source, self.calling_code());
                    self.ask(std::slice::from_ref(&who)).await?;
                    if matches!(find(&who, self.partners.values()).found, Found::None) {
                        self.fail(key, &fault);
                    }
                    return Ok(());
                }
                Outcome::NotSent(error) => return Err(error),
                Outcome::Unknown(_) => {
                    self.unsettled.insert(key, Unsettled::InDoubt);
                    return Ok(());
                }
            }
        }
    }

    fn values<'o>(&self, key: &str, customer: &'o Customer) -> NewPartner<'o> {
        let facts = self.facts.as_ref();
        let [name, reference, id, email, phone, vat] = [
            &customer.name,
            &customer.reference,
            &customer.id,
            &customer.email,
            &customer.phone,
            &customer.vat,
        ]
        .map(|text| text.as_deref().map(str::trim).filter(|text| !text.is_empty()));
        NewPartner {
            name: name.or(email).or(phone).or(reference).or(id).unwrap_or_default(),
            r#ref: reference.or(id),
            email,
            phone,
            vat,
            lang: facts.and_then(|facts| facts.lang.clone()),
            external_customer_key: facts.is_some_and(|facts| facts.key).then(|| key.to_owned()),
        }
    }

    fn fail(&mut self, key: String, fault: &Fault) {
        let reason = if fault.kind() == FaultKind::AccessRights {
            let user = &self.client.target().username;
            (
                text!("Its customer is not in Odoo, and the API user {user} may not create customers.", user),
                text!(
                    "Give {user} the access right \"Contact Creation\" (group base.group_partner_manager) in Odoo (Settings → Users).",
                    user
                ),
            )
        } else {
            (
                text!(
                    "Odoo refused to create its customer ({fault}).",
                    fault = fault.message().trim_end_matches('.')
                ),
                text!("Create the customer in Odoo by hand."),
            )
        };
        self.failed.insert(key, reason);
    }

    fn identity(&self, order: &Order) -> Identity {
        Identity::of(&order.customer, self.source, self.calling_code())
    }

    fn calling_code(&self) -> &str {
        self.facts.as_ref().map_or("", |facts| &facts.calling_code)
    }

    /// Reads the partners that fit any of these: by everything that is indexed, and for whom
    /// that finds nobody by phone number.
    async fn ask(&mut self, who: &[Identity]) -> Result<(), CallError> {
        let some = |of: &dyn Fn(&Identity) -> Option<String>| {
            let set: HashSet<String> = who.iter().filter_map(of).collect();
            set.into_iter().collect::<Vec<_>>()
        };
        let mut references = some(&|who| who.reference.clone());
        references.extend(some(&|who| who.id.clone()));
        let mut any = Vec::new();
        let mut one_of = |field: &str, values: Vec<String>| {
            if !values.is_empty() {
                any.push(json!([field, "in", values]));
            }
        };
        one_of("ref", references);
        one_of("email_normalized", some(&|who| who.email.clone()));
        if self.facts.as_ref().is_some_and(|facts| facts.key) {
            one_of("external_customer_key", some(&|who| who.key.clone()));
        }
        let ids: Vec<i64> = who.iter().filter_map(|who| who.odoo_id).collect();
        if !ids.is_empty() {
            any.push(json!(["id", "in", ids]));
        }
        self.read(any).await?;
        let unknown = |who: &&Identity| matches!(find(who, self.partners.values()).found, Found::None);
        let tails: HashSet<String> =
            who.iter().filter(unknown).filter_map(|who| Some(tail_pattern(who.phone.as_deref()?))).collect();
        let has_mobile = self.facts.as_ref().is_some_and(|facts| facts.mobile);
        let phones: &[&str] = if has_mobile { &["phone", "mobile"] } else { &["phone"] };
        let any = tails
            .iter()
            .flat_map(|tail| phones.iter().map(move |field| json!([field, "=like", tail])))
            .collect();
        self.read(any).await
    }

    /// Reads the partners that meet any of these conditions: of the company or of none,
    /// archived ones too.
    async fn read(&mut self, any: Vec<Value>) -> Result<(), CallError> {
        if any.is_empty() {
            return Ok(());
        }
        let facts = self.facts.as_ref();
        let mut names =
            vec!["name", "commercial_partner_id", "ref", "email_normalized", "phone", "vat", "active"];
        names.extend(facts.filter(|facts| facts.mobile).map(|_| "mobile"));
        names.extend(facts.filter(|facts| facts.key).map(|_| "external_customer_key"));
        let mut domain = vec![
            json!("|"),
            json!(["company_id", "=", false]),
            json!(["company_id", "parent_of", self.company]),
        ];
        domain.extend(std::iter::repeat_n(json!("|"), any.len() - 1));
        domain.extend(any);
        let rows: Vec<Row> = self
            .client
            .with_context([("active_test", false)])
            .search_read("res.partner", Value::Array(domain), &names, "id")
            .await?;
        let calling_code = self.calling_code().to_owned();
        for row in rows {
            let partner = partner(row, &calling_code);
            self.partners.insert(partner.id, partner);
        }
        Ok(())
    }

    async fn read_back(&mut self, ids: Vec<i64>) -> Result<(), CallError> {
        tracing::info!(customers = ids.len(), "customers created");
        self.read(vec![json!(["id", "in", ids])]).await
    }

    async fn read_facts(&self) -> Result<Facts, CallError> {
        #[derive(Deserialize)]
        struct Company {
            partner_id: Many2One,
            #[serde(deserialize_with = "fields::optional")]
            country_id: Option<Many2One>,
        }
        #[derive(Deserialize)]
        struct Country {
            phone_code: i64,
        }
        #[derive(Deserialize)]
        struct Contact {
            #[serde(deserialize_with = "fields::optional")]
            lang: Option<String>,
        }
        let read = |names: &[&str]| json!({"fields": names});
        let known = self.client.fields_of("res.partner").await?;
        let companies: Vec<Company> = self
            .client
            .read("res.company", "read", json!([[self.company]]), read(&["partner_id", "country_id"]))
            .await?;
        let mut facts = Facts {
            mobile: known.contains("mobile"),
            key: known.contains("external_customer_key"),
            ..Facts::default()
        };
        let Some(company) = companies.into_iter().next() else { return Ok(facts) };
        if let Some(country) = company.country_id {
            let countries: Vec<Country> =
                self.client.read("res.country", "read", json!([[country.id]]), read(&["phone_code"])).await?;
            let code = countries.first().map_or(0, |country| country.phone_code);
            facts.calling_code = if code > 0 { code.to_string() } else { String::new() };
        }
        let contacts: Vec<Contact> = self
            .client
            .read("res.partner", "read", json!([[company.partner_id.id]]), read(&["lang"]))
            .await?;
        facts.lang = contacts.into_iter().next().and_then(|contact| contact.lang);
        Ok(facts)
    }
}

/// Whether there is nothing to look for.
fn is_nobody(customer: &Customer) -> bool {
    *customer == Customer { name: customer.name.clone(), vat: customer.vat.clone(), ..Customer::default() }
}

fn partner(row: Row, calling_code: &str) -> Partner {
    let trimmed =
        |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Partner {
        id: row.id,
        name: row.name.unwrap_or_default(),
        commercial: row.commercial_partner_id.id,
        reference: trimmed(row.r#ref),
        email: row.email_normalized.map(|email| email.to_lowercase()),
        phones: [row.phone, row.mobile]
            .into_iter()
            .flatten()
            .filter_map(|text| phone_of(&text, calling_code))
            .collect(),
        vat: trimmed(row.vat),
        keys: row.external_customer_key.iter().flat_map(|keys| keys.lines()).map(str::to_owned).collect(),
        active: row.active,
    }
}

/// A pattern that the number meets however it is written: `%0%0%0%0%0%0%1%`. What meets it
/// is compared as a whole afterwards.
fn tail_pattern(number: &str) -> String {
    let tail = number.get(number.len().saturating_sub(PHONE_TAIL)..).unwrap_or(number);
    tail.chars().flat_map(|digit| ['%', digit]).chain(['%']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_looked_for_in_any_spelling() {
        assert_eq!(tail_pattern("966500123456"), "%0%1%2%3%4%5%6%");
        assert_eq!(tail_pattern("123456"), "%1%2%3%4%5%6%");
    }

    #[test]
    fn a_name_alone_is_nobody_to_look_for() {
        let named = Customer { name: Some("Walk-in".into()), ..Customer::default() };
        assert!(is_nobody(&named) && is_nobody(&Customer::default()));
        assert!(!is_nobody(&Customer { phone: Some("0500000001".into()), ..named }));
    }
}
