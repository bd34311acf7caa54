//! The scripts that bring up a real Odoo (`tests/odoo/odoo` of the source tree).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::process::Command;
use url::Url;

use crate::cli::exit::CliError;

const SCRIPT: &str = "tests/odoo/odoo";
const ADDONS: &str = "odoo_addon";
const ADDON: &str = "external_order_sync";

/// The scripts of a source tree. What they say on stderr goes to ours.
#[derive(Debug, Clone)]
pub(super) struct Tooling {
    tree: PathBuf,
}

/// A running Odoo.
#[derive(Debug, Deserialize)]
pub(super) struct Server {
    /// Its address.
    pub url: Url,
    /// The template that holds the sample shop.
    pub template: String,
    /// Who may do everything.
    pub admin: Login,
    /// Who may do what their task needs.
    pub users: Users,
    /// Its shops by name.
    pub shops: BTreeMap<String, Record>,
}

/// A record of the sample data.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    /// Record id.
    pub id: i64,
}

/// The users of the sample shop that matter here.
#[derive(Debug, Deserialize)]
pub(super) struct Users {
    /// The user of the service.
    pub posapi: Login,
}

/// A throw-away login, known to everybody: it is good for nothing but this Odoo.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Login {
    /// Record id.
    pub id: i64,
    /// Login.
    #[serde(rename = "login")]
    pub name: String,
    /// Password.
    pub password: String,
}

impl Tooling {
    /// The scripts of the tree that this program was built from, else of the current folder.
    pub fn find() -> Result<Self, CliError> {
        Self::among(&[Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(".")]).ok_or_else(|| {
            CliError::usage(
                format!("the scripts that bring up an Odoo ({SCRIPT}) are not on this machine"),
                "Run this in a clone of tillbridge's source tree, or use an Odoo of your own: see --odoo-url in tillbridge demo --help.".to_owned(),
            )
        })
    }

    fn among(trees: &[&Path]) -> Option<Self> {
        let tree = trees.iter().find(|tree| tree.join(SCRIPT).is_file())?;
        Some(Self { tree: tree.canonicalize().ok()? })
    }

    /// The folder in which everything is kept.
    pub async fn cache(&self) -> Result<PathBuf, CliError> {
        Ok(PathBuf::from(self.run(&["where"]).await?.trim()))
    }

    /// Brings Odoo up, or finds it running.
    pub async fn up(&self) -> Result<Server, CliError> {
        let addons = self.addons();
        let mut args = vec!["up"];
        args.extend(addons.iter().flat_map(|folder| ["--addons", folder.as_str()]));
        self.ask(&args).await
    }

    /// The template to clone a database from: the sample shop, with the addon where there
    /// is one.
    pub async fn template(&self, server: &Server) -> Result<String, CliError> {
        #[derive(Deserialize)]
        struct Template {
            db: String,
        }
        let Some(addons) = self.addons() else { return Ok(server.template.clone()) };
        let template: Template =
            self.ask(&["template", "demo", "--modules", ADDON, "--addons", &addons]).await?;
        Ok(template.db)
    }

    /// Makes a database new from a template; one of that name goes.
    pub async fn fresh(&self, database: &str, template: &str) -> Result<(), CliError> {
        self.run(&["fresh", database, "--from", template]).await.map(drop)
    }

    /// Stops Odoo and its PostgreSQL.
    pub async fn down(&self) -> Result<(), CliError> {
        self.run(&["down", "--all"]).await.map(drop)
    }

    /// The addons folder, when the addon is in it.
    fn addons(&self) -> Option<String> {
        let folder = self.tree.join(ADDONS);
        folder.join(ADDON).join("__manifest__.py").is_file().then(|| folder.display().to_string())
    }

    async fn ask<T: DeserializeOwned>(&self, args: &[&str]) -> Result<T, CliError> {
        let answer = self.run(args).await?;
        serde_json::from_str(&answer)
            .map_err(|error| CliError::unexpected(format!("{SCRIPT} {}: {error}", args.join(" "))))
    }

    async fn run(&self, args: &[&str]) -> Result<String, CliError> {
        let script = self.tree.join(SCRIPT);
        let output = Command::new("bash")
            .arg(&script)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| cannot_run(&script, &error))?
            .wait_with_output()
            .await
            .map_err(|error| cannot_run(&script, &error))?;
        if !output.status.success() {
            return Err(CliError {
                hint: Some("Its reason is above. An Odoo of your own serves as well: see --odoo-url in tillbridge demo --help.".to_owned()),
                ..CliError::unexpected(format!("{SCRIPT} {} did not succeed", args.join(" ")))
            });
        }
        String::from_utf8(output.stdout)
            .map_err(|error| CliError::unexpected(format!("{SCRIPT} {}: {error}", args.join(" "))))
    }
}

fn cannot_run(script: &Path, error: &std::io::Error) -> CliError {
    CliError::unexpected(format!("{} cannot be run by bash: {error}", script.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A source tree whose script does what `script` says.
    fn tree(script: &str) -> (tempfile::TempDir, Tooling) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SCRIPT);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, script).unwrap();
        let tooling = Tooling::among(&[folder.path()]).unwrap();
        (folder, tooling)
    }

    fn with_addon(folder: &tempfile::TempDir) {
        let addon = folder.path().join(ADDONS).join(ADDON);
        fs::create_dir_all(&addon).unwrap();
        fs::write(addon.join("__manifest__.py"), "{}").unwrap();
    }

    const UP: &str = r#"{"url":"http://127.0.0.1:18069","series":"19","template":"tpl19_x","admin":{"id":2,"login":"admin","password":"admin","api_key":"k"},"users":{"posapi":{"id":5,"login":"posapi","password":"posapi"},"nobody":{"id":7,"login":"nobody","password":"nobody"}},"shops":{"Main Shop":{"id":1,"methods":{"Cash":1}}}}"#;

    #[test]
    fn the_first_tree_with_the_script_is_taken() {
        let (folder, _) = tree("exit 0");
        let bare = tempfile::tempdir().unwrap();
        let found = Tooling::among(&[bare.path(), folder.path()]).unwrap();
        assert_eq!(found.tree, folder.path().canonicalize().unwrap());
        assert!(Tooling::among(&[bare.path()]).is_none());
    }

    #[tokio::test]
    async fn without_the_addon_the_sample_shop_is_the_template() {
        let (_folder, tooling) = tree(&format!("[ \"$*\" = up ] && echo '{UP}'"));
        let server = tooling.up().await.unwrap();
        assert_eq!(server.url.as_str(), "http://127.0.0.1:18069/");
        assert_eq!((server.users.posapi.name.as_str(), server.shops["Main Shop"].id), ("posapi", 1));
        assert_eq!(tooling.template(&server).await.unwrap(), "tpl19_x");
    }

    #[tokio::test]
    async fn with_the_addon_the_template_holds_it() {
        let (folder, tooling) = tree(&format!(
            "case \"$1 $2 $3 $4\" in
             'up --addons '*) echo '{UP}';;
             'template demo --modules external_order_sync') echo '{{\"template\":\"demo\",\"db\":\"tpl19_demo_y\"}}';;
             *) exit 1;; esac"
        ));
        with_addon(&folder);
        let server = tooling.up().await.unwrap();
        assert_eq!(tooling.template(&server).await.unwrap(), "tpl19_demo_y");
    }

    #[tokio::test]
    async fn a_script_that_fails_is_named() {
        let (_folder, tooling) = tree("echo '{}'; exit 1");
        let error = tooling.fresh("db", "tpl").await.unwrap_err();
        assert_eq!(error.message, "tests/odoo/odoo fresh db --from tpl did not succeed");
        assert!(error.hint.unwrap().contains("--odoo-url"));
    }

    #[tokio::test]
    async fn an_answer_that_is_none_is_named() {
        let (_folder, tooling) = tree("echo up");
        let error = tooling.up().await.unwrap_err();
        assert!(error.message.starts_with("tests/odoo/odoo up: expected value"), "{}", error.message);
    }
}
