//! A real, durable PostgreSQL in a folder of its own: `fsync` on, reached by TCP on 127.0.0.1 and by a socket, killed by pid.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::Result;

pub const OWNER: &str = "banglachat_owner";
const START_LIMIT: Duration = Duration::from_secs(60);

/// A cluster that runs, or was killed and can be started again.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    pub port: u16,
    child: Option<Child>,
}

/// The user that PostgreSQL runs as; as root it refuses to run.
fn user() -> Option<(u32, u32)> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = ["postgres", "nobody"].into_iter().find_map(|name| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    });
    // A system without both names has at least this number.
    Some(found.unwrap_or((65_534, 65_534)))
}

/// Gives a folder to that user.
pub fn hand_over(folder: &Path) -> Result<()> {
    if let Some((uid, gid)) = user() {
        chown(folder, Some(uid), Some(gid))?;
    }
    Ok(())
}

/// The folder of initdb and postgres: where the server looks too, the newest first.
fn bin_folder() -> Result<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("EMBEDDED_POSTGRES_BIN")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.0));
    folders.extend(versions.into_iter().map(|(_, folder)| folder));
    folders.extend(
        std::env::var_os("PATH")
            .iter()
            .flat_map(std::env::split_paths),
    );
    let complete =
        |folder: &PathBuf| folder.join("initdb").exists() && folder.join("postgres").exists();
    folders
        .into_iter()
        .find(complete)
        .ok_or_else(|| "no PostgreSQL found; EMBEDDED_POSTGRES_BIN names its bin folder".into())
}

/// A command of PostgreSQL's, as its user and with nothing of this process's environment.
fn command(bin: &Path, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    command
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null());
    if let Some((uid, gid)) = user() {
        command.uid(uid).gid(gid);
    }
    command
}

impl Postgres {
    /// Makes a cluster in `folder`/pg, which must exist and belong to PostgreSQL's user; does not start it.
    pub fn create(folder: &Path) -> Result<()> {
        let bin = bin_folder()?;
        let log = folder.join("initdb.log");
        let made = command(&bin, "initdb")
            .args(["--no-sync", "-U", OWNER, "-A", "trust", "-E", "UTF8"])
            .args(["--locale=C.UTF-8", "-D"])
            .arg(folder.join("pg"))
            .stdout(File::create(&log)?)
            .stderr(Stdio::null())
            .status()?;
        if made.success() {
            return Ok(());
        }
        Err(format!(
            "initdb failed: {}",
            fs::read_to_string(log).unwrap_or_default()
        )
        .into())
    }

    /// A cluster as [`Postgres::create`] made it, or a copy of one.
    pub async fn start(folder: &Path, port: u16) -> Result<Self> {
        let mut postgres = Self {
            bin: bin_folder()?,
            folder: folder.to_owned(),
            port,
            child: None,
        };
        postgres.restart().await?;
        Ok(postgres)
    }

    /// Starts it (again) and waits until it takes connections.
    pub async fn restart(&mut self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < START_LIMIT {
            self.spawn()?;
            while self.is_running() && began.elapsed() < START_LIMIT {
                if self.is_ready() {
                    return Ok(());
                }
                sleep(Duration::from_millis(20)).await;
            }
            // What a killed one shared may still be held by a process of its that is about to go.
            self.child = None;
            sleep(Duration::from_millis(100)).await;
        }
        Err(format!("PostgreSQL does not start: {}", self.log_tail()).into())
    }

    fn spawn(&mut self) -> Result<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("postgres.log"))?;
        let settings = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", self.folder.display()),
            "max_connections=120".to_owned(),
            "shared_buffers=32MB".to_owned(),
            "fsync=on".to_owned(),
            "synchronous_commit=on".to_owned(),
            "full_page_writes=on".to_owned(),
            "timezone=UTC".to_owned(),
        ];
        let mut command = command(&self.bin, "postgres");
        command.arg("-D").arg(self.folder.join("pg"));
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        let child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        self.child = Some(child);
        Ok(())
    }

    pub fn is_running(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn is_ready(&self) -> bool {
        let own = self.child.as_ref().map(|child| child.id().to_string());
        let file = fs::read_to_string(self.folder.join("pg/postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = file.lines().map(str::trim).collect();
        lines.first().copied() == own.as_deref() && lines.contains(&"ready")
    }

    /// All that it wrote so far.
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.join("postgres.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// SIGKILL to every process of it: nothing is flushed, nothing is said to the clients.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let children = self.children(child.id());
        // Gone already: nothing to end.
        let _ended = child.kill();
        for pid in children {
            signal(pid, Signal::KILL);
        }
        let _reaped = child.wait();
    }

    /// SIGKILL to one backend of the server's: PostgreSQL ends all others and recovers by itself. False where there is none.
    pub fn kill_a_backend(&self, choice: usize) -> bool {
        let Some(child) = &self.child else {
            return false;
        };
        let is_backend = |pid: &u32| {
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.contains("banglachat_chaos")
        };
        let backends: Vec<u32> = self
            .children(child.id())
            .into_iter()
            .filter(is_backend)
            .collect();
        backends
            .get(choice % backends.len().max(1))
            .is_some_and(|pid| {
                signal(*pid, Signal::KILL);
                true
            })
    }

    /// SIGINT, as an administrator restarts it: sessions are ended, transactions rolled back.
    pub async fn stop(&mut self) {
        if let Some(child) = &self.child {
            signal(child.id(), Signal::INT);
        }
        let began = Instant::now();
        while self.is_running() && began.elapsed() < START_LIMIT {
            sleep(Duration::from_millis(20)).await;
        }
        self.kill();
    }

    fn children(&self, pid: u32) -> Vec<u32> {
        let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        list.unwrap_or_default()
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect()
    }

    /// By socket, which no proxy and no used-up limit stands before.
    pub fn owner_url(&self, database: &str) -> String {
        format!(
            "host={} port={} user={OWNER} dbname={database}",
            self.folder.display(),
            self.port
        )
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// To a process that this one started.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // Gone already: nothing to signal.
        let _sent = kill_process(pid, signal);
    }
}

/// Readable by all, so that PostgreSQL's user can walk there.
pub fn open_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
