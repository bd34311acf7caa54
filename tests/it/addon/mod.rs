//! The addon and the real service together: what people do in Odoo, and what they see there.
//!
//! | module | asks |
//! |---|---|
//! | `asked` | orders retried, closed, fetched by a request |
//! | `daily` | booked, shown, asked for, mended |
//! | `effect` | changes of a sync, seen in a draft and then made |
//! | `ends` | stopped in the middle, absent, another Odoo, a command beside the service |
//! | `moves` | renamed, archived, deleted, kept in the file, moved to Odoo |
//! | `rights` | who can read what |
//! | `two` | two installations on one shop |

mod asked;
mod daily;
mod effect;
mod ends;
mod moves;
mod rights;
mod two;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::binary::Bridge;
use crate::support::feed::{Feed, KEY};
use crate::support::odoo::{Admin, Database, Shop};
use crate::support::series::Series;
use crate::support::until;

const SYNC: &str = "external.order.sync";
const REQUEST: &str = "external.order.request";
/// Long, for the tests of all modules share one Odoo.
const LIMIT: Duration = Duration::from_secs(240);

/// How a sync stands, as its form shows it.
#[derive(Debug, Deserialize)]
struct Shown {
    badge: String,
    last_sync_status: String,
    last_sync_message: Value,
    attention_count: i64,
    booked_count: i64,
    service_banner: Value,
}

/// A request, as its list shows it.
#[derive(Debug, Deserialize)]
struct Asked {
    id: i64,
    state: String,
    progress: i64,
    message: Value,
    asked_date: String,
    taken_date: Value,
}

/// A sync kept in Odoo.
struct Kept<'a> {
    admin: &'a Admin,
    id: i64,
}

impl<'a> Kept<'a> {
    /// A sync named `Web` from this feed to this shop.
    async fn new(admin: &'a Admin, feed: &Feed, shop: &Shop) -> Self {
        let values = json!({
            "name": "Web",
            "external_api_url": feed.url(),
            "external_api_key": KEY,
            "pos_config_id": shop.id,
            "start_date": false,
        });
        Self { admin, id: admin.create(SYNC, values).await }
    }

    /// The one of this name.
    async fn named(admin: &'a Admin, name: &str) -> Self {
        #[derive(Deserialize)]
        struct Row {
            id: i64,
        }
        let rows: Vec<Row> = admin.rows(SYNC, json!([["name", "=", name]]), &["name"]).await;
        let [row] = rows.as_slice() else { panic!("{} syncs named {name}", rows.len()) };
        Self { admin, id: row.id }
    }

    async fn shown(&self) -> Shown {
        let fields = [
            "badge",
            "last_sync_status",
            "last_sync_message",
            "attention_count",
            "booked_count",
            "service_banner",
        ];
        let domain = json!([["id", "=", self.id], ["active", "in", [true, false]]]);
        let mut rows: Vec<Shown> = self.admin.rows(SYNC, domain, &fields).await;
        rows.pop().expect("the sync")
    }

    async fn write(&self, values: Value) {
        self.admin.write(SYNC, &[self.id], values).await;
    }

    /// Presses a button of the form and gives the request that this leaves.
    async fn press(&self, button: &str) -> i64 {
        self.admin.act(SYNC, button, json!([[self.id]])).await;
        self.requests().await.last().expect("a request").id
    }

    async fn requests(&self) -> Vec<Asked> {
        let fields = ["state", "progress", "message", "asked_date", "taken_date"];
        self.admin.rows(REQUEST, json!([["sync_id", "=", self.id]]), &fields).await
    }

    async fn request(&self, id: i64) -> Asked {
        self.requests().await.into_iter().find(|asked| asked.id == id).expect("the request")
    }

    /// Presses a button and waits until its request ended.
    async fn pressed(&self, button: &str) -> Asked {
        let id = self.press(button).await;
        until(LIMIT, async || matches!(self.request(id).await.state.as_str(), "done" | "failed")).await;
        self.request(id).await
    }

    /// Waits for a pass that leaves this badge.
    async fn becomes(&self, badge: &str) -> Shown {
        until(LIMIT, async || self.shown().await.badge == badge).await;
        self.shown().await
    }
}

/// A bridge that may reach feeds on loopback, as the service's own user.
pub async fn bridge(database: &Database, admin: &Admin) -> Bridge {
    let groups = json!([4, group(admin, "external_order_sync.group_sidecar").await]);
    let [posapi] = user_ids(admin, &["posapi"]).await[..] else { panic!("one posapi") };
    admin.write("res.users", &[posapi], json!({Series::current().groups(): [groups]})).await;
    let mut bridge = Bridge::new(database);
    bridge.add("[network]\nallow = [\"127.0.0.1\"]");
    bridge
}

/// A group by its external id.
pub(crate) async fn group(admin: &Admin, id: &str) -> i64 {
    #[derive(Deserialize)]
    struct Row {
        res_id: i64,
    }
    let (module, name) = id.split_once('.').expect("module.name");
    let domain = json!([["module", "=", module], ["name", "=", name]]);
    let rows: Vec<Row> = admin.rows("ir.model.data", domain, &["res_id"]).await;
    rows.first().unwrap_or_else(|| panic!("no group {id}")).res_id
}

pub(crate) async fn user_ids(admin: &Admin, logins: &[&str]) -> Vec<i64> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
    }
    let rows: Vec<Row> = admin.rows("res.users", json!([["login", "in", logins]]), &["login"]).await;
    rows.into_iter().map(|row| row.id).collect()
}

/// Paid orders of a shop.
async fn booked(admin: &Admin, shop: &Shop) -> i64 {
    admin.count("pos.order", json!([["config_id", "=", shop.id], ["state", "=", "paid"]])).await
}

/// A sale of one item at 120 and 15 % on it.
pub(crate) fn order(id: u64, item: &str) -> String {
    json!({
        "OrderID": id,
        "OrderStatus": 103,
        "OrderDate": "2026-03-01T10:00:00Z",
        "AmountTotal": 120,
        "TaxPercent": 15,
        "Tax": 18,
        "GrandTotal": 138,
        "AmountPaid": 138,
        "OrderItems": [{"ItemName": item, "Price": 120, "Quantity": 1}],
        "CheckoutDetails": [{"CardType": "Cash", "AmountPaid": 138}],
    })
    .to_string()
}
