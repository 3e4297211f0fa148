//! Migrations, run as the owner of the tables; and the checks a server makes before it serves.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::{ExposeSecret, SecretString};

use super::{Db, DbError};

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// One migrator at a time (R94); any number that no other user of the database takes.
const MIGRATION_LOCK: i64 = 0x0062_616e_676c_6121;

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("cannot connect to the database as its owner: {0}")]
    Connect(#[from] diesel::ConnectionError),
    #[error("cannot migrate: {0}")]
    Sql(#[from] diesel::result::Error),
    #[error("cannot migrate: {0}")]
    Migration(Box<dyn std::error::Error + Send + Sync>),
    #[error("DATABASE_URL does not name a user and a database")]
    BadUrl,
}

/// Applies what is missing and makes the app's login, if `app_url` names one that does not exist yet. Safe to run by several
/// processes at once and again at any time.
pub async fn migrate(
    owner_url: &SecretString,
    app_url: &SecretString,
) -> Result<Vec<String>, MigrateError> {
    let mut connection = AsyncPgConnection::establish(owner_url.expose_secret()).await?;
    diesel::sql_query("SELECT pg_advisory_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
        .execute(&mut connection)
        .await?;
    // An index or constraint that waits for a busy table must not hold up everybody behind it.
    connection.batch_execute("SET lock_timeout = '1s'").await?;
    let mut connection = apply(connection).await?;
    ensure_login(&mut connection, app_url).await?;
    connection.0.batch_execute("RESET lock_timeout").await?;
    Ok(connection.1)
}

struct Migrated(AsyncPgConnection, Vec<String>);

/// The harness blocks in place, which a current-thread runtime cannot; a blocking thread can.
async fn apply(connection: AsyncPgConnection) -> Result<Migrated, MigrateError> {
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let applied = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(MigrateError::Migration)?;
        let applied = applied.iter().map(ToString::to_string).collect();
        Ok(Migrated(harness.into_inner(), applied))
    })
    .await
    .map_err(|error| MigrateError::Migration(error.into()))?
}

/// Takes back the newest migration; for development and the up-down-up test.
pub async fn revert_all(owner_url: &SecretString) -> Result<(), MigrateError> {
    let connection = AsyncPgConnection::establish(owner_url.expose_secret()).await?;
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        harness
            .revert_all_migrations(MIGRATIONS)
            .map(|_| ())
            .map_err(MigrateError::Migration)
    })
    .await
    .map_err(|error| MigrateError::Migration(error.into()))?
}

/// A login owns nothing, inherits the app role's rights, and may take the platform role inside a transaction.
async fn ensure_login(
    connection: &mut Migrated,
    app_url: &SecretString,
) -> Result<(), MigrateError> {
    let config: tokio_postgres::Config = app_url
        .expose_secret()
        .parse()
        .map_err(|_| MigrateError::BadUrl)?;
    let (user, database) = config
        .get_user()
        .zip(config.get_dbname())
        .ok_or(MigrateError::BadUrl)?;
    let password = config
        .get_password()
        .map(String::from_utf8_lossy)
        .unwrap_or_default();
    #[derive(QueryableByName)]
    struct Statement {
        #[diesel(sql_type = Text)]
        statement: String,
    }
    // format() quotes names and literals; DDL takes no bound parameters.
    let statements: Vec<Statement> = diesel::sql_query(
        "SELECT format('CREATE ROLE %I LOGIN INHERIT PASSWORD %L', $1, $2) AS statement
             WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)
         UNION ALL SELECT format('GRANT banglachat_app, banglachat_platform TO %I', $1)
             WHERE $1 <> current_user
         UNION ALL SELECT format('GRANT CONNECT ON DATABASE %I TO %I', $3, $1)
         UNION ALL SELECT format('GRANT SELECT ON __diesel_schema_migrations TO %I', $1)",
    )
    .bind::<Text, _>(user)
    .bind::<Text, _>(password.as_ref())
    .bind::<Text, _>(database)
    .load(&mut connection.0)
    .await?;
    for Statement { statement } in statements {
        connection.0.batch_execute(&statement).await?;
    }
    Ok(())
}

/// Why a server must not serve with this database.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(
        "the database login can bypass row level security or owns tables; give DATABASE_URL a login of its own, made by `banglachat migrate`"
    )]
    TooMighty,
    #[error("the database lacks migrations; run `banglachat migrate`")]
    Behind,
    #[error("the database has migrations that this release does not know; start the newer release")]
    Ahead,
    #[error(
        "{0} is off in PostgreSQL; the production profile needs fsync, full_page_writes and synchronous_commit on (R26)"
    )]
    NotDurable(String),
}

impl Db {
    /// Refuses a login that is no fence (R47), another schema (R94), and, where asked, a database that may lose commits (R26).
    pub async fn check_fit(&self, must_be_durable: bool) -> Result<(), Unfit> {
        #[derive(QueryableByName)]
        struct Facts {
            #[diesel(sql_type = Bool)]
            mighty: bool,
            #[diesel(sql_type = Text)]
            off: String,
        }
        let mut connection = self.connection().await?;
        let facts: Facts = diesel::sql_query(
            "SELECT rolsuper OR rolbypassrls OR EXISTS (
                        SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user) AS mighty,
                    coalesce((SELECT string_agg(name, ', ') FROM pg_settings
                        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'), '') AS off
             FROM pg_roles WHERE rolname = current_user",
        )
        .get_result(&mut connection)
        .await
        .map_err(DbError::from)?;
        if facts.mighty {
            return Err(Unfit::TooMighty);
        }
        if must_be_durable && !facts.off.is_empty() {
            return Err(Unfit::NotDurable(facts.off));
        }
        drop(connection);
        self.check_schema().await
    }

    /// Whether the schema is exactly this release's: readiness asks it too (R93).
    pub async fn check_schema(&self) -> Result<(), Unfit> {
        #[derive(QueryableByName)]
        struct Version {
            #[diesel(sql_type = Text)]
            version: String,
        }
        let mut connection = self.connection().await?;
        let found: Vec<Version> =
            diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
                .load(&mut connection)
                .await
                .or_else(|error| match error {
                    // No such table: nothing was ever applied.
                    diesel::result::Error::DatabaseError(
                        diesel::result::DatabaseErrorKind::Unknown,
                        _,
                    ) => Ok(Vec::new()),
                    other => Err(DbError::from(other)),
                })?;
        let found: Vec<String> = found.into_iter().map(|row| row.version).collect();
        let known = known_versions();
        if found.iter().any(|version| !known.contains(version)) {
            return Err(Unfit::Ahead);
        }
        if known.iter().any(|version| !found.contains(version)) {
            return Err(Unfit::Behind);
        }
        Ok(())
    }
}

fn known_versions() -> Vec<String> {
    use diesel::migration::{Migration, MigrationSource};
    let migrations: Vec<Box<dyn Migration<diesel::pg::Pg>>> =
        MIGRATIONS.migrations().unwrap_or_default();
    migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect()
}
