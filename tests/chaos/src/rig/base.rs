//! What all runs of one runner share: the program, a folder on a disk, and a migrated cluster that each run starts as a copy of.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::postgres::{Postgres, hand_over, open_folder};
use crate::Result;
use crate::database::Database;
use crate::planted::Planted;
use crate::proxy::Proxy;

/// The server's login: owns nothing, like a real one.
const APP: &str = "user=banglachat_chaos password=banglachat_chaos dbname=banglachat";

pub struct Base {
    pub program: PathBuf,
    folder: PathBuf,
    keep: bool,
}

/// A small file system of its own; needs root.
pub struct Disk(PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        // Busy until the last process in it is gone.
        let _gone = unmount(&self.0, UnmountFlags::DETACH);
    }
}

/// Beside this program or the test's: `target/debug/banglachat`.
pub fn default_program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folders = own.ancestors().skip(1).take(2);
    let mut found = folders.map(|folder| folder.join("banglachat"));
    found.find(|program| program.exists()).ok_or_else(|| {
        "no banglachat beside this program: cargo build -p banglachat -p banglachat-tests".into()
    })
}

impl Base {
    /// In /var/tmp: a disk, not memory, and reachable for the user that PostgreSQL runs as when we are root.
    pub async fn make(program: Option<PathBuf>) -> Result<Self> {
        let program = match program {
            Some(program) => fs::canonicalize(program)?,
            None => default_program()?,
        };
        let name = format!(
            "banglachat-chaos-{}-{}",
            std::process::id(),
            crate::now_ms()
        );
        let base = Self {
            program,
            folder: Path::new("/var/tmp").join(name),
            keep: false,
        };
        open_folder(&base.folder)?;
        base.make_template().await?;
        Ok(base)
    }

    fn template(&self) -> PathBuf {
        self.folder.join("template")
    }

    async fn make_template(&self) -> Result<()> {
        let folder = self.template();
        open_folder(&folder)?;
        hand_over(&folder)?;
        Postgres::create(&folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut postgres = Postgres::start(&folder, port).await?;
        let admin = Database::connect(&postgres.owner_url("postgres")).await?;
        admin.execute("CREATE DATABASE banglachat").await?;
        drop(admin);
        let migrated = Command::new(&self.program)
            .arg("migrate")
            .env_clear()
            .env("DATABASE_URL", format!("host=127.0.0.1 port={port} {APP}"))
            .env("DATABASE_OWNER_URL", postgres.owner_url("banglachat"))
            .env("DATA_DIR", &self.folder)
            .current_dir(&self.folder)
            .output()?;
        postgres.stop().await;
        if migrated.status.success() {
            return Ok(());
        }
        Err(format!("migrate: {}", String::from_utf8_lossy(&migrated.stderr)).into())
    }

    /// A folder with a cluster of its own for one run.
    pub fn cluster(&self, name: &str, disk_mb: Option<u32>) -> Result<(PathBuf, Option<Disk>)> {
        let folder = self.folder.join(name);
        open_folder(&folder)?;
        hand_over(&folder)?;
        let mut disk = None;
        if let Some(megabytes) = disk_mb {
            let options = std::ffi::CString::new(format!("size={megabytes}m,mode=0700"))?;
            let place = folder.join("pg");
            fs::create_dir(&place)?;
            mount(
                "tmpfs",
                &place,
                "tmpfs",
                MountFlags::empty(),
                options.as_c_str(),
            )?;
            hand_over(&place)?;
            disk = Some(Disk(place));
        }
        let source = self.template().join("pg/.");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(source)
            .arg(folder.join("pg"))
            .status()?;
        if !copied.success() {
            return Err("the cluster cannot be copied".into());
        }
        Ok((folder, disk))
    }

    /// Leaves the folder behind for whoever looks into a failure.
    pub fn keep(&mut self) -> &Path {
        self.keep = true;
        &self.folder
    }

    /// Removes what a run that went well left.
    pub fn forget(&self, folder: &Path) {
        // At worst it is left until the end.
        let _removed = fs::remove_dir_all(folder);
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let gone = if self.keep {
            fs::remove_dir_all(self.template())
        } else {
            fs::remove_dir_all(&self.folder)
        };
        if let Err(error) = gone {
            eprintln!("chaos: {} is left behind: {error}", self.folder.display());
        }
    }
}

/// What every process is started with, secrets that are found again among it.
pub fn environment(
    planted: &mut Planted,
    database: &Proxy,
    graph: &Proxy,
    model: &Proxy,
) -> BTreeMap<String, String> {
    let mut key = |name, byte: u8| format!("k:{}", planted.plant(name, hex::encode([byte; 32])));
    let keys = [
        ("JWT_KEYS", key("jwt key", 0xa1)),
        ("ENCRYPTION_KEYS", key("encryption key", 0xa2)),
        ("REFRESH_TOKEN_KEY", key("refresh key", 0xa3)),
    ];
    let graph_url = format!("http://{}", graph.address());
    let port = database.address().port();
    let others = [
        ("BANGLACHAT_PROFILE", "development".to_owned()),
        ("DATABASE_URL", format!("host=127.0.0.1 port={port} {APP}")),
        ("DATABASE_POOL_SIZE", "12".to_owned()),
        ("PUBLIC_BASE_URL", "https://chat.example.com".to_owned()),
        ("GRAPH_BASE_URL", graph_url.clone()),
        ("INSTAGRAM_GRAPH_BASE_URL", graph_url),
        ("EGRESS_ALLOWED_HOSTS", model.address().to_string()),
        ("UNKNOWN_WAIT_SECONDS", "2".to_owned()),
        ("WORKER_LEASE_SECONDS", "5".to_owned()),
        ("LOG", "info,banglachat=info".to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
    ];
    keys.into_iter()
        .chain(others)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
