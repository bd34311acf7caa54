//! The `tillbridge` command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tillbridge::cli::main().await
}
