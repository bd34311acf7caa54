//! What people do at the till: open a session, close it, look at the entries.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tillbridge::odoo::fields::Many2One;

use super::odoo::Admin;
use super::series::Series;

#[derive(Debug, Deserialize)]
struct Id {
    id: i64,
}

/// Begins a session and gives its id. A shop with cash is then in its opening control.
pub async fn begin_session(admin: &Admin, shop: i64) -> i64 {
    match Series::current() {
        Series::Odoo14 => admin.create("pos.session", json!({"config_id": shop})).await,
        Series::Odoo19 => {
            admin.act("pos.config", "open_ui", json!([[shop]])).await;
            let open = json!([["config_id", "=", shop], ["state", "!=", "closed"]]);
            let rows: Vec<Id> = admin.rows("pos.session", open, &["id"]).await;
            let [one] = rows.as_slice() else { panic!("{rows:?}") };
            one.id
        }
    }
}

/// Takes a session out of its opening control with nothing in the drawer.
pub async fn finish_opening(admin: &Admin, session: i64) {
    let method = match Series::current() {
        Series::Odoo14 => "set_cashbox_pos",
        Series::Odoo19 => "set_opening_control",
    };
    admin.act("pos.session", method, json!([[session], 0, ""])).await;
}

/// A session that takes orders.
pub async fn open_session(admin: &Admin, shop: i64) -> i64 {
    let session = begin_session(admin, shop).await;
    let waiting = json!([["id", "=", session], ["state", "=", "opening_control"]]);
    if admin.count("pos.session", waiting).await == 1 {
        finish_opening(admin, session).await;
    }
    session
}

/// Closes a session with this cash counted, as its manager would; `None` where the shop
/// takes no cash.
pub async fn close_session(admin: &Admin, session: i64, counted: Option<Decimal>) {
    let cents: Option<serde_json::Number> =
        counted.map(|counted| counted.to_string().parse().expect("a number"));
    match Series::current() {
        Series::Odoo14 => {
            #[derive(Deserialize)]
            struct Register {
                cash_register_id: Many2One,
            }
            admin.act("pos.session", "action_pos_session_closing_control", json!([[session]])).await;
            if let Some(cents) = cents {
                let this = json!([["id", "=", session]]);
                let rows: Vec<Register> = admin.rows("pos.session", this, &["cash_register_id"]).await;
                let counted = json!({"balance_end_real": cents});
                admin.write("account.bank.statement", &[rows[0].cash_register_id.id], counted).await;
                admin.act("pos.session", "action_pos_session_validate", json!([[session]])).await;
            }
        }
        Series::Odoo19 => {
            if let Some(cents) = cents {
                admin.act("pos.session", "post_closing_cash_details", json!([[session], cents])).await;
            }
            let closed: Value = admin.call("pos.session", "close_session_from_ui", json!([[session]])).await;
            assert_eq!(closed, json!({"successful": true}));
        }
    }
}

/// The entry lines of a closed session that name a difference or a rounding, which Odoo posts
/// on an account of their own: name and balance.
pub async fn difference_entries<T: DeserializeOwned + Send>(admin: &Admin, session: i64) -> Vec<T> {
    let mut domain = match Series::current() {
        Series::Odoo14 => {
            #[derive(Deserialize)]
            struct Closed {
                move_id: Many2One,
            }
            let one = json!([["id", "=", session]]);
            let rows: Vec<Closed> = admin.rows("pos.session", one, &["move_id"]).await;
            let entry = rows[0].move_id.id;
            vec![
                json!("|"),
                json!(["move_id", "=", entry]),
                json!(["statement_id.pos_session_id", "=", session]),
            ]
        }
        Series::Odoo19 => vec![json!(["move_id.pos_session_ids", "in", [session]])],
    };
    let named = |word| json!(["name", "ilike", word]);
    domain.extend([json!("|"), named("difference"), named("rounding")]);
    admin.rows("account.move.line", json!(domain), &["name", "balance"]).await
}
