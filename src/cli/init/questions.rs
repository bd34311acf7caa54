//! What is asked, and the defaults.

use chrono::{NaiveDate, Utc};
use chrono_tz::Tz;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use url::Url;

use crate::config::SecretSource;
use crate::exchange;
use crate::odoo::fields;
use crate::odoo::{Client, EVERYTHING, public};
use crate::shop::ShopRef;

use super::super::exit::CliError;
use super::InitArgs;
use super::ask::Asker;
use super::file::{Connection, FirstSync, SecretName};

/// How to reach Odoo; `before` holds the answers that did not work.
pub(super) async fn connection(
    args: &InitArgs,
    before: Option<&Connection>,
    asker: &Asker<'_>,
) -> Result<Connection, CliError> {
    let url = if let (Some(url), None) = (&args.url, before) {
        server(url).map_err(|why| CliError::usage(format!("--url: {why}"), None))?
    } else {
        let default = before.map(|before| before.url.to_string());
        asker.ask("Address of Odoo", default.as_deref(), "--url", server)?
    };
    let database = match (&args.database, before) {
        (Some(name), None) => name.clone(),
        _ => database(&url, before, asker).await?,
    };
    let username = if let (Some(login), None) = (&args.username, before) {
        login.clone()
    } else {
        let default = before.map(|before| before.username.clone());
        asker.ask("Login of the API user", default.as_deref(), "--username", given)?
    };
    let (secret_name, secret) = if let Some(secret) = odoo_secret(args) {
        secret
    } else {
        let secret = asker.secret("Its API key or password", "--api-key-env")?;
        (SecretName::of(secret.expose_secret()), SecretSource::Value(secret))
    };
    Ok(Connection {
        url,
        database,
        username,
        secret_name,
        secret,
        allow_insecure_http: args.allow_insecure_http,
    })
}

/// Where nobody can be asked, everything that is missing at once.
pub(super) fn check_complete(args: &InitArgs, asker: &Asker<'_>) -> Result<(), CliError> {
    let missing: Vec<&str> = [
        ("--url", args.url.is_none()),
        ("--username", args.username.is_none()),
        ("--api-key-env (or --api-key-file, --password-env, --password-file)", odoo_secret(args).is_none()),
    ]
    .into_iter()
    .filter_map(|(option, missing)| missing.then_some(option))
    .collect();
    if missing.is_empty() { Ok(()) } else { asker.must_ask(&missing.join(", ")) }
}

fn odoo_secret(args: &InitArgs) -> Option<(SecretName, SecretSource)> {
    let env = |name: &Option<String>| name.clone().map(SecretSource::Env);
    let file = |path: &Option<std::path::PathBuf>| path.clone().map(SecretSource::File);
    let key = env(&args.api_key_env).or_else(|| file(&args.api_key_file));
    let password = env(&args.password_env).or_else(|| file(&args.password_file));
    key.map(|source| (SecretName::ApiKey, source)).or(password.map(|source| (SecretName::Password, source)))
}

/// The database: the only one there is, or one of those the server tells of, or as typed.
async fn database(url: &Url, before: Option<&Connection>, asker: &Asker<'_>) -> Result<String, CliError> {
    let known = public::databases(url).await.unwrap_or_default();
    if let ([only], None) = (known.as_slice(), before) {
        return Ok(only.clone());
    }
    if known.is_empty() || !asker.can_ask() {
        let default = before.map(|before| before.database.as_str());
        return asker.ask("Database", default, "--database", given);
    }
    let default = before.and_then(|before| known.iter().position(|name| *name == before.database));
    let index = asker.choose("Database", &known, default, "--database")?;
    Ok(known.into_iter().nth(index).unwrap_or_default())
}

/// Whether the addon is there, which keeps syncs in Odoo. Not knowing counts as no.
pub(super) async fn has_addon(client: &Client) -> bool {
    exchange::has_addon(client).await.unwrap_or(false)
}

/// The first sync of the file, unless syncs are kept in Odoo or added later.
pub(super) async fn first_sync(
    args: &InitArgs,
    client: &Client,
    asker: &Asker<'_>,
) -> Result<Option<FirstSync>, CliError> {
    if args.sync.is_none() {
        if !asker.can_ask() {
            return Ok(None);
        }
        let addon = if has_addon(client).await { "installed" } else { "not installed yet" };
        let places = [
            "in this file: enter the first one now".to_owned(),
            format!("in Odoo, by the addon External Order Sync ({addon})"),
            "later".to_owned(),
        ];
        let default = usize::from(addon == "installed");
        if asker.choose("Where are your syncs kept", &places, Some(default), "--sync")? != 0 {
            return Ok(None);
        }
    }
    let name = match &args.sync {
        Some(name) => given(name).map_err(|why| CliError::usage(format!("--sync: {why}"), None))?,
        None => asker.ask("Name of the sync", Some("Web shop"), "--sync", given)?,
    };
    let url = match &args.source_url {
        Some(url) => server(url).map_err(|why| CliError::usage(format!("--source-url: {why}"), None))?,
        None => asker.ask("Address of the source's order list", None, "--source-url", server)?,
    };
    let env = args.source_key_env.clone().map(SecretSource::Env);
    let key = match env.or_else(|| args.source_key_file.clone().map(SecretSource::File)) {
        Some(source) => Some(source),
        None if asker.can_ask() && args.sync.is_none() => {
            let key = asker.secret("Its key, empty for none", "--source-key-env")?;
            (!key.expose_secret().is_empty()).then_some(SecretSource::Value(key))
        }
        None => None,
    };
    let shop = shop(args.shop.as_deref(), client, asker).await?;
    let timezone = if let Some(zone) = &args.timezone {
        zone_of(zone).map_err(|why| CliError::usage(format!("--timezone: {why}"), None))?
    } else {
        let default = user_zone(client).await;
        if args.sync.is_some() {
            default
        } else {
            asker.ask("Time zone of the shop", Some(default.name()), "--timezone", zone_of)?
        }
    };
    let start_date = match &args.start_date {
        Some(date) => Some(day(date).map_err(|why| CliError::usage(format!("--start-date: {why}"), None))?),
        None if args.sync.is_some() => None,
        None => {
            let today = Utc::now().with_timezone(&timezone).date_naive().to_string();
            asker.ask(
                "Book sales from this date on (all: every sale)",
                Some(&today),
                "--start-date",
                |text| {
                    if text == "all" { Ok(None) } else { day(text).map(Some) }
                },
            )?
        }
    };
    Ok(Some(FirstSync { name, url, key, shop, start_date, timezone }))
}

#[derive(Deserialize)]
struct ShopRow {
    id: i64,
    name: String,
}

/// A shop of this Odoo, by its name or id, or chosen from the list.
async fn shop(wanted: Option<&str>, client: &Client, asker: &Asker<'_>) -> Result<ShopRef, CliError> {
    let shops: Vec<ShopRow> =
        client.search_read("pos.config", EVERYTHING, &["name"], "id").await.map_err(|error| {
            CliError::usage(
                format!("the shops of this Odoo cannot be read: {error}"),
                "Install the app Point of Sale, and make the API user a Point of Sale user.".to_owned(),
            )
        })?;
    let reference = |row: &ShopRow| {
        let unique = shops.iter().filter(|other| other.name == row.name).count() == 1;
        if unique { ShopRef::Name(row.name.clone()) } else { ShopRef::Id(row.id) }
    };
    let names: Vec<String> = shops.iter().map(|row| format!("{} (id {})", row.name, row.id)).collect();
    if let Some(wanted) = wanted {
        let found = shops.iter().find(|row| row.name == wanted || row.id.to_string() == wanted);
        return found.map(reference).ok_or_else(|| {
            CliError::usage(
                format!("there is no shop \"{wanted}\" in this Odoo, or the API user may not see it"),
                format!("Its shops are: {}.", names.join(", ")),
            )
        });
    }
    if shops.is_empty() {
        return Err(CliError::usage(
            "this Odoo has no shop",
            "Create one in Odoo (Point of Sale → Configuration → Point of Sales).".to_owned(),
        ));
    }
    let index = asker.choose("Shop", &names, Some(0), "--shop")?;
    shops.get(index).map(reference).ok_or_else(|| CliError::unexpected("no such shop"))
}

/// The API user's time zone in Odoo.
async fn user_zone(client: &Client) -> Tz {
    #[derive(Deserialize)]
    struct Context {
        #[serde(default, deserialize_with = "fields::optional")]
        tz: Option<String>,
    }
    let context = client.read::<Context>("res.users", "context_get", crate::odoo::NO_ARGS, ()).await;
    context.ok().and_then(|context| context.tz?.parse().ok()).unwrap_or(Tz::UTC)
}

fn given(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("Please answer.".into()) } else { Ok(text.trim().to_owned()) }
}

fn server(text: &str) -> Result<Url, String> {
    let bad = || "This is not an address such as https://odoo.example.com.".to_owned();
    let url: Url = text.trim().parse().map_err(|_| bad())?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() { Ok(url) } else { Err(bad()) }
}

fn zone_of(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "Give a name such as Asia/Riyadh or Europe/Berlin.".to_owned())
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "Give a date such as 2026-11-01.".to_owned())
}
