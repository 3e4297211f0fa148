//! A database of its own for each test, cloned from a template that is migrated once.
//!
//! The template's name carries a hash of `migrations/`; it is made under an advisory lock and gets its name when it is complete, so
//! that any number of test processes may start at once. Test databases carry the pid of their process: what a killed one left is swept.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, NoTls, error::SqlState};

/// One template maker at a time; any number that nothing else uses.
const TEMPLATE_LOCK: i64 = 0x6261_6e67_6c61_7465;
/// The server's login: owns nothing, like a real one. Made with the template.
const APP_LOGIN: &str = "user=banglachat_test password=banglachat_test";
const PREFIX: &str = "banglachat_t_";

/// A migrated, empty database, and the owner's connection to it for looking behind the API. Row level security does not bind it.
#[derive(Clone)]
pub struct TestDatabase {
    pub name: String,
    server: String,
    client: Arc<Client>,
}

impl TestDatabase {
    pub async fn create() -> Self {
        let server = server();
        let admin = connect(&server).await;
        let template = template(&server, &admin).await;
        let name = format!(
            "{PREFIX}{}_{}",
            std::process::id(),
            uuid::Uuid::now_v7().simple()
        );
        clone_template(&admin, &template, &name).await;
        let client = connect(&format!("{server} dbname={name}")).await;
        Self {
            name,
            server,
            client: Arc::new(client),
        }
    }

    /// The server's connection string: a login that row level security binds.
    pub fn app_url(&self) -> String {
        format!("{} {APP_LOGIN} dbname={}", self.server, self.name)
    }

    pub fn owner_url(&self) -> String {
        format!("{} dbname={}", self.server, self.name)
    }

    /// The rows of a query as JSON objects: `rows("SELECT id, state FROM jobs")`.
    #[track_caller]
    pub fn rows(&self, sql: &str) -> impl Future<Output = Vec<Value>> + use<> {
        let (client, sql) = (Arc::clone(&self.client), sql.to_owned());
        async move {
            let wrapped = format!("SELECT to_jsonb(q)::text FROM ({sql}) q");
            let rows = client
                .query(&wrapped, &[])
                .await
                .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
            rows.iter()
                .map(|row| serde_json::from_str(row.get(0)).expect("jsonb is JSON"))
                .collect()
        }
    }

    /// The only row of a query.
    pub async fn row(&self, sql: &str) -> Value {
        let mut rows = self.rows(sql).await;
        assert_eq!(rows.len(), 1, "one row expected: {sql}");
        rows.remove(0)
    }

    /// `SELECT count(*) FROM {from}`: `count("messages WHERE state = 'sent'")`.
    pub async fn count(&self, from: &str) -> i64 {
        let row = self.row(&format!("SELECT count(*) AS n FROM {from}")).await;
        row["n"].as_i64().expect("a count")
    }

    /// Runs statements; for arranging what no API can.
    pub async fn execute(&self, sql: &str) {
        self.client
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }

    /// Throws the server out and keeps it out, as if the database were gone. This connection stays.
    pub async fn lock_out(&self) {
        let admin = connect(&self.server).await;
        let close = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name);
        admin
            .batch_execute(&close)
            .await
            .expect("the database closes");
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
    }

    /// Ends [`TestDatabase::lock_out`].
    pub async fn let_in(&self) {
        let admin = connect(&self.server).await;
        let open = format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name);
        admin
            .batch_execute(&open)
            .await
            .expect("the database opens");
    }

    pub(crate) async fn drop_now(&self) {
        if let Ok(admin) = try_connect(&self.server).await {
            drop_database(&admin, &self.name).await;
        }
    }
}

fn server() -> String {
    std::env::var("TEST_DATABASE_URL").expect(
        "TEST_DATABASE_URL is not set: run `make test`, or give a superuser's connection string of a throw-away PostgreSQL, \
         for example TEST_DATABASE_URL='host=/tmp/pg user=postgres dbname=postgres'",
    )
}

async fn connect(url: &str) -> Client {
    try_connect(url)
        .await
        .unwrap_or_else(|error| panic!("cannot connect to the test database ({url}): {error}"))
}

async fn try_connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        // Ends when the client is dropped, or with the database: then the next statement tells.
        let _ended = connection.await;
    });
    Ok(client)
}

/// The name of the complete template of these migrations.
async fn template(server: &str, admin: &Client) -> String {
    let name = format!("banglachat_template_{}", hash_of_migrations());
    if exists(admin, &name).await {
        return name;
    }
    admin
        .execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
        .await
        .expect("the template's lock");
    if !exists(admin, &name).await {
        sweep(admin).await;
        make_template(server, admin, &name).await;
    }
    admin
        .execute("SELECT pg_advisory_unlock($1)", &[&TEMPLATE_LOCK])
        .await
        .expect("the template's lock");
    name
}

async fn make_template(server: &str, admin: &Client, name: &str) {
    let making = format!("{name}_making");
    drop_database(admin, &making).await;
    admin
        .batch_execute(&format!("CREATE DATABASE {making}"))
        .await
        .expect("the template's database");
    let owner = SecretString::from(format!("{server} dbname={making}"));
    let app = SecretString::from(format!("{server} {APP_LOGIN} dbname={making}"));
    banglachat::db::migrate::migrate(&owner, &app)
        .await
        .expect("migrations apply");
    // The migrator's connection may take a moment to go.
    let rename = format!("ALTER DATABASE {making} RENAME TO {name}");
    retry(|| admin.batch_execute(&rename)).await;
}

async fn clone_template(admin: &Client, template: &str, name: &str) {
    let create = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
    retry(|| admin.batch_execute(&create)).await;
}

/// Tries again while somebody else has the database open.
async fn retry<F: Future<Output = Result<(), tokio_postgres::Error>>>(statement: impl Fn() -> F) {
    for _ in 0..200 {
        match statement().await {
            Ok(()) => return,
            Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
                tokio::time::sleep(Duration::from_millis(25)).await
            }
            Err(error) => panic!("cannot make the test database: {error:?}"),
        }
    }
    panic!("a database stayed in use for five seconds");
}

async fn exists(admin: &Client, name: &str) -> bool {
    admin
        .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
        .await
        .expect("pg_database")
        .is_some()
}

async fn drop_database(admin: &Client, name: &str) {
    // Another process may drop it at the same time.
    let _gone = admin
        .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await;
}

/// Databases of test processes that no longer run.
async fn sweep(admin: &Client) {
    let found = admin
        .query(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
            &[&PREFIX],
        )
        .await;
    for row in found.expect("pg_database") {
        let name: String = row.get(0);
        let pid = name
            .trim_start_matches(PREFIX)
            .split('_')
            .next()
            .unwrap_or_default();
        if !Path::new("/proc").join(pid).exists() {
            drop_database(admin, &name).await;
        }
    }
}

fn hash_of_migrations() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the migrations folder")
        .map(|entry| entry.expect("a migration").path().join("up.sql"))
        .filter(|file| file.exists())
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(std::fs::read(&file).expect("a migration"));
    }
    hex::encode(&hash.finalize()[..8])
}
