//! Where the comparison takes place: a shop of a company with its taxes' account.

use serde::Deserialize;
use serde_json::{Value, json};
use tillbridge::shop::{Shop, ShopLoader, ShopRef};

use crate::support::odoo::{Admin, Database};
use crate::support::series::Series;
use crate::support::till;

/// A shop, its open session and what its lines need.
pub struct World {
    /// An administrator in the shop's company.
    pub admin: Admin,
    /// The shop as the program reads it.
    pub shop: Shop,
    /// `pos.session` id.
    pub session: i64,
    /// `product.product` id of something to sell.
    pub product: i64,
    /// `account.account` id for the taxes.
    pub account: i64,
}

#[derive(Debug, Deserialize)]
struct Id {
    id: i64,
}

impl World {
    /// A shop of the first company.
    pub async fn main(database: &Database) -> Self {
        let admin = database.admin().await;
        let shop = database.shop(&["Card"]).await;
        Self::of(database, admin, shop.id).await
    }

    /// A shop of a company of its own in this currency.
    pub async fn abroad(database: &Database, currency: &str) -> Self {
        let admin = database.admin().await;
        let any = json!([["name", "=", currency], ["active", "in", [true, false]]]);
        let currency_id = first(&admin, "res.currency", any).await;
        admin.write("res.currency", &[currency_id], json!({"active": true})).await;
        let country = first(&admin, "res.country", json!([["code", "=", "US"]])).await;
        let values = json!({"name": currency, "currency_id": currency_id, "country_id": country});
        let company = admin.create("res.company", values).await;
        let admin = Admin { client: admin.client.with_context([("allowed_company_ids", vec![company])]) };
        load_chart(&admin, company).await;
        admin.write("res.company", &[company], json!({"currency_id": currency_id})).await;
        let config = match Series::current() {
            Series::Odoo14 => {
                let config = admin.create("pos.config", json!({"name": currency})).await;
                admin.act("pos.config", "post_install_pos_localisation", json!([])).await;
                config
            }
            Series::Odoo19 => {
                let bank = first(&admin, "account.journal", json!([["type", "=", "bank"]])).await;
                let method = json!({"name": "Card", "journal_id": bank, "company_id": company});
                let method = admin.create("pos.payment.method", method).await;
                let values = json!({"name": currency, "payment_method_ids": [[6, 0, [method]]]});
                admin.create("pos.config", values).await
            }
        };
        Self::of(database, admin, config).await
    }

    async fn of(database: &Database, admin: Admin, config: i64) -> Self {
        let session = till::open_session(&admin, config).await;
        let shop = load(&admin, config).await;
        let of_company = match Series::current() {
            Series::Odoo14 => json!(["company_id", "=", shop.company]),
            Series::Odoo19 => json!(["company_ids", "in", [shop.company]]),
        };
        let account = first(&admin, "account.account", json!([of_company, ["code", "=like", "25%"]])).await;
        Self { product: database.seed().products["B002"], admin, shop, session, account }
    }

    /// Lets the company round so, and reads the shop again.
    pub async fn round(&mut self, method: &str) {
        let values = json!({"tax_calculation_rounding_method": method});
        self.admin.write("res.company", &[self.shop.company], values).await;
        self.shop = load(&self.admin, self.shop.id).await;
    }
}

async fn load(admin: &Admin, config: i64) -> Shop {
    let loader = ShopLoader::load(&admin.client, &ShopRef::Id(config)).await.expect("the shop");
    loader.shop().clone()
}

async fn first(admin: &Admin, model: &str, domain: Value) -> i64 {
    let rows: Vec<Id> = admin.rows(model, domain.clone(), &["id"]).await;
    rows.first().unwrap_or_else(|| panic!("no {model} {domain}")).id
}

async fn load_chart(admin: &Admin, company: i64) {
    match Series::current() {
        Series::Odoo14 => {
            let template = first(admin, "account.chart.template", json!([])).await;
            admin.act("account.chart.template", "try_loading", json!([[template]])).await;
        }
        Series::Odoo19 => {
            admin.act("account.chart.template", "try_loading", json!([[], "generic_coa", company])).await;
        }
    }
}
