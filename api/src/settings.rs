//! Typed settings, read once from the environment (and `.env`). A wrong or missing one stops the start with a message that names
//! the variable, what it expects and an example. `.env.example` documents every one of them.

mod keys;
mod mail;
mod parse;
mod production;

pub use keys::{JwtKey, Keys};
pub use mail::{MailSettings, MailTls};

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;

use crate::http::admission::Places;
use parse::Reader;

/// Why the settings cannot be used; one line for the person who starts the server.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}. Example: {variable}={example}")]
pub struct SettingsError {
    pub variable: &'static str,
    pub problem: String,
    pub example: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Makes its own keys, allows local simulators.
    Development,
    /// Refuses test keys, plain http, simulator addresses and missing keys (R98).
    Production,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Pretty,
}

/// Everything that can be set.
#[derive(Clone)]
pub struct Settings {
    pub profile: Profile,
    pub http: HttpSettings,
    pub database: DatabaseSettings,
    pub log: LogSettings,
    pub keys: Keys,
    pub meta: MetaSettings,
    /// `None`: no mail is sent.
    pub mail: Option<MailSettings>,
    pub worker: WorkerSettings,
    /// `host:port` entries that tenant-given URLs may name although they are not public (R55).
    pub egress_allowed_hosts: Vec<String>,
}

#[derive(Clone)]
pub struct HttpSettings {
    pub address: String,
    /// How the outside reaches us, without a last slash: webhook URLs and links are built from it, never from a Host header.
    pub public_base_url: String,
    pub cors_origins: Vec<String>,
    /// Proxies whose forwarding headers count (R38).
    pub trusted_proxies: Vec<IpAddr>,
    /// The folder of the built web app; none: no web app is served.
    pub web_root: Option<PathBuf>,
    /// Threads that serve HTTP.
    pub threads: usize,
    /// Connections of clients that are held at once, as far as the limit on open files allows (R27).
    pub connections: usize,
    /// Requests of each class that are answered at once (R29).
    pub places: Places,
    /// Where `/metrics` is shown; none: nowhere.
    pub metrics_address: Option<SocketAddr>,
}

#[derive(Clone)]
pub struct DatabaseSettings {
    /// The app's login; none means the embedded PostgreSQL.
    pub url: Option<SecretString>,
    /// The owner of the tables, for `banglachat migrate`.
    pub owner_url: Option<SecretString>,
    pub pool_size: usize,
    pub data_dir: PathBuf,
    pub embedded_bin_dir: Option<PathBuf>,
    pub embedded_port: Option<u16>,
}

#[derive(Clone)]
pub struct LogSettings {
    pub format: LogFormat,
    /// An env-filter: `info,banglachat=debug`.
    pub filter: String,
}

#[derive(Clone)]
pub struct MetaSettings {
    /// Without a last slash.
    pub graph_base_url: String,
    pub instagram_graph_base_url: String,
    pub graph_version: String,
    /// The installation's own app, for `/social/webhook/{platform}/`; none of it is ever used for an organization that brings its own (R46).
    pub app_id: Option<String>,
    pub app_secrets: Vec<SecretString>,
    pub instagram_app_secrets: Vec<SecretString>,
    pub verify_token: Option<SecretString>,
}

#[derive(Clone)]
pub struct WorkerSettings {
    /// Jobs worked on at once by one process.
    pub concurrency: usize,
    /// R11: how long a claimed job is ours without a sign of life; one is given at a third of it.
    pub lease: std::time::Duration,
    /// How long a human's message keeps the AI quiet.
    pub human_pause: std::time::Duration,
    /// How long an unknown outcome waits for an echo or status before it is decided (R15).
    pub unknown_wait: std::time::Duration,
}

impl Settings {
    /// Reads the process environment; `.env` has been loaded into it before.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads settings by name.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let reader = Reader(lookup);
        let profile = reader.one_of(
            "BANGLACHAT_PROFILE",
            &[
                ("development", Profile::Development),
                ("production", Profile::Production),
            ],
            Profile::Development,
        )?;
        let database = database(&reader)?;
        let settings = Self {
            profile,
            http: http(&reader)?,
            keys: Keys::read(&reader, profile, &database.data_dir)?,
            database,
            log: LogSettings {
                format: reader.one_of(
                    "LOG_FORMAT",
                    &[("json", LogFormat::Json), ("pretty", LogFormat::Pretty)],
                    if profile == Profile::Production {
                        LogFormat::Json
                    } else {
                        LogFormat::Pretty
                    },
                )?,
                filter: reader.text("LOG").unwrap_or_else(|| "info".to_owned()),
            },
            meta: meta(&reader)?,
            mail: mail::read(&reader, profile)?,
            worker: worker(&reader)?,
            egress_allowed_hosts: reader.list("EGRESS_ALLOWED_HOSTS"),
        };
        production::check(&settings)?;
        Ok(settings)
    }
}

fn http(reader: &Reader<'_>) -> Result<HttpSettings, SettingsError> {
    let address = reader
        .text("HTTP_ADDR")
        .unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    Ok(HttpSettings {
        public_base_url: reader.base_url(
            "PUBLIC_BASE_URL",
            &format!("http://{address}"),
            "https://chat.example.com",
        )?,
        address,
        cors_origins: reader.list("CORS_ORIGINS"),
        trusted_proxies: reader.parsed_list(
            "TRUSTED_PROXIES",
            "a comma separated list of IP addresses",
            "10.0.0.2",
        )?,
        web_root: reader.text("WEB_ROOT").map(PathBuf::from),
        threads: reader.number("HTTP_THREADS", 2, 1..=64)?,
        connections: reader.number("HTTP_CONNECTIONS", 16_384, 16..=1_000_000)?,
        places: Places {
            webhooks: reader.number("WEBHOOKS_AT_ONCE", 512, 2..=100_000)?,
            api: reader.number("REQUESTS_AT_ONCE", 128, 2..=100_000)?,
            exports: reader.number("EXPORTS_AT_ONCE", 4, 1..=1_000)?,
        },
        metrics_address: metrics_address(reader)?,
    })
}

/// The metrics are for the operator: an address that the internet can reach, or may reach, is refused.
fn metrics_address(reader: &Reader<'_>) -> Result<Option<SocketAddr>, SettingsError> {
    let Some(text) = reader.text("METRICS_ADDR") else {
        return Ok(None);
    };
    let is_inside = |address: &SocketAddr| match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    let address = text.parse().ok().filter(is_inside);
    let refused = || {
        let expected =
            "expected a loopback or private IP address with a port, which nobody outside reaches";
        parse::problem("METRICS_ADDR", expected, "127.0.0.1:9464")
    };
    address.map(Some).ok_or_else(refused)
}

fn database(reader: &Reader<'_>) -> Result<DatabaseSettings, SettingsError> {
    let port: usize = reader.number("EMBEDDED_POSTGRES_PORT", 0, 0..=65_535)?;
    Ok(DatabaseSettings {
        url: reader.secret("DATABASE_URL"),
        owner_url: reader.secret("DATABASE_OWNER_URL"),
        pool_size: reader.number("DATABASE_POOL_SIZE", 16, 2..=200)?,
        data_dir: reader
            .text("DATA_DIR")
            .map_or_else(crate::db::embedded::default_data_dir, PathBuf::from),
        embedded_bin_dir: reader.text("EMBEDDED_POSTGRES_BIN").map(PathBuf::from),
        embedded_port: u16::try_from(port).ok().filter(|port| *port != 0),
    })
}

fn meta(reader: &Reader<'_>) -> Result<MetaSettings, SettingsError> {
    let secrets = |name| {
        reader
            .list(name)
            .into_iter()
            .map(SecretString::from)
            .collect()
    };
    Ok(MetaSettings {
        graph_base_url: reader.base_url(
            "GRAPH_BASE_URL",
            "https://graph.facebook.com",
            "https://graph.facebook.com",
        )?,
        instagram_graph_base_url: reader.base_url(
            "INSTAGRAM_GRAPH_BASE_URL",
            "https://graph.instagram.com",
            "https://graph.instagram.com",
        )?,
        graph_version: reader
            .text("GRAPH_API_VERSION")
            .unwrap_or_else(|| "v25.0".to_owned()),
        app_id: reader.text("META_APP_ID"),
        app_secrets: secrets("META_APP_SECRETS"),
        instagram_app_secrets: secrets("INSTAGRAM_APP_SECRETS"),
        verify_token: reader.secret("META_VERIFY_TOKEN"),
    })
}

fn worker(reader: &Reader<'_>) -> Result<WorkerSettings, SettingsError> {
    use std::time::Duration;
    Ok(WorkerSettings {
        concurrency: reader.number("WORKER_CONCURRENCY", 256, 1..=1024)?,
        lease: Duration::from_secs(reader.number("WORKER_LEASE_SECONDS", 30, 3..=600)? as u64),
        human_pause: Duration::from_secs(reader.number(
            "HUMAN_PAUSE_SECONDS",
            1_800,
            10..=604_800,
        )? as u64),
        unknown_wait: Duration::from_secs(
            reader.number("UNKNOWN_WAIT_SECONDS", 90, 1..=3_600)? as u64
        ),
    })
}

#[cfg(test)]
mod tests;
