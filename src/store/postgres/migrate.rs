//! The schema and its versions.
//!
//! `schema_version` counts the migrations that were applied, all in one transaction. Sidecars
//! that start at the same time wait for one another. A migration that was released is never
//! edited: a change of the schema is a new file.

use sqlx::{Connection as _, PgConnection};

use crate::store::StoreError;
use crate::store::fault::Fault;

/// Every migration, in order; version n is the n-th.
const MIGRATIONS: [&str; 5] = [
    include_str!("migrations/0001_inbox.sql"),
    include_str!("migrations/0002_decision.sql"),
    include_str!("migrations/0003_release.sql"),
    include_str!("migrations/0004_report.sql"),
    include_str!("migrations/0005_retention.sql"),
];

/// "Till": the lock that sidecars take while they look at the schema.
const LOCK: i64 = 0x5469_6c6c;

/// The newest version that is known.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema up to date.
pub(super) async fn migrate(db: &mut PgConnection, store: &str) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    let found = version(&mut tx).await?;
    let known = newest();
    if found > known {
        return Err(Fault::Store(StoreError::Newer { store: store.to_owned(), found, known }));
    }
    let missing = MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default());
    for migration in missing {
        sqlx::raw_sql(*migration).execute(&mut *tx).await?;
    }
    if found < known {
        sqlx::query("update schema_version set version = $1").bind(known).execute(&mut *tx).await?;
        tracing::info!(store, schema = known, "store schema is up to date");
    }
    tx.commit().await?;
    Ok(())
}

/// The version of the schema; it is made where it is missing. Who may not make one can be
/// given an empty one.
async fn version(db: &mut PgConnection) -> Result<i64, Fault> {
    let there: bool =
        sqlx::query_scalar("select to_regnamespace('tillbridge') is not null").fetch_one(&mut *db).await?;
    if !there {
        sqlx::raw_sql("create schema tillbridge").execute(&mut *db).await?;
    }
    let there: bool = sqlx::query_scalar("select to_regclass('tillbridge.schema_version') is not null")
        .fetch_one(&mut *db)
        .await?;
    if !there {
        sqlx::raw_sql(
            "create table schema_version (version bigint not null); insert into schema_version values (0)",
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(sqlx::query_scalar("select version from schema_version").fetch_one(db).await?)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::MIGRATIONS;

    /// A store in the field has run these very texts. Add a line for a new migration; a
    /// changed line means that a released one was edited.
    const RELEASED: [&str; 5] = [
        "d87783d8d41ac97cfdeae44050f53c44cf0ad733d9356c1492116308b88fb8bf",
        "6f9cd451fbdc2063c51ea8b538b75b86c6e66b1fb3bfb13c30db01b9c1e25a67",
        "5103b336e593c7b500cc4cfabe594fb94c25fc6ac958ac9fd0398f2a4d392165",
        "bf654acd2284da206bb975f98a3547222558443f33c6110874566ff7931a9242",
        "9f254e5766c37e40727ea55ac1a8f46e9219f5921228f4927848087e09a27290",
    ];

    #[test]
    fn released_migrations_are_never_edited() {
        let hashes = MIGRATIONS.map(|sql| format!("{:x}", Sha256::digest(sql)));
        assert_eq!(hashes, RELEASED);
    }
}
