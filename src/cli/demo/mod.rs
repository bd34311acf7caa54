//! `tillbridge demo`: sample orders of a small order system become POS orders of a real
//! Odoo, by the same passes that `tillbridge sync` makes.
//!
//! | file | what it knows |
//! |---|---|
//! | `orders`, `orders.txt` | the sample orders |
//! | `feed` | the order system that shows them |
//! | `tooling` | the scripts that bring up an Odoo |
//! | `target` | the Odoo that is booked into: the demo's own, or the user's |
//! | `sync`, `addon` | the sync, in the configuration file or kept in Odoo |
//! | `folder` | what is kept between two runs |
//! | `progress`, `show` | what a person sees meanwhile and at the end |

mod addon;
mod feed;
mod folder;
mod orders;
mod progress;
mod show;
mod sync;
mod target;
mod tooling;

use std::fmt::Display;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use secrecy::SecretString;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;
use url::Url;
use uuid::Uuid;

use crate::config::Config;
use crate::store::{Filter, Item, Lock, SqliteStore, Store, StoreError};
use crate::sync::SyncReport;

use super::connect::Session;
use super::exit::{CliError, Exit};
use super::printer::Printer;
use super::{Global, Output};
use feed::Door;
use folder::Folder;
use sync::DemoSync;
use target::Target;
use tooling::Tooling;

const NAME: &str = "Demo garage";
/// Note in the store: the day of the first run, on which the dates of the orders depend.
const DAY: &str = "demo.day";
const EXAMPLES: &str = "\
Examples:
  tillbridge demo                          everything by itself: a real Odoo 19 with sample orders
  tillbridge demo --fresh                  the same, from the beginning
  tillbridge demo --stop                   stop its Odoo and PostgreSQL
  tillbridge demo --odoo-url https://odoo.example.com --database test --username api \\
      --password-env ODOO_KEY --shop \"Main Shop\"

The first run downloads and unpacks Odoo 19 from Debian's packages, which takes a few minutes;
later ones take seconds. Everything listens on this machine alone, and everything is kept in one
folder: TILLBRIDGE_CACHE, by default /var/cache/tillbridge for root, else ~/.cache/tillbridge.

With --odoo-url nothing is installed anywhere: the sample orders are booked into that database
as far as its products and payment methods allow, and refused by name otherwise. Use one that is
there for trying.";

/// Options of `tillbridge demo`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DemoArgs {
    /// Start over with a new database
    #[arg(long, conflicts_with = "odoo_url")]
    fresh: bool,
    /// Stop the demo's Odoo and PostgreSQL
    #[arg(long, conflicts_with_all = ["fresh", "odoo_url"])]
    stop: bool,
    #[command(flatten)]
    own: OwnOdoo,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// An Odoo of the user's own.
#[derive(Args)]
struct OwnOdoo {
    /// Use this Odoo instead of one of the demo's own
    #[arg(long, value_name = "URL", requires_all = ["database", "username", "password_env", "shop"])]
    odoo_url: Option<Url>,
    /// Its database
    #[arg(long, value_name = "DB", requires = "odoo_url")]
    database: Option<String>,
    /// A user with Point of Sale rights
    #[arg(long, value_name = "LOGIN", requires = "odoo_url")]
    username: Option<String>,
    /// The environment variable that holds the user's API key or password
    #[arg(long, value_name = "VAR", requires = "odoo_url")]
    password_env: Option<String>,
    /// The shop to book into
    #[arg(long, value_name = "NAME", requires = "odoo_url")]
    shop: Option<String>,
}

pub(super) async fn run(args: DemoArgs, global: &Global, printer: &Printer) -> Result<Exit, CliError> {
    if args.stop {
        Tooling::find()?.down().await?;
        return Ok(Exit::Done);
    }
    let steps = Steps { printer, verbose: global.verbose > 0 };
    let (target, folder, lock) = if let Some(url) = &args.own.odoo_url {
        let target = Target::own(&args.own, url);
        let folder = Folder::open(&target::cache()?, &target.folder_name())?;
        let lock = Lock::acquire(&folder.store(), "tillbridge demo")?;
        steps.say(1, format_args!("Odoo at {url}, database {}", target.database));
        (target, folder, lock)
    } else {
        let tooling = Tooling::find()?;
        let folder = Folder::open(&tooling.cache().await?, "demo")?;
        let lock = Lock::acquire(&folder.store(), "tillbridge demo")?;
        steps.say(1, "A real Odoo 19 on this machine");
        let target = Target::of_the_demo(&tooling, &folder, args.fresh, printer).await?;
        (target, folder, lock)
    };
    let outcome = show_off(&target, &folder, &steps).await?;
    drop(lock);
    show::show(&outcome.report, &outcome.items, &target, &folder, args.output, printer)?;
    // Orders that need somebody are part of the show.
    Ok(match Exit::of_reports(std::slice::from_ref(&outcome.report)) {
        Exit::Attention => Exit::Done,
        exit => exit,
    })
}

struct Outcome {
    report: SyncReport,
    items: Vec<Item>,
}

/// Opens the order system, then makes one pass over it.
async fn show_off(target: &Target, folder: &Folder, steps: &Steps<'_>) -> Result<Outcome, CliError> {
    let door = Door::open().await.map_err(|error| {
        CliError::unexpected(format!("the demo's order system finds no port to listen on: {error}"))
    })?;
    let key = SecretString::from(Uuid::new_v4().to_string());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.store()).await?);
    let day = first_day(store.as_ref(), Utc::now()).await?;
    let sync = DemoSync { name: NAME, url: door.url(), key: &key, zone: orders::ZONE, day };
    folder.set_config(&sync.config(target))?;
    if let Some((addon, shop)) = &target.addon {
        addon.keep_sync(&sync, *shop).await?;
    }
    let config = Config::load(&folder.config())?;
    let orders = orders::orders(day);
    steps.say(2, format_args!("An order system with {} orders at {}", orders.len(), door.url()));
    let _feed = door.serve(orders, key);

    steps.say(3, format_args!("One pass, as tillbridge sync makes it, with {}", folder.config().display()));
    let mut session = Session::open(config, Arc::clone(&store)).await?;
    let report = pass(&mut session, steps).await?;
    let items = store.list(&Filter { source: Some(orders::SOURCE.to_owned()), ..Filter::default() }).await?;
    Ok(Outcome { report, items })
}

/// One pass over the demo's sync, as `tillbridge sync` makes it.
async fn pass(session: &mut Session, steps: &Steps<'_>) -> Result<SyncReport, CliError> {
    let ours = session.link.syncs.iter().find(|sync| sync.source.as_str() == orders::SOURCE).cloned();
    let Some(sync) = ours else {
        let why = session.link.bad.first().map(|bad| bad.problem.to_string());
        return Err(CliError::usage("the demo's sync cannot run", why));
    };
    let engine = &session.engine;
    engine.adopt(&session.link.syncs, &session.link.known).await?;
    let work = engine.pass(&session.client, session.link.facts, &sync);
    let work = progress::watch(engine.store(), &sync.id, steps.printer, work);
    // The table says of every order what the log would.
    let report = if steps.verbose { work.await } else { work.with_subscriber(NoSubscriber::default()).await };
    session.report(&sync, &report).await?;
    session.end().await;
    Ok(report)
}

/// The day of the first run, in the shop's zone.
async fn first_day(store: &dyn Store, now: DateTime<Utc>) -> Result<NaiveDate, StoreError> {
    if let Some(day) = store.note(DAY).await?.and_then(|day| day.parse().ok()) {
        return Ok(day);
    }
    let day = now.with_timezone(&orders::ZONE).date_naive();
    store.set_note(DAY, &day.to_string()).await?;
    Ok(day)
}

/// Says what is being done.
struct Steps<'a> {
    printer: &'a Printer,
    /// With the log.
    verbose: bool,
}

impl Steps<'_> {
    fn say(&self, number: u8, text: impl Display) {
        self.printer.note(format_args!("[{number}/3] {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_day_of_the_first_run_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("store.sqlite")).await.unwrap();
        // Half past ten in the evening, UTC, is the next day in the shop.
        let first = "2025-11-21T22:30:00Z".parse().unwrap();
        let day = NaiveDate::from_ymd_opt(2025, 11, 22).unwrap();
        assert_eq!(first_day(&store, first).await.unwrap(), day);
        let later = "2025-12-24T12:00:00Z".parse().unwrap();
        assert_eq!(first_day(&store, later).await.unwrap(), day);
    }
}
