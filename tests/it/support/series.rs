//! The series of Odoo that the tests run on, and the names that differ between them. What
//! people do differently at the till is in [`super::till`].

use std::sync::OnceLock;

use serde_json::{Value, json};

/// A series that is tried on a real server. `TILLBRIDGE_TEST_SERIES` chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// Odoo 14.
    Odoo14,
    /// Odoo 19, unless said otherwise.
    Odoo19,
}

impl Series {
    /// The series of this run.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Series> = OnceLock::new();
        *CURRENT.get_or_init(|| match std::env::var("TILLBRIDGE_TEST_SERIES").as_deref() {
            Ok("14") => Self::Odoo14,
            Ok("19" | "") | Err(_) => Self::Odoo19,
            Ok(other) => panic!("TILLBRIDGE_TEST_SERIES={other}: it is 14 or 19"),
        })
    }

    /// Its name for `tests/odoo/odoo --series`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Odoo14 => "14",
            Self::Odoo19 => "19",
        }
    }

    /// Its role in PostgreSQL, which is the password, too.
    pub fn database_role(self) -> &'static str {
        match self {
            Self::Odoo14 => "odoo14",
            Self::Odoo19 => "odoo",
        }
    }

    /// The field of `res.users` with the groups.
    pub fn groups(self) -> &'static str {
        match self {
            Self::Odoo14 => "groups_id",
            Self::Odoo19 => "group_ids",
        }
    }

    /// The field of `stock.move` with the quantity that moved.
    pub fn moved_quantity(self) -> &'static str {
        match self {
            Self::Odoo14 => "quantity_done",
            Self::Odoo19 => "quantity",
        }
    }

    /// The field of `stock.move.line` with the quantity that moved.
    pub fn moved_line_quantity(self) -> &'static str {
        match self {
            Self::Odoo14 => "qty_done",
            Self::Odoo19 => "quantity",
        }
    }

    /// The model of lots and serial numbers.
    pub fn lot_model(self) -> &'static str {
        match self {
            Self::Odoo14 => "stock.production.lot",
            Self::Odoo19 => "stock.lot",
        }
    }

    /// Makes the values of a `product.product` those of one whose stock is counted.
    pub fn make_storable(self, values: &mut Value) {
        match self {
            Self::Odoo14 => values["type"] = "product".into(),
            Self::Odoo19 => {
                values["type"] = "consu".into();
                values["is_storable"] = true.into();
            }
        }
    }

    /// How `account.tax` says that prices include it: field and value.
    pub fn tax_inclusion(self, included: bool) -> (&'static str, Value) {
        match self {
            Self::Odoo14 => ("price_include", included.into()),
            Self::Odoo19 => {
                ("price_include_override", if included { "tax_included" } else { "tax_excluded" }.into())
            }
        }
    }

    /// Values of a `pos.payment.method` for the cash of this journal.
    pub fn cash_method(self, journal: i64) -> Value {
        match self {
            Self::Odoo14 => json!({"name": "Cash", "is_cash_count": true, "cash_journal_id": journal}),
            Self::Odoo19 => json!({"name": "Cash", "journal_id": journal}),
        }
    }

    /// Values of a `pos.config`. With cash it counts its cash, which 19 does by itself.
    pub fn shop(self, name: &str, methods: &[i64], cash: bool) -> Value {
        let mut values = json!({"name": name, "payment_method_ids": [[6, 0, methods]]});
        if self == Self::Odoo14 {
            values["cash_control"] = cash.into();
        }
        values
    }

    /// Fails on any other series. Tests of what one series alone has are in modules named
    /// `only_on_19`: `cargo test … -- --skip only_on_19` leaves them out and counts them.
    pub fn only(self) {
        let current = Self::current();
        assert_eq!(
            current,
            self,
            "this test is about Odoo {0} alone; on {1} say: --skip only_on_{0}",
            self.name(),
            current.name()
        );
    }
}
