//! The command line: one file per command. Data goes to stdout, everything else to stderr.

mod completions;
mod connect;
mod demo;
mod doctor;
mod effect;
mod exit;
mod fetch;
mod handed;
mod ignore;
mod import;
mod init;
mod log;
mod man;
mod map;
mod orders;
mod printer;
mod rebind;
mod reconcile;
mod replay;
mod retry;
mod run;
mod service;
mod session;
mod shop;
mod status;
mod stop;
mod store;
mod sync;
mod syncs;
mod teller;
mod where_is;
mod word;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use exit::Exit;
use log::LogFormat;
use printer::Printer;

const EXAMPLES: &str = "\
Examples:
  tillbridge init                         write tillbridge.toml, step by step
  tillbridge doctor                       check connection, rights, shop and methods
  tillbridge sync --dry-run               show what would be booked
  tillbridge sync                         one pass over all syncs, now
  tillbridge run                          keep all syncs running
  tillbridge status                       how everything stands
  tillbridge demo                         try it all on a real Odoo of its own

Exit codes: 0 done, nothing needs attention · 2 usage or configuration · 3 done, but orders
need attention · 4 source, Odoo or a store's server not reachable · 1 anything unexpected";

/// Books the completed sales of any external order system as paid Odoo Point of Sale orders.
#[derive(Parser)]
#[command(name = "tillbridge", version, about, after_help = EXAMPLES, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "tillbridge.toml",
        env = "TILLBRIDGE_CONFIG",
        hide_env_values = true
    )]
    config: PathBuf,
    /// Say more on stderr (twice: even more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Form of the log on stderr
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        default_value_t = LogFormat::Text,
        env = "TILLBRIDGE_LOG_FORMAT",
        hide_env_values = true
    )]
    log_format: LogFormat,
}

/// Form of a report.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Output {
    #[default]
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Try it all: sample orders become POS orders of a real Odoo
    Demo(demo::DemoArgs),
    /// Write tillbridge.toml, step by step
    Init(Box<init::InitArgs>),
    /// Check connection, rights, sources, shops and payment methods, and say how to mend them
    Doctor(doctor::DoctorArgs),
    /// One pass over all active syncs now, due or not, until the source has nothing more
    Sync(sync::SyncArgs),
    /// The service: keeps all syncs running until it is stopped
    Run(run::RunArgs),
    /// How everything stands, at a glance: service, Odoo, store, syncs
    Status(status::StatusArgs),
    /// Show the orders received and where they stand
    Orders(orders::OrdersArgs),
    /// Say where an order is, by anything that is known of it
    Where(where_is::WhereArgs),
    /// Ask a source for single orders, or for those of some days, and book them
    Fetch(fetch::FetchArgs),
    /// Compare, day by day, what the source sold with what Odoo holds
    Reconcile(reconcile::ReconcileArgs),
    /// Plan past days again and show what would differ from what was booked
    Replay(replay::ReplayArgs),
    /// Try orders again now that are refused, or wait for their next try
    Retry(retry::RetryArgs),
    /// Say what a payment, item or location of a source stands for, and book what waits for it
    Map(map::MapArgs),
    /// Close orders that are not to be booked
    Ignore(ignore::IgnoreArgs),
    /// Book the orders of files, as if the source of a sync had sent them
    Import(import::ImportArgs),
    /// Show and close the sessions that tillbridge opened
    Session(session::SessionArgs),
    /// Let the store go on with another Odoo database: one restored, renamed or moved
    Rebind(rebind::RebindArgs),
    /// Check what is stored, or write it out
    Store(store::StoreArgs),
    /// Create a shop for external orders in Odoo
    Shop(shop::ShopArgs),
    /// Print what the system needs to run tillbridge as a service
    Service(service::ServiceArgs),
    /// Print a script that completes commands in your shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man(man::ManArgs),
}

/// Parses the command line, runs the command and gives its exit code.
pub async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version go to stdout with success, mistakes to stderr with 2.
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return if error.print().is_ok() { code.into() } else { Exit::Unexpected.into() };
        }
    };
    log::init(&cli.global, matches!(cli.command, Command::Run(_)));
    let printer = Printer::new();
    let result = match cli.command {
        Command::Demo(args) => demo::run(args, &cli.global, &printer).await,
        Command::Sync(args) => sync::run(args, &cli.global, &printer).await,
        Command::Run(args) => run::run(args, &cli.global).await,
        Command::Init(args) => init::run(*args, &cli.global, &printer).await,
        Command::Doctor(args) => doctor::run(args, &cli.global, &printer).await,
        Command::Status(args) => status::run(args, &cli.global, &printer).await,
        Command::Orders(args) => orders::run(args, &cli.global, &printer).await,
        Command::Where(args) => where_is::run(args, &cli.global, &printer).await,
        Command::Fetch(args) => fetch::run(args, &cli.global, &printer).await,
        Command::Reconcile(args) => reconcile::run(args, &cli.global, &printer).await,
        Command::Replay(args) => replay::run(args, &cli.global, &printer).await,
        Command::Retry(args) => retry::run(args, &cli.global, &printer).await,
        Command::Map(args) => map::run(args, &cli.global, &printer).await,
        Command::Ignore(args) => ignore::run(args, &cli.global, &printer).await,
        Command::Import(args) => import::run(args, &cli.global, &printer).await,
        Command::Session(args) => session::run(args, &cli.global, &printer).await,
        Command::Rebind(args) => rebind::run(args, &cli.global, &printer).await,
        Command::Store(args) => store::run(args, &cli.global, &printer).await,
        Command::Shop(args) => shop::run(args, &cli.global, &printer).await,
        Command::Service(args) => service::run(args, &cli.global, &printer),
        Command::Completions(args) => completions::run(&args, &printer),
        Command::Man(args) => man::run(&args, &printer),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            printer.error(&error);
            error.exit.into()
        }
    }
}
