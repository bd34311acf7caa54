//! Which `res.partner` bought. Pure: it chooses among partners that were read before.
//!
//! | file | what it knows |
//! |---|---|
//! | `identity` | the identifiers of a customer in comparable form |
//! | `find` | the partner that fits them, or why none does |
//! | `buyer` | what the customer means for a booking: payments on account, the invoice |

mod buyer;
mod find;
mod identity;
#[cfg(test)]
mod tests;

pub use buyer::{Buyer, book_for};
pub use find::{By, Found, Search, find};
pub use identity::{Identity, digit, email, phone};

use serde::{Deserialize, Serialize};

/// A `res.partner`, as far as choosing one needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Partner {
    /// Record id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The company or person that it belongs to (`commercial_partner_id`), itself if none.
    pub commercial: i64,
    /// `ref`, trimmed.
    pub reference: Option<String>,
    /// E-mail address, normalised by Odoo (`email_normalized`).
    pub email: Option<String>,
    /// Phone numbers as [`phone`] gives them.
    pub phones: Vec<String>,
    /// Tax id.
    pub vat: Option<String>,
    /// The addon's `external_customer_key`: of which external customers it was made.
    pub keys: Vec<String>,
    /// Not archived.
    pub active: bool,
}

impl Partner {
    /// As messages name it: `Ada Customer (id 7)`.
    pub fn label(&self) -> String {
        format!("{} (id {})", self.name, self.id)
    }
}

/// What a sync does about customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CustomerRules {
    /// Whether customers are looked for, and created.
    pub customers: Customers,
    /// What happens when several partners fit.
    pub ambiguous: Ambiguous,
    /// Which orders are invoiced.
    pub invoicing: Invoicing,
    /// What happens to a completed order that is paid in part.
    pub part_paid: PartPaid,
}

/// Whether customers are looked for in Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Customers {
    /// No: orders are booked without a customer.
    Ignore,
    /// Yes; one that is not there is left out.
    #[default]
    Find,
    /// Yes; one that is not there is created.
    Create,
}

/// What happens to an order whose customer could be several partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ambiguous {
    /// It is booked without a customer and flagged.
    #[default]
    Note,
    /// It is refused.
    Refuse,
}

/// Which orders are invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invoicing {
    /// None.
    #[default]
    Off,
    /// Those that name a tax id of their customer.
    TaxId,
    /// Those whose customer is known in Odoo.
    Customer,
}

/// What happens to a completed order that is paid in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartPaid {
    /// It waits.
    #[default]
    Wait,
    /// The rest goes on the customer's account: the shop's pay-later method.
    PayLater,
}
