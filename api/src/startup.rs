//! Settings to running server: database, state, the actix app, the worker, and the graceful stop (R22).

mod connections;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, HttpServer, guard, web};
use secrecy::SecretString;
use tokio::runtime::Handle;
use tracing_actix_web::TracingLogger;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::auth::token::AccessTokens;
use crate::clock::Clock;
use crate::db::embedded::{EmbeddedError, EmbeddedPostgres, EmbeddedSettings};
use crate::db::migrate::{MigrateError, Unfit, migrate};
use crate::db::{Db, DbError};
use crate::http::admission::Admission;
use crate::http::agents::TrialLimit;
use crate::http::known_paths::KnownPaths;
use crate::http::web_app::{WebFiles, WebFilesError};
use crate::http::webhooks::apps::WebhookApps;
use crate::http::{middleware, routes};
use crate::intake::Intake;
use crate::language_model::breaker::Breakers;
use crate::language_model::egress::EgressPolicy;
use crate::live::Live;
use crate::mail::Mailer;
use crate::metrics::endpoint::Endpoint;
use crate::metrics::metrics;
use crate::openapi::{self, ApiDoc};
use crate::pipeline::deliver::pace::Pace;
use crate::seal::Sealer;
use crate::settings::{Profile, Settings};
use crate::state::AppState;
use crate::telemetry::RequestSpan;
use crate::worker::runner::Worker;

/// What keeps the server from starting; one line for the person who starts it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Settings(#[from] crate::settings::SettingsError),
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("database: {0}")]
    Db(#[from] DbError),
    #[error("cannot listen on {0}: {1}; set HTTP_ADDR to a free address")]
    Listen(String, std::io::Error),
    #[error("cannot show the metrics: {0}; set METRICS_ADDR to a free address")]
    Metrics(std::io::Error),
    #[error(transparent)]
    WebFiles(#[from] WebFilesError),
    #[error(
        "the program was built with a broken openapi/openapi.json: {0}; run `make openapi` and build it again"
    )]
    Document(#[from] serde_json::Error),
    #[error("cannot build the HTTP client: {0}")]
    HttpClient(#[from] reqwest::Error),
    #[error("SMTP_URL: mail cannot be set up: {0}")]
    Mail(#[from] lettre::transport::smtp::Error),
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    #[error("a start step was cut off: {0}")]
    Cut(#[from] tokio::task::JoinError),
}

/// Which halves of the server a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ServeRole {
    /// HTTP API and worker.
    All,
    Api,
    Worker,
}

/// The database to use: the configured one, or the embedded PostgreSQL, which runs as long as this lives.
pub struct DatabaseAccess {
    pub app_url: SecretString,
    pub owner_url: SecretString,
    embedded: Option<EmbeddedPostgres>,
}

impl DatabaseAccess {
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        let database = &settings.database;
        if let Some(url) = &database.url {
            let owner_url = database.owner_url.clone().unwrap_or_else(|| url.clone());
            return Ok(Self {
                app_url: url.clone(),
                owner_url,
                embedded: None,
            });
        }
        let embedded = EmbeddedSettings {
            data_dir: database.data_dir.clone(),
            bin_dir: database.embedded_bin_dir.clone(),
            port: database.embedded_port,
        };
        let postgres =
            tokio::task::spawn_blocking(move || EmbeddedPostgres::start(&embedded)).await??;
        Ok(Self {
            app_url: postgres.app_url().clone(),
            owner_url: postgres.owner_url().clone(),
            embedded: Some(postgres),
        })
    }

    /// Embedded: migrate always, the database is ours alone. Otherwise only `banglachat migrate` does.
    async fn migrate_if_ours(&self) -> Result<(), StartError> {
        if self.embedded.is_some() {
            for version in migrate(&self.owner_url, &self.app_url).await? {
                tracing::info!(migration = version, "migration applied");
            }
        }
        Ok(())
    }

    /// Stops the embedded PostgreSQL, if this is the last process that uses it.
    pub async fn close(self) {
        if let Some(postgres) = self.embedded
            && let Err(error) = tokio::task::spawn_blocking(move || postgres.stop()).await
        {
            tracing::warn!(error = %error, "stopping PostgreSQL was cut off");
        }
    }
}

fn web_files(settings: &Settings) -> Result<Option<Arc<WebFiles>>, WebFilesError> {
    let root = settings.http.web_root.as_deref();
    root.map(|root| WebFiles::read(root).map(Arc::new))
        .transpose()
}

/// The shared state over a database that is known to be fit.
pub fn state(settings: Settings, app_url: &SecretString) -> Result<AppState, StartError> {
    let egress = Arc::new(EgressPolicy {
        allowed_hosts: settings.egress_allowed_hosts.clone(),
    });
    let platform_http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let db = Db::new(app_url, settings.database.pool_size)?;
    let sealer = Sealer::new(settings.keys.encryption.clone());
    Ok(AppState {
        live: Live::new(db.clone(), Handle::current()),
        intake: Intake::new(db.for_intake()).map_err(StartError::Thread)?,
        webhook_apps: WebhookApps::new(db.for_asides(), sealer.clone()),
        db,
        clock: Clock::default(),
        admission: Arc::new(Admission::new(settings.http.places)),
        sealer,
        access_tokens: AccessTokens::new(settings.keys.jwt.clone()),
        platform_http,
        egress_http: egress.client()?,
        egress,
        mailer: mailer(&settings)?,
        breakers: Arc::new(Breakers::default()),
        pace: Arc::new(Pace::default()),
        web: None,
        trials: Arc::new(TrialLimit::default()),
        stopping: Arc::new(AtomicBool::new(false)),
        settings: Arc::new(settings),
    })
}

fn mailer(settings: &Settings) -> Result<Option<Mailer>, StartError> {
    let mail = settings.mail.as_ref();
    let mailer = mail.map(|mail| Mailer::new(mail, &settings.http.public_base_url));
    Ok(mailer.transpose()?)
}

/// A server that runs.
pub struct Running {
    pub state: AppState,
    /// Where it listens; `None` for a worker alone.
    pub address: Option<std::net::SocketAddr>,
    /// Where the metrics are shown.
    pub metrics: Option<Endpoint>,
    http: Option<(ServerHandle, tokio::task::JoinHandle<std::io::Result<()>>)>,
    worker: Option<Worker>,
    database: DatabaseAccess,
}

/// Starts the halves that `role` names.
pub async fn start(settings: Settings, role: ServeRole) -> Result<Running, StartError> {
    let database = DatabaseAccess::open(&settings).await?;
    database.migrate_if_ours().await?;
    let durable = settings.profile == Profile::Production;
    let mut state = state(settings, &database.app_url)?;
    if role != ServeRole::Worker {
        state.web = web_files(&state.settings)?;
    }
    state.db.check_fit(durable).await?;
    state.clock.set_by(&state.db).await?;
    tokio::spawn(state.clock.clone().follow(state.db.clone()));
    let shown = state.settings.http.metrics_address;
    let metrics = shown.map(|address| Endpoint::start(address, &state));
    let metrics = metrics.transpose().map_err(StartError::Metrics)?;
    let worker = (role != ServeRole::Api).then(|| Worker::spawn(&state));
    let (address, http) = if role == ServeRole::Worker {
        (None, None)
    } else {
        let (address, handle, task) = listen(&state)?;
        state.live.listen();
        state.webhook_apps.listen(&Handle::current());
        (Some(address), Some((handle, task)))
    };
    Ok(Running {
        state,
        address,
        metrics,
        http,
        worker,
        database,
    })
}

type Listening = (
    std::net::SocketAddr,
    ServerHandle,
    tokio::task::JoinHandle<std::io::Result<()>>,
);

fn listen(state: &AppState) -> Result<Listening, StartError> {
    let http = &state.settings.http;
    let app_state = state.clone();
    let known_paths = Arc::new(KnownPaths::read(openapi::COMMITTED)?);
    let failed = |error| StartError::Listen(http.address.clone(), error);
    let server = HttpServer::new(move || app(app_state.clone(), Arc::clone(&known_paths)))
        .workers(http.threads)
        // Per thread.
        .max_connections((connections::allowed(http.connections) / http.threads).max(1))
        .client_request_timeout(Duration::from_secs(15))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(5)
        .on_connect(meet)
        .disable_signals()
        .bind(&http.address)
        .map_err(failed)?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| failed(std::io::ErrorKind::AddrNotAvailable.into()))?;
    let server = server.run();
    let handle = server.handle();
    Ok((address, handle, tokio::spawn(server)))
}

/// How long a client may leave unread what it was sent. Without this a stalled one would hold its connection for ever (R28).
const UNREAD_LIMIT_MS: u32 = 30_000;

fn meet(connection: &dyn Any, kept: &mut actix_web::dev::Extensions) {
    metrics().connections.inc();
    kept.insert(Counted);
    give_up_on_the_dead(connection);
}

/// Lives as long as its connection.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        metrics().connections.dec();
    }
}

fn give_up_on_the_dead(connection: &dyn Any) {
    let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() else {
        return;
    };
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, UNREAD_LIMIT_MS) {
        tracing::debug!(error = %error, "a connection goes without a limit on unread data");
    }
    #[cfg(not(target_os = "linux"))]
    let _no_such_option = (stream, UNREAD_LIMIT_MS);
}

impl Running {
    /// R22: readiness off, no new claims, finish or release, within 25 seconds.
    pub async fn stop(self) {
        self.state.stopping.store(true, Ordering::Relaxed);
        // Streams never end by themselves; their clients find another process, or this one again.
        self.state.live.close();
        if let Some((handle, task)) = self.http {
            handle.stop(true).await;
            if let Ok(Err(error)) = task.await {
                tracing::warn!(error = %error, "the HTTP server ended with an error");
            }
        }
        if let Some(worker) = self.worker {
            worker.stop(Duration::from_secs(15)).await;
        }
        if let Some(metrics) = self.metrics {
            metrics.stop().await;
        }
        drop(self.state);
        self.database.close().await;
    }
}

/// The actix app, built in one place for the server, the tests and the document.
pub fn app(
    state: AppState,
    known_paths: Arc<KnownPaths>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let cors = cors(&state.settings.http.cors_origins);
    // Guarded by their addresses, so that each request passes one of the two stacks of layers.
    let webhooks = web::scope("")
        .guard(middleware::is_webhook())
        .configure(routes::webhooks)
        .wrap(from_fn(middleware::guard_webhook));
    let swagger = SwaggerUi::new("/docs/{_:.*}").config(Config::from(OPENAPI_PATH));
    let others = web::scope("")
        .guard(guard::Not(middleware::is_webhook()))
        .configure(routes::api)
        .route(OPENAPI_PATH, web::get().to(openapi::show))
        .service(web::redirect("/docs", "/docs/"))
        .service(swagger)
        .default_service(web::to(middleware::fallback))
        .wrap(from_fn(middleware::guard))
        .wrap(cors)
        .wrap(Compress::default())
        .wrap(TracingLogger::<RequestSpan>::new());
    App::new()
        .app_data(web::Data::new(state))
        .app_data(web::Data::from(known_paths))
        // First: the names of routes in the log are looked up in the first of the two.
        .service(others)
        .service(webhooks)
        .default_service(web::to(middleware::fallback))
}

const OPENAPI_PATH: &str = "/api/v1/openapi.json";

/// The document without a server around it.
pub fn document() -> Document {
    let (_, document) = App::new()
        .into_utoipa_app()
        .openapi(ApiDoc::openapi())
        .configure(|config| routes::api(config))
        .configure(|config| routes::webhooks(config))
        .split_for_parts();
    openapi::finish(document)
}

/// R77: exactly the listed origins, with credentials for the refresh cookie.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
        ])
        .allowed_headers(["idempotency-key", "x-requested-with"])
        .expose_headers(["etag", "retry-after", "x-request-id"])
        .supports_credentials()
        .max_age(600);
    origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin))
}
