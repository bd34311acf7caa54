//! The schema and its versions.
//!
//! `user_version` counts the migrations that were applied; `application_id` tells our files
//! from any other SQLite database. A migration that was released is never edited: a change
//! of the schema is a new file.

use std::path::Path;

use sqlx::{Connection, SqliteConnection};

use crate::store::fault::Fault;
use crate::store::{StoreError, Trouble};

/// Every migration, in order; version n is the n-th.
pub(super) const MIGRATIONS: [&str; 8] = [
    include_str!("migrations/0001_inbox.sql"),
    include_str!("migrations/0002_completion.sql"),
    include_str!("migrations/0003_session.sql"),
    include_str!("migrations/0004_decision.sql"),
    include_str!("migrations/0005_session_identity.sql"),
    include_str!("migrations/0006_release.sql"),
    include_str!("migrations/0007_report.sql"),
    include_str!("migrations/0008_retention.sql"),
];

/// "Till", as SQLite's `application_id`.
pub(super) const APPLICATION_ID: i32 = 0x5469_6c6c;

/// The newest version that is known.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema up to date; each migration is one transaction with its version.
pub(super) async fn migrate(db: &mut SqliteConnection, path: &Path) -> Result<(), Fault> {
    loop {
        let mut tx = db.begin_with("begin immediate").await?;
        let found = version(&mut tx, path).await?;
        let Some(next) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found)) else {
            return Ok(());
        };
        sqlx::raw_sql(*next).execute(&mut *tx).await?;
        set(&mut tx, "application_id", APPLICATION_ID.into()).await?;
        set(&mut tx, "user_version", found + 1).await?;
        tx.commit().await?;
        tracing::info!(path = %path.display(), schema = found + 1, "store schema is up to date");
    }
}

/// The schema version of a store; an error for what is none, or is newer than this program.
async fn version(db: &mut SqliteConnection, path: &Path) -> Result<i64, Fault> {
    let application: i32 = sqlx::query_scalar("pragma application_id").fetch_one(&mut *db).await?;
    let found: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&mut *db).await?;
    let tables: i64 = sqlx::query_scalar("select count(*) from sqlite_schema").fetch_one(&mut *db).await?;
    let store = || path.display().to_string();
    let empty = application == 0 && found == 0 && tables == 0;
    if application != APPLICATION_ID && !empty {
        let reason = "it is a database of another program; choose another [store] path".to_owned();
        return Err(Fault::Store(StoreError::Open { store: store(), reason, trouble: Trouble::Setup }));
    }
    let known = newest();
    if found > known {
        return Err(Fault::Store(StoreError::Newer { store: store(), found, known }));
    }
    Ok(found)
}

/// Pragmas take no parameters, hence the text.
async fn set(db: &mut SqliteConnection, pragma: &str, value: i64) -> Result<(), Fault> {
    let sql = format!("pragma {pragma} = {value}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::MIGRATIONS;

    /// A store in the field has run these very texts. Add a line for a new migration; a
    /// changed line means that a released one was edited.
    const RELEASED: [&str; 8] = [
        "b1edd42a1d5fc31c1ab56b79429be436155c4d5d882f90b493c3137976e46f9a",
        "c1866101b2cfa3240d724ebd88301b2d9b557f0418498da329cd4356d349de18",
        "fd1c145ef04e1b68f5a2fc6cca761ffeced6e6b0336ccae3a7ea551e02a8f4de",
        "da403f4ba497060d36f39f211ada7b6ed16f774c1e90b399583c1765a4e9027b",
        "9a2bc962960e09421b2a2869c2ee3d13243ba29c03baf52c8e5ba83926044a20",
        "109747d14f1734e274d29c6a69743d3441f799b605ccb0b9b9127800d3858b8e",
        "bde6b647ea5d71b36401fb38714ec91832e2b5f8faba2b0d77e0ed8e7837a330",
        "5970048cb6790de59dfd45693907dce725f1b387141d718ab0356f6ea0c260fc",
    ];

    #[test]
    fn released_migrations_are_never_edited() {
        let hashes = MIGRATIONS.map(|sql| format!("{:x}", Sha256::digest(sql)));
        assert_eq!(hashes, RELEASED);
    }
}
