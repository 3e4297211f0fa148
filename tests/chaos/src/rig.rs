//! Everything under test and around it: the real programs over a real, durable PostgreSQL, with the simulators behind proxies.

mod base;
mod look;
pub mod postgres;
pub mod server;
pub mod shop;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use sandbox::graph::{Graph, Platform};
use sandbox::model::Model;
use sandbox::server::Running;
use tokio::time::{Instant, sleep};

pub use base::Base;

use crate::Result;
use crate::database::Database;
use crate::load::{Line, Load};
use crate::planted::Planted;
use crate::proxy::{Proxy, control};
use postgres::Postgres;
use server::Server;
use shop::{Account, Shop};

/// What runs, and how it is set.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The role of each process.
    pub roles: &'static [&'static str],
    /// Settings of all processes, over the usual ones.
    pub settings: Vec<(&'static str, String)>,
    /// Settings of one process only: its place in `roles`, name, value.
    pub own_settings: Vec<(usize, &'static str, String)>,
    /// Accounts of the shop that answers from knowledge, and of the one that asks a model.
    pub knowledge: &'static [Platform],
    pub model: &'static [Platform],
    /// How late platforms send echoes and statuses: an outcome stays unknown until they come.
    pub echo_delay_ms: u64,
    /// `FAILPOINTS` of all processes.
    pub fail_points: Vec<String>,
    /// A file system of this many megabytes for PostgreSQL; none: the disk.
    pub disk_mb: Option<u32>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            roles: &["all"],
            settings: Vec::new(),
            own_settings: Vec::new(),
            knowledge: &Platform::ALL,
            model: &[Platform::Facebook],
            echo_delay_ms: 0,
            fail_points: Vec::new(),
            disk_mb: None,
        }
    }
}

impl Setup {
    pub fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }
}

/// One installation. Dropping it ends every process of it.
pub struct Rig {
    pub seed: u64,
    pub folder: PathBuf,
    pub servers: Vec<Server>,
    pub postgres: Postgres,
    pub graph: Graph,
    pub model: Model,
    /// Between the servers and PostgreSQL, Graph and model; and in front of the servers that take requests.
    pub database_proxy: Proxy,
    pub graph_proxy: Proxy,
    pub model_proxy: Proxy,
    pub front: Proxy,
    /// The proxies' switches.
    pub control: Running,
    pub shops: Vec<Shop>,
    planted: Planted,
    /// After PostgreSQL, which works in it.
    _disk: Option<base::Disk>,
    /// Faults by what they were, for the report.
    pub done: BTreeMap<&'static str, usize>,
    /// What went wrong beside the invariants: a process that ended by itself, a stop that took too long, a panic.
    pub trouble: Vec<String>,
}

/// From a start to the first answer, on a machine that does much else.
const START_LIMIT: Duration = Duration::from_secs(60);
/// SIGKILL's number.
const KILL: i32 = Signal::KILL.as_raw();

/// A port that nobody listens on just now.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Rig {
    pub async fn start(base: &Base, name: &str, seed: u64, setup: &Setup) -> Result<Self> {
        let (folder, disk) = base.cluster(name, setup.disk_mb)?;
        let postgres = Postgres::start(&folder, free_address()?.port()).await?;
        let (graph, model) = (Graph::start().await?, Model::start().await?);
        let database = SocketAddr::from(([127, 0, 0, 1], postgres.port));
        let database_proxy = Proxy::start(vec![database], seed).await?;
        let graph_proxy = Proxy::start(vec![address_of(&graph.base_url())?], seed + 1).await?;
        let model_proxy = Proxy::start(vec![address_of(&model.base_url())?], seed + 2).await?;
        let mut addresses = Vec::new();
        for role in setup.roles {
            addresses.push((*role != "worker").then(free_address).transpose()?);
        }
        let front = Proxy::start(addresses.iter().flatten().copied().collect(), seed + 3).await?;
        let proxies = [
            ("database", &database_proxy),
            ("graph", &graph_proxy),
            ("model", &model_proxy),
            ("front", &front),
        ];
        let named = proxies.map(|(name, proxy)| (name.to_owned(), proxy.clone()));
        let control = control::start(named.into()).await?;
        let mut planted = Planted::default();
        let common = base::environment(&mut planted, &database_proxy, &graph_proxy, &model_proxy);
        let mut servers = Vec::new();
        for (place, address) in addresses.iter().enumerate() {
            let mut environment = common.clone();
            let settings = setup.settings.iter().map(|(name, value)| (*name, value));
            let own = setup.own_settings.iter();
            let own = own.filter(|own| own.0 == place).map(|own| (own.1, &own.2));
            environment.extend(
                settings
                    .chain(own)
                    .map(|(name, value)| (name.to_owned(), value.clone())),
            );
            if !setup.fail_points.is_empty() {
                environment.insert("FAILPOINTS".to_owned(), setup.fail_points.join(";"));
            }
            if let Some(address) = address {
                environment.insert("HTTP_ADDR".to_owned(), address.to_string());
            }
            let own_folder = folder.join(format!("server-{place}"));
            servers.push(Server::new(
                &base.program,
                setup.roles[place],
                environment,
                own_folder,
            )?);
        }
        let mut rig = Self {
            seed,
            folder,
            servers,
            postgres,
            graph,
            model,
            database_proxy,
            graph_proxy,
            model_proxy,
            front,
            control,
            shops: Vec::new(),
            planted,
            _disk: disk,
            done: BTreeMap::new(),
            trouble: Vec::new(),
        };
        for server in &mut rig.servers {
            server.start()?;
        }
        rig.ready().await?;
        // By the first alone: shops are no part of what is tried here.
        let address = addresses
            .iter()
            .flatten()
            .next()
            .ok_or("no process takes requests")?;
        rig.open_shops(setup, &address.to_string()).await?;
        Ok(rig)
    }

    async fn open_shops(&mut self, setup: &Setup, address: &str) -> Result<()> {
        let front = self.front.address().to_string();
        let key = self
            .planted
            .plant("model key", "sk-planted-model-key-0123456789");
        let base_url = format!("http://{}/v1", self.model_proxy.address());
        let kinds = [
            ("knowledge-shop", setup.knowledge, None),
            (
                "model-shop",
                setup.model,
                Some((base_url.as_str(), key.as_str())),
            ),
        ];
        for (place, (name, platforms, model)) in kinds.into_iter().enumerate() {
            if platforms.is_empty() {
                continue;
            }
            let mut shop = Shop::open(address, name, model, setup.echo_delay_ms).await?;
            for platform in platforms {
                let account = self.new_account(name, place, *platform);
                shop.connect(&self.graph, &front, account).await?;
            }
            self.shops.push(shop);
        }
        Ok(())
    }

    fn new_account(&mut self, shop: &str, place: usize, platform: Platform) -> Account {
        let name = platform.as_str();
        let number = Platform::ALL.iter().position(|known| *known == platform);
        Account {
            id: String::new(),
            platform,
            external_id: format!("1048576{place}{:07}", number.unwrap_or_default()),
            token: self.planted.plant(
                "platform token",
                format!("EAAG-planted-{name}-{shop}-token"),
            ),
            app_secret: self
                .planted
                .plant("app secret", format!("planted-app-secret-{name}-{shop}")),
        }
    }

    /// The account gets a new token on the platform, and its shop enters it, as people do after code 190.
    pub async fn reconnect(&mut self, shop: usize, account: usize) -> Result<()> {
        let front = self.front.address().to_string();
        let mut changed = self.shops[shop].accounts[account].clone();
        changed.token = self
            .planted
            .plant("platform token", format!("{}-again", changed.token));
        let (shop, path) = (
            &mut self.shops[shop],
            format!("/social_accounts/{}", changed.id),
        );
        shop.play(&self.graph, &front, &changed);
        let body = serde_json::json!({ "access_token": changed.token });
        shop.call(reqwest::Method::PATCH, &path, Some(&body))
            .await?;
        shop.accounts[account] = changed;
        Ok(())
    }

    /// Customers of all accounts.
    pub fn load(&self, run: &str) -> Result<Load> {
        let front = self.front.address().to_string();
        let lines: Vec<Line> = self
            .shops
            .iter()
            .flat_map(|shop| shop.lines(&front))
            .collect();
        Load::new(lines, run)
    }

    /// Where one may look behind the API.
    pub async fn database(&self) -> Result<Database> {
        Database::connect(&self.postgres.owner_url("banglachat")).await
    }

    pub fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    /// Waits until every process that takes requests is ready; starts those again that could not start.
    pub async fn ready(&mut self) -> Result<()> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .no_proxy()
            .build()?;
        let end = Instant::now() + START_LIMIT;
        loop {
            self.revive()?;
            let mut ready = true;
            for server in &self.servers {
                ready = ready && server.is_ready(&client).await;
            }
            if ready {
                return Ok(());
            }
            if Instant::now() > end {
                let tails: Vec<String> = self.servers.iter().map(Server::log_tail).collect();
                return Err(
                    format!("not ready after {START_LIMIT:?}:\n{}", tails.join("\n")).into(),
                );
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// SIGKILL, and at once a new life.
    pub fn kill_server(&mut self, place: usize) -> Result<()> {
        self.revive()?;
        self.servers[place].kill()?;
        self.servers[place].start()?;
        self.count("server kills");
        Ok(())
    }

    /// SIGKILL to all of PostgreSQL, and a new start.
    pub async fn kill_postgres(&mut self) -> Result<()> {
        self.postgres.kill();
        self.count("PostgreSQL kills");
        self.postgres.restart().await
    }

    /// Starts those again that a fail point killed, and, as a service manager does, those that could not start without a database.
    pub fn revive(&mut self) -> Result<()> {
        for place in 0..self.servers.len() {
            let Some(ended) = self.servers[place].ended() else {
                continue;
            };
            match (ended.signal(), ended.code()) {
                (Some(KILL), _) => self.count("fail point kills"),
                (_, Some(1)) => self.count("failed starts"),
                _ => self
                    .trouble
                    .push(format!("a server ended by itself: {ended}")),
            }
            self.servers[place].start()?;
        }
        Ok(())
    }

    /// Ends every fault; what is down comes up.
    pub async fn heal(&mut self) -> Result<()> {
        for proxy in [
            &self.database_proxy,
            &self.graph_proxy,
            &self.model_proxy,
            &self.front,
        ] {
            proxy.heal();
        }
        self.graph.clear_faults();
        self.model.clear();
        for server in &self.servers {
            server.signal(Signal::CONT);
        }
        self.database_answers().await?;
        self.ready().await
    }

    /// PostgreSQL may still be recovering from what was done to it.
    async fn database_answers(&self) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            match self.database().await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > end => return Err(error),
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Waits until no webhook is on its way and nothing waits, runs or is half sent; what is left after `patience` is the oracle's.
    pub async fn settle(&self, patience: Duration) -> Result<()> {
        let end = Instant::now() + patience;
        let database = self.database().await?;
        let mut quiet = 0;
        // Twice in a row: nothing slipped from one to the other between the looks.
        while quiet < 2 && Instant::now() < end {
            let open = database.open_rows().await?.len() + self.graph.webhooks_pending();
            quiet = if open == 0 { quiet + 1 } else { 0 };
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

fn address_of(url: &str) -> Result<SocketAddr> {
    let rest = url.trim_start_matches("http://");
    Ok(rest.split('/').next().unwrap_or_default().parse()?)
}
