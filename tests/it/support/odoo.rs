//! The real Odoo: one server for the process, a database per test module, a shop per test.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use tillbridge::odoo::{Client, OdooConfig, Outcome};
use tokio::sync::Mutex;

use super::series::Series;

/// Brings up servers and databases.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/odoo/odoo");
/// The server always knows this folder: with another one it would have to start again.
pub const ADDONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/odoo_addon");
const ADDON: &str = "external_order_sync";

/// Every database of this process begins so; those of processes that are gone are dropped.
const PREFIX: &str = "it_";

/// What `tests/odoo/odoo up` says of the server.
#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    /// Its address.
    pub url: String,
    /// The file it logs to.
    pub log: std::path::PathBuf,
    /// The process that leads its others.
    pub pid: u32,
    /// The port of its PostgreSQL.
    pub pg_port: u16,
}

/// What `tests/odoo/odoo fresh` says of a database.
#[derive(Debug, Clone, Deserialize)]
pub struct Seed {
    /// The administrator.
    pub admin: User,
    /// Users by login.
    pub users: HashMap<String, User>,
    /// Shops by name.
    pub shops: HashMap<String, SeededShop>,
    /// `account.tax` ids by name.
    pub taxes: HashMap<String, i64>,
    /// `product.product` ids by internal reference.
    pub products: BTreeMap<String, i64>,
}

/// A user of the seed; the password is the login.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// The login.
    pub login: String,
    /// The API key, where there is one.
    pub api_key: Option<String>,
}

/// A shop of the seed.
#[derive(Debug, Clone, Deserialize)]
pub struct SeededShop {
    /// `pos.payment.method` ids by name.
    pub methods: HashMap<String, i64>,
}

/// The server, brought up once. A failure is given to everyone who asks.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let server = bring_up()?;
        drop_leftovers();
        Ok(server)
    });
    server.as_ref().unwrap_or_else(|reason| panic!("no Odoo to test with: {reason}"))
}

/// Brings the server up, where it is not.
pub fn bring_up() -> Result<Server, String> {
    script(&["up", "--addons", ADDONS])
}

/// The template with the addon, built once.
fn addon_template() -> &'static Result<String, String> {
    #[derive(Deserialize)]
    struct Template {
        db: String,
    }
    static TEMPLATE: OnceLock<Result<String, String>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let args = ["template", "addon", "--modules", ADDON, "--addons", ADDONS];
        script(&args).map(|template: Template| template.db)
    })
}

/// The script that brings up servers and databases, for the series of this run.
pub fn odoo() -> Command {
    let mut command = Command::new(SCRIPT);
    command.args(["--series", Series::current().name()]);
    command
}

/// Runs the script; its progress is shown, and its last lines are the reason of a failure.
pub fn script<T: DeserializeOwned>(args: &[&str]) -> Result<T, String> {
    let mut child = odoo()
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {SCRIPT}: {error}"))?;
    let mut said = Vec::new();
    for line in BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok) {
        // Past the capture of test output: the first start takes minutes.
        let _ = writeln!(std::io::stderr(), "{line}");
        said.push(line);
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let last = said.len().saturating_sub(5);
        return Err(format!("tests/odoo/odoo {} failed: {}", args.join(" "), said[last..].join("\n")));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("tests/odoo/odoo {}: {error}", args.join(" ")))
}

/// Runs Python in Odoo's shell in a database and keeps what it did: for what no user may do.
pub fn shell(database: &Database, python: &str) {
    let mut child = odoo()
        .args(["shell", &database.name(), "--addons", ADDONS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the shell starts");
    let mut input = child.stdin.take().expect("piped");
    write!(input, "{python}\nenv.cr.commit()\nprint('done' + ' it')\n").expect("the shell reads");
    drop(input);
    let output = child.wait_with_output().expect("the shell ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("done it"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Drops the databases of earlier runs, whose processes are gone.
fn drop_leftovers() {
    let Ok(status) = odoo().arg("status").output() else { return };
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    let Some(line) = status.lines().find(|line| line.starts_with("databases")) else { return };
    for name in line.split_whitespace().filter(|name| name.starts_with(PREFIX)) {
        let pid = name.trim_start_matches(PREFIX).split('_').next().and_then(|pid| pid.parse::<u32>().ok());
        if pid.is_some_and(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()) {
            let _ = odoo().args(["drop", name]).stderr(Stdio::null()).status();
        }
    }
}

/// The database of a test module, made when the first test asks for it.
pub struct Database {
    module: &'static str,
    addon: bool,
    made: OnceLock<Result<Seed, String>>,
    /// Shops made so far. Held while one is made: journals draw on shared sequences.
    shops: Mutex<u32>,
}

impl Database {
    /// The database of the test module of this name (letters, digits and `_`).
    pub const fn new(module: &'static str) -> Self {
        Self { module, addon: false, made: OnceLock::new(), shops: Mutex::const_new(0) }
    }

    /// One with the addon installed. A service runs every sync that is kept in its database,
    /// so each test with a service takes one of its own.
    pub const fn with_addon(module: &'static str) -> Self {
        Self { module, addon: true, made: OnceLock::new(), shops: Mutex::const_new(0) }
    }

    /// Its name: one per process, so that two runs do not meet.
    pub fn name(&self) -> String {
        format!("{PREFIX}{}_{}", std::process::id(), self.module)
    }

    /// What is in it from the start.
    pub fn seed(&self) -> &Seed {
        server();
        let made = self.made.get_or_init(|| {
            if self.addon {
                let template = addon_template().as_ref().map_err(Clone::clone)?;
                script(&["fresh", &self.name(), "--from", template])
            } else {
                script(&["fresh", &self.name()])
            }
        });
        made.as_ref().unwrap_or_else(|reason| panic!("no database {}: {reason}", self.name()))
    }

    /// A client that may do anything, for preparing and checking.
    pub async fn admin(&self) -> Admin {
        let user = self.seed().admin.clone();
        let secret = user.api_key.expect("the administrator has a key");
        Admin { client: self.client(&user.login, &secret).await }
    }

    /// Creates the products for what is no item, as the addon brings them.
    pub async fn special_products(&self) {
        let admin = self.admin().await;
        let tax = self.seed().taxes["15%"];
        for (code, taxes) in [
            ("EXT-CHARGE", vec![tax]),
            ("EXT-TIP", vec![]),
            ("EXT-ROUNDING", vec![]),
            ("EXT-DISCOUNT", vec![tax]),
            ("EXT-REFUND", vec![tax]),
            ("EXT-GIFT", vec![]),
        ] {
            let values = json!({
                "name": format!("Special {code}"), "default_code": code, "type": "service", "list_price": 0,
                "available_in_pos": true, "taxes_id": [[6, 0, taxes]],
            });
            admin.create("product.product", values).await;
        }
    }

    /// A user's client.
    pub async fn client(&self, login: &str, secret: &str) -> Client {
        let url = server().url.parse().expect("the server's address");
        let config = OdooConfig::new(url, self.name(), login, secret.to_owned().into());
        Client::connect(&config).await.unwrap_or_else(|error| panic!("{login} does not log in: {error}"))
    }

    /// A new shop with these payment methods of the seed; `Cash` becomes one of its own, as
    /// a drawer belongs to one shop.
    pub async fn shop(&self, methods: &[&str]) -> Shop {
        let seed = self.seed();
        let admin = self.admin().await;
        let mut made = self.shops.lock().await;
        *made += 1;
        let name = format!("Shop {made}");
        let mut ids = BTreeMap::new();
        for &method in methods {
            let id = if method == "Cash" {
                admin.new_cash_method(&name, &format!("K{made:04}")).await
            } else {
                seed.shops["Main Shop"].methods[method]
            };
            ids.insert(method.to_owned(), id);
        }
        let all: Vec<i64> = ids.values().copied().collect();
        let values = Series::current().shop(&name, &all, ids.contains_key("Cash"));
        let id = admin.create("pos.config", values).await;
        Shop { id, name, methods: ids }
    }
}

/// A shop made for one test.
#[derive(Debug, Clone)]
pub struct Shop {
    /// `pos.config` id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `pos.payment.method` ids by name.
    pub methods: BTreeMap<String, i64>,
}

/// An administrator's client. What fails here fails the test.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The client.
    pub client: Client,
}

impl Admin {
    /// All records that meet the domain, by id.
    pub async fn rows<T: DeserializeOwned + Send>(
        &self,
        model: &str,
        domain: Value,
        fields: &[&str],
    ) -> Vec<T> {
        self.client
            .search_read(model, &domain, fields, "id")
            .await
            .unwrap_or_else(|error| panic!("reading {model} {domain}: {error}"))
    }

    /// How many records meet the domain.
    pub async fn count(&self, model: &str, domain: Value) -> i64 {
        self.client
            .read(model, "search_count", json!([domain]), json!({}))
            .await
            .unwrap_or_else(|error| panic!("counting {model} {domain}: {error}"))
    }

    /// Creates a record and gives its id.
    pub async fn create(&self, model: &str, values: Value) -> i64 {
        self.call(model, "create", json!([values])).await
    }

    /// Writes to records.
    pub async fn write(&self, model: &str, ids: &[i64], values: Value) {
        let _: bool = self.call(model, "write", json!([ids, values])).await;
    }

    /// Calls a method for its result.
    pub async fn call<T: DeserializeOwned + Send>(&self, model: &str, method: &str, args: Value) -> T {
        match self.client.write(model, method, &args, json!({})).await {
            Outcome::Committed(result) => result,
            Outcome::Refused(fault) => panic!("{model}.{method}{args}: {fault}"),
            Outcome::NotSent(error) | Outcome::Unknown(error) => panic!("{model}.{method}{args}: {error}"),
        }
    }

    /// Calls a method for its effect.
    pub async fn act(&self, model: &str, method: &str, args: Value) {
        let _: IgnoredAny = self.call(model, method, args).await;
    }

    async fn new_cash_method(&self, shop: &str, code: &str) -> i64 {
        let journal = json!({"name": format!("Till of {shop}"), "type": "cash", "code": code});
        let journal = self.create("account.journal", journal).await;
        self.create("pos.payment.method", Series::current().cash_method(journal)).await
    }
}
