//! The login to Odoo, kept from look to look.

use crate::config::Config;
use crate::daemon::Written;
use crate::exchange::has_addon;
use crate::odoo::Client;

use super::super::connect;
use super::super::exit::CliError;

/// What became of the last login. Logging in each few seconds fills Odoo's log, and where it is
/// refused some systems lock the account.
#[derive(Debug, Default)]
pub(super) struct Login(Option<Kept>);

#[derive(Debug)]
struct Kept {
    /// The files that it was read from, as they were.
    written: Written,
    /// `Err`: refused.
    client: Result<Client, CliError>,
}

impl Login {
    /// A client that Odoo answers, and whether the addon is there where that can be seen. A login
    /// that was refused is tried again once its files were changed.
    pub async fn client(&mut self, config: &Config) -> Result<(Client, Option<bool>), CliError> {
        let written = Written::now(config);
        // A look that is cut short forgets it.
        if let Some(kept) = self.0.take().filter(|kept| kept.written == written) {
            let client = match kept.client.clone() {
                Ok(client) => client,
                Err(error) => {
                    self.0 = Some(kept);
                    return Err(error);
                }
            };
            if let Ok(addon) = has_addon(&client).await {
                self.0 = Some(kept);
                return Ok((client, Some(addon)));
            }
        }
        let client = match Client::connect(&connect::settings(config)?).await {
            Ok(client) => client,
            Err(error) => {
                let is_refused = error.is_refused_login();
                let error = CliError::from(error);
                self.0 = is_refused.then(|| Kept { written, client: Err(error.clone()) });
                return Err(error);
            }
        };
        let addon = has_addon(&client).await.ok();
        self.0 = Some(Kept { written, client: Ok(client.clone()) });
        Ok((client, addon))
    }
}
