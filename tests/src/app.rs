//! The server under test: started by `startup`, as the binary does, over a database of its own and the simulators.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use banglachat::settings::{LogFormat, LogSettings, Settings};
use banglachat::startup::{self, Running, ServeRole};
use banglachat::state::AppState;
use sandbox::graph::Graph;
use sandbox::model::Model;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{Account, Member, Shop, TestDatabase, World};

/// Longest that [`TestApp::settle`] waits.
const PATIENCE: Duration = Duration::from_secs(60);
/// A job that is due later than this is waiting on purpose.
const SOON: Duration = Duration::from_secs(15);

/// A running server with everything around it. Dropping it stops the server and removes the database.
pub struct TestApp {
    world: Arc<World>,
    /// The server's own state: its clock, its settings. What it does is checked from outside.
    pub state: AppState,
    settings: BTreeMap<String, String>,
    role: ServeRole,
    running: Option<Running>,
}

/// Settings to start with.
pub struct TestAppBuilder {
    settings: BTreeMap<String, String>,
    role: ServeRole,
}

impl Deref for TestApp {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl TestAppBuilder {
    /// Sets a variable as `.env` would; `{database}` in it becomes the name of the test's database.
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.insert(name.to_owned(), value.to_string());
        self
    }

    pub fn role(mut self, role: ServeRole) -> Self {
        self.role = role;
        self
    }

    pub async fn start(mut self) -> TestApp {
        let flavor = Handle::current().runtime_flavor();
        assert_eq!(
            flavor,
            RuntimeFlavor::MultiThread,
            "write #[tokio::test(flavor = \"multi_thread\")]"
        );
        log_if_asked();
        let (db, graph, model) =
            tokio::join!(TestDatabase::create(), Graph::start(), Model::start());
        let (graph, model) = (
            graph.expect("the Graph simulator"),
            model.expect("the model simulator"),
        );
        let mut settings = defaults(&db, &graph, &model);
        settings.append(&mut self.settings);
        for value in settings.values_mut() {
            *value = value.replace("{database}", &db.name);
        }
        let running = start(&settings, self.role).await;
        let address = running
            .address
            .map(|address| address.to_string())
            .unwrap_or_default();
        if self.role != ServeRole::Worker {
            // The same address after a restart, so that the platforms find the server again.
            settings.insert("HTTP_ADDR".to_owned(), address.clone());
        }
        let world = Arc::new(World::new(format!("http://{address}"), graph, model, db));
        let state = running.state.clone();
        TestApp {
            world,
            state,
            settings,
            role: self.role,
            running: Some(running),
        }
    }
}

fn defaults(db: &TestDatabase, graph: &Graph, model: &Model) -> BTreeMap<String, String> {
    let key = |id: &str, byte: u8| format!("{id}:{}", hex::encode([byte; 32]));
    let model_host = model
        .base_url()
        .trim_start_matches("http://")
        .trim_end_matches("/v1")
        .to_owned();
    [
        ("BANGLACHAT_PROFILE", "development".to_owned()),
        ("DATABASE_URL", db.app_url()),
        ("DATABASE_OWNER_URL", db.owner_url()),
        ("DATABASE_POOL_SIZE", "12".to_owned()),
        ("HTTP_ADDR", "127.0.0.1:0".to_owned()),
        ("PUBLIC_BASE_URL", "https://chat.example.com".to_owned()),
        ("JWT_KEYS", key("test", 0x4a)),
        ("ENCRYPTION_KEYS", key("test", 0x4b)),
        ("REFRESH_TOKEN_KEY", key("test", 0x4c)),
        ("GRAPH_BASE_URL", graph.base_url()),
        ("INSTAGRAM_GRAPH_BASE_URL", graph.base_url()),
        ("META_APP_ID", "770011223344556".to_owned()),
        (
            "META_APP_SECRETS",
            "installation-app-secret-0123456789".to_owned(),
        ),
        (
            "META_VERIFY_TOKEN",
            "installation-verify-token-0123456789".to_owned(),
        ),
        ("EGRESS_ALLOWED_HOSTS", model_host),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

async fn start(settings: &BTreeMap<String, String>, role: ServeRole) -> Running {
    let settings = Settings::read(&|name| settings.get(name).cloned())
        .unwrap_or_else(|error| panic!("{error}"));
    startup::start(settings, role)
        .await
        .unwrap_or_else(|error| panic!("the server does not start: {error}"))
}

/// `TEST_LOG=info,banglachat=debug` shows the server's log.
fn log_if_asked() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        if let Ok(filter) = std::env::var("TEST_LOG") {
            banglachat::telemetry::init(&LogSettings {
                format: LogFormat::Pretty,
                filter,
            });
        }
    });
}

impl TestApp {
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    pub fn builder() -> TestAppBuilder {
        TestAppBuilder {
            settings: BTreeMap::new(),
            role: ServeRole::All,
        }
    }

    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// What it was started with, as environment variables: for the real program over the same database and simulators.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// A new user, signed in.
    pub async fn register(&self, name: &str) -> Member {
        Member::register(&self.world, name).await
    }

    /// A new organization with a new owner.
    pub async fn shop(&self) -> Shop {
        let name = format!("Shop {}", self.number());
        self.register(&format!("{name} owner"))
            .await
            .organization_named(&name)
            .await
    }

    /// Posts a body to the account's webhook, signed with its app's secret, as the platform does.
    pub async fn receive(&self, account: &Account, body: &str) -> u16 {
        account.receive(body).await
    }

    /// Waits until no webhook is on its way, no event is unprocessed, and no job is running or due soon.
    #[track_caller]
    pub fn settle(&self) -> impl Future<Output = ()> + use<'_> {
        let caller = std::panic::Location::caller();
        self.settle_up_to(SOON, caller)
    }

    /// Like [`TestApp::settle`], but jumps over waits of up to `time` altogether: backoffs, pauses, echoes that do not come.
    #[track_caller]
    pub fn settle_within(&self, time: Duration) -> impl Future<Output = ()> + use<'_> {
        let caller = std::panic::Location::caller();
        async move {
            let mut left = time;
            loop {
                self.settle_up_to(Duration::from_millis(300), caller).await;
                let Some(next) = self.next_job_in().await.filter(|next| *next <= left) else {
                    return;
                };
                left = left.saturating_sub(next);
                self.pass(next + Duration::from_millis(50)).await;
            }
        }
    }

    /// Lets time pass for the server: its clock moves, and what waits in the queues is due earlier. Access tokens age too.
    pub async fn pass(&self, time: Duration) {
        self.state.clock.advance(time);
        let seconds = time.as_secs_f64();
        self.db
            .execute(&format!(
                "UPDATE jobs SET run_at = run_at - make_interval(secs => {seconds}), created_at = created_at - make_interval(secs => {seconds})
                 WHERE state IN ('ready', 'running');
                 UPDATE webhook_events SET run_at = run_at - make_interval(secs => {seconds}) WHERE state = 'ready';
                 UPDATE mails SET run_at = run_at - make_interval(secs => {seconds}) WHERE state = 'ready';
                 NOTIFY banglachat_work"
            ))
            .await;
    }

    /// Stops the server as SIGTERM does. Database and simulators stay.
    pub async fn stop_server(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Starts the server again, at the same address.
    pub async fn start_server(&mut self) {
        self.stop_server().await;
        let running = start(&self.settings, self.role).await;
        self.state = running.state.clone();
        self.running = Some(running);
    }

    /// Another process' worth of server over the same database: give it back to [`Running::stop`] at the end.
    pub async fn start_another(&self, role: ServeRole) -> Running {
        let mut settings = self.settings.clone();
        settings.insert("HTTP_ADDR".to_owned(), "127.0.0.1:0".to_owned());
        start(&settings, role).await
    }

    async fn settle_up_to(&self, soon: Duration, caller: &'static std::panic::Location<'static>) {
        let end = Instant::now() + PATIENCE;
        let mut before = None;
        loop {
            let load = self.load(soon).await;
            // Twice the same and nothing open: nothing slipped through between two looks.
            if load.open == 0 && before == Some(load) {
                return;
            }
            if Instant::now() > end {
                panic!(
                    "{caller}: work did not end within {PATIENCE:?}:\n{}",
                    self.what_is_left().await
                );
            }
            before = Some(load);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn load(&self, soon: Duration) -> Load {
        let on_their_way = self.graph.webhooks_pending();
        let row = self
            .db
            .row(&format!(
                "SELECT (SELECT count(*) FROM webhook_events WHERE state IN ('ready', 'running'))
                      + (SELECT count(*) FROM jobs WHERE state = 'running'
                            OR state = 'ready' AND run_at < now() + make_interval(secs => {})) AS open,
                        (SELECT count(*) FROM webhook_events) + (SELECT count(*) FROM jobs) AS total",
                soon.as_secs_f64()
            ))
            .await;
        let number = |name: &str| {
            usize::try_from(row[name].as_i64().unwrap_or_default()).unwrap_or_default()
        };
        Load {
            open: number("open") + on_their_way,
            total: number("total"),
            effects: self.graph.effect_count(),
        }
    }

    async fn next_job_in(&self) -> Option<Duration> {
        let row = self.db.row("SELECT extract(epoch FROM min(run_at) - now())::float8 AS wait FROM jobs WHERE state = 'ready'").await;
        row["wait"]
            .as_f64()
            .map(|seconds| Duration::from_secs_f64(seconds.max(0.0)))
    }

    async fn what_is_left(&self) -> String {
        let jobs = self.db.rows("SELECT kind, state, attempts, run_at, last_error FROM jobs WHERE state IN ('ready', 'running')").await;
        let events = self.db.rows("SELECT platform, state, attempts, last_error FROM webhook_events WHERE state IN ('ready', 'running')").await;
        format!(
            "jobs {jobs:#?}\nevents {events:#?}\nwebhooks on their way {}",
            self.graph.webhooks_pending()
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Load {
    open: usize,
    total: usize,
    effects: usize,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let (running, db) = (self.running.take(), self.db.clone());
        // Connections that the platforms keep open would hold up the server's stop.
        let graph = self.world.graph.clone();
        // A runtime of its own: this thread belongs to one already. The server's tasks go on in that one meanwhile.
        let cleaning = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            else {
                return;
            };
            runtime.block_on(async {
                graph.stop().await;
                if let Some(running) = running {
                    running.stop().await;
                }
                db.drop_now().await;
            });
        });
        // A failed clean-up must not hide why the test failed.
        let _cleaned = cleaning.join();
    }
}
