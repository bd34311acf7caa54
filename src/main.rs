//! The `tillbridge` command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(tillbridge::cli::main()).await
}
