//! The database. The pool is private: everything outside gets at most one of three kinds of access, told apart by type.
//!
//! - [`TenantTx`]: a transaction inside one organization, the only way to a tenant table (R40).
//! - [`PlatformTx`]: identity, the account directory and raw webhook events.
//! - [`cross`]: the few named statements over all organizations (claims, sweeps, a user's organizations).
//!
//! Transactions are opened by handlers and pipeline steps, never inside models. No network call happens inside one.

mod changes;
pub mod cross;
pub mod embedded;
pub mod hints;
mod kept;
pub mod listen;
pub mod migrate;
mod platform;
mod tenant;

pub use kept::Kept;
pub use platform::PlatformTx;
pub use tenant::{InOrganization, TenantTx};

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{ConnectionError, QueryResult};
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, SetupCallback,
};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio::task::JoinError;

use crate::metrics::metrics;

/// A database error, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection in time, or it broke: another try later may work.
    #[error("no database connection: {0}")]
    Unavailable(String),
    #[error(transparent)]
    Sql(diesel::result::Error),
}

impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match error {
            Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, info) => {
                Self::Unavailable(info.message().to_owned())
            }
            Error::BrokenTransactionManager => {
                Self::Unavailable("the connection broke inside a transaction".to_owned())
            }
            other => Self::Sql(other),
        }
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// A pool, and how long a statement may take. Requests, worker, intake and what is asked or said aside have connections of their own, so that
/// none of them waits for another one's (R29).
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    worker_pool: Pool<AsyncPgConnection>,
    intake_pool: Pool<AsyncPgConnection>,
    aside_pool: Pool<AsyncPgConnection>,
    url: SecretString,
    statement_timeout: Duration,
    announcer: listen::Announcer,
    hints: hints::Hints,
}

type Connection = Object<AsyncPgConnection>;

impl Db {
    /// Pools for the app's login, `size` connections altogether, to be made on the runtime that lives longest. They connect at the
    /// first use. Statements end after 5 s (R25).
    pub fn new(url: &SecretString, size: usize) -> Result<Self, DbError> {
        let rest = size.saturating_sub(INTAKE_CONNECTIONS);
        let worker = (rest / 2).max(1);
        Ok(Self {
            pool: pool(
                url,
                rest.saturating_sub(worker).max(1),
                DrivenBy::runtime(),
                PLANS_AS_EVER,
            )?,
            worker_pool: pool(url, worker, DrivenBy::Opener, PLANS_KEPT)?,
            intake_pool: pool(url, 1, DrivenBy::Opener, PLANS_KEPT)?,
            aside_pool: pool(url, 1, DrivenBy::runtime(), PLANS_KEPT)?,
            url: url.clone(),
            statement_timeout: Duration::from_secs(5),
            announcer: listen::Announcer::new(Handle::current()),
            hints: hints::Hints::new(Handle::current()),
        })
    }

    /// For the worker's thread and no other, whose statements may take 30 s (R25).
    pub fn for_worker(&self) -> Self {
        Self {
            pool: self.worker_pool.clone(),
            statement_timeout: Duration::from_secs(30),
            ..self.clone()
        }
    }

    /// For the one writer of webhooks on their way in.
    pub fn for_intake(&self) -> Self {
        Self {
            pool: self.intake_pool.clone(),
            ..self.clone()
        }
    }

    /// For what is asked and said beside the work, from any thread: whose webhook it is, and that something was committed.
    pub fn for_asides(&self) -> Self {
        Self {
            pool: self.aside_pool.clone(),
            ..self.clone()
        }
    }

    /// A transaction inside the organization that `proof` stands for. Commits on `Ok`, rolls back on `Err`; a future that is
    /// dropped half-way leaves no open transaction behind, because the pool throws such a connection away.
    pub async fn tenant<T, E: From<DbError>>(
        &self,
        proof: &impl InOrganization,
        work: impl AsyncFnOnce(&mut TenantTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let organization = proof.organization_id();
        let settings = format!(
            "SET LOCAL app.organization_id = '{organization}'; SET LOCAL statement_timeout = {}",
            self.statement_timeout.as_millis()
        );
        let mut connection = self.begin(&settings).await?;
        let mut tx = TenantTx::new(&mut connection, proof);
        let mut result = work(&mut tx).await;
        if result.is_ok()
            && let Err(error) = tx.note_changes().await
        {
            result = Err(DbError::from(error).into());
        }
        let changed = tx.has_changed();
        let ended = end(&mut connection, result).await;
        if changed && ended.is_ok() {
            self.hint_soon(organization);
        }
        ended
    }

    /// A transaction on the platform's tables.
    pub async fn platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&mut PlatformTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let timeout = self.statement_timeout.as_millis();
        let settings = format!("SET LOCAL statement_timeout = {timeout}");
        let mut connection = self.begin(&settings).await?;
        let result = work(&mut PlatformTx::new(&mut connection)).await;
        end(&mut connection, result).await
    }

    /// One statement that commits by itself: a round trip where a transaction takes three. Only for what is safe to repeat: on a
    /// connection that turns out to be dead, after a restart of the database, it is tried on another one.
    pub async fn alone(
        &self,
        statement: impl for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<()>>,
    ) -> Result<(), DbError> {
        let mut trouble = DbError::Unavailable("no connection was tried".to_owned());
        for _ in 0..BEGIN_ATTEMPTS {
            let mut connection = self.connection().await?;
            let done = tokio::time::timeout(ALONE_LIMIT, statement(&mut connection)).await;
            match done.map(|done| done.map_err(DbError::from)) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error @ DbError::Sql(_))) => return Err(error),
                Ok(Err(broken)) => trouble = broken,
                Err(_late) => {
                    trouble = DbError::Unavailable("the database does not answer".to_owned());
                }
            }
            drop(Object::take(connection));
        }
        Err(trouble)
    }

    /// The database's clock (R20).
    pub async fn time(&self) -> Result<DateTime<Utc>, DbError> {
        let clock = diesel::dsl::sql::<diesel::sql_types::Timestamptz>("clock_timestamp()");
        self.platform(async |tx: &mut PlatformTx<'_>| {
            Ok(diesel::select(clock).get_result(tx.conn()).await?)
        })
        .await
    }

    /// Opens a transaction with its settings in one round trip, which is also the test whether a pooled connection still lives: one
    /// that does not, after a restart of the database, is thrown away and another one taken.
    async fn begin(&self, settings: &str) -> Result<Connection, DbError> {
        let begin = format!("BEGIN; {settings}");
        let mut trouble = DbError::Unavailable("no connection was tried".to_owned());
        for _ in 0..BEGIN_ATTEMPTS {
            let mut connection = self.connection().await?;
            let begun = AnsiTransactionManager::begin_transaction_sql(&mut *connection, &begin);
            trouble = match tokio::time::timeout(BEGIN_LIMIT, begun).await {
                Ok(Ok(())) => return Ok(connection),
                // There is nothing in it that a sound connection could refuse.
                Ok(Err(error)) => DbError::Unavailable(error.to_string()),
                Err(_late) => DbError::Unavailable("the database does not answer".to_owned()),
            };
            // It may be dead, or stand in a transaction that nobody counts: nobody else gets it.
            drop(Object::take(connection));
        }
        Err(trouble)
    }

    async fn connection(&self) -> Result<Connection, DbError> {
        let (began, all) = (std::time::Instant::now(), metrics());
        let got = self.pool.get().await;
        all.pool_wait_seconds.observe(began.elapsed().as_secs_f64());
        Ok(got.inspect_err(|_| {
            all.pool_refusals.inc();
        })?)
    }
}

/// One writes webhooks, one is for asides.
const INTAKE_CONNECTIONS: usize = 2;

/// How a connection plans what it has prepared.
const PLANS_AS_EVER: &str = "";
/// Worker and intake run a few fixed statements over and over, whose plan does not depend on the values. Left to itself PostgreSQL
/// plans some of them anew each time, an eighth of its time under load (docs/performance.md).
const PLANS_KEPT: &str = "; SET plan_cache_mode = force_generic_plan";

/// Which runtime drives a connection.
#[derive(Clone)]
enum DrivenBy {
    /// This one, which lives longest. Threads of HTTP have runtimes of their own, which end before the server has stopped: a connection
    /// opened by one of them must still serve the others (R22).
    Runtime(Handle),
    /// That of the thread which opened it and is the only one to use the pool: a statement and its answer wake no other thread.
    Opener,
}

impl DrivenBy {
    fn runtime() -> Self {
        Self::Runtime(Handle::current())
    }
}

fn pool(
    url: &SecretString,
    size: usize,
    driven_by: DrivenBy,
    plans: &'static str,
) -> Result<Pool<AsyncPgConnection>, DbError> {
    let mut config = ManagerConfig::default();
    config.custom_setup = connect(driven_by, plans);
    // No query to test a pooled connection: the first statement of each transaction does (see `begin`).
    config.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::new_with_config(url.expose_secret(), config);
    Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(Duration::from_secs(2)))
        .create_timeout(Some(Duration::from_secs(5)))
        .recycle_timeout(Some(Duration::from_secs(2)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| DbError::Unavailable(error.to_string()))
}

/// Connections tried for one transaction.
const BEGIN_ATTEMPTS: usize = 3;
/// `BEGIN` waits for nothing and nobody: what takes longer is a connection that leads nowhere (R25).
const BEGIN_LIMIT: Duration = Duration::from_secs(2);
/// A statement of a few rows that has not come back by then has been lost with its connection (R25).
const ALONE_LIMIT: Duration = Duration::from_secs(5);

fn connect(driven_by: DrivenBy, plans: &'static str) -> SetupCallback<AsyncPgConnection> {
    Box::new(move |url| {
        let url = url.to_owned();
        let opening = async move {
            let mut connection = AsyncPgConnection::establish(&url).await?;
            // The limit is for statements outside of transactions; transactions set their own (R25).
            let settings = format!("SET statement_timeout = '30s'{plans}");
            connection
                .batch_execute(&settings)
                .await
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        };
        let opening = match &driven_by {
            DrivenBy::Runtime(runtime) => runtime.spawn(opening),
            DrivenBy::Opener => tokio::spawn(opening),
        };
        async move {
            let cut_off = |error: JoinError| ConnectionError::BadConnection(error.to_string());
            opening.await.map_err(cut_off)?
        }
        .boxed()
    })
}

async fn end<T, E: From<DbError>>(
    connection: &mut Connection,
    result: Result<T, E>,
) -> Result<T, E> {
    match result {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(&mut **connection)
                .await
                .map_err(DbError::from)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) =
                AnsiTransactionManager::rollback_transaction(&mut **connection).await
            {
                tracing::warn!(error = %rollback, "rollback failed; the connection will be thrown away");
            }
            Err(error)
        }
    }
}
