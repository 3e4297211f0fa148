//! A PostgreSQL of our own, for installations that name no `DATABASE_URL`.
//!
//! `start` makes a cluster in the data folder when there is none, starts the server or attaches to the one that
//! another process of ours has started, and watches it from a thread. `stop` leaves it; the last one out stops it.
//! The server listens on a socket in a folder of our own: no port, so no clash with another PostgreSQL.
//!
//! What lies in the data folder:
//! `pg/` the cluster, `run/` its socket, `owner.password` and `app.password` (0600), `postgres.log`, and two locks:
//! `start.lock` is held while somebody starts or stops the server, `users.lock` is shared by everyone who uses it.
//!
//! Not here: roles and tables (the migrations make them), backups, and installing PostgreSQL.

mod account;
mod binaries;
mod cluster;
mod folders;
mod process;
mod server;
#[cfg(test)]
mod tests;
mod watcher;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use account::Account;
use binaries::Binaries;
use folders::Folders;
use server::{Endpoint, Server};
use watcher::{Signal, Watcher};

/// The database that the migrations fill and the server uses.
pub const DATABASE: &str = "banglachat";
/// Owns the database and runs the migrations.
pub const OWNER_ROLE: &str = "banglachat_owner";
/// What the server logs in as. The migrate step creates the role with the password in [`EmbeddedPostgres::app_url`].
pub const APP_ROLE: &str = "banglachat";
/// All pools and listeners of all processes together must stay below this.
pub const MAX_CONNECTIONS: u16 = 60;

#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// Made when missing. As root, other users must be able to walk to it: see [`default_data_dir`].
    pub data_dir: PathBuf,
    /// Where `initdb` and `postgres` are; found by itself when `None`.
    pub bin_dir: Option<PathBuf>,
    /// Also listen on this port of 127.0.0.1; `None` opens no port. A server that already runs keeps what it has.
    pub port: Option<u16>,
}

/// What can go wrong; each message says in one line what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(
        "PostgreSQL's programs initdb and postgres were not found{}: install them (Debian and Ubuntu: apt-get install postgresql), or name their folder in EMBEDDED_POSTGRES_BIN, or set DATABASE_URL",
        at(.looked_in)
    )]
    BinariesMissing { looked_in: Option<PathBuf> },
    #[error(
        "the data in {} was made by PostgreSQL {wanted}, but only {found} was found: install PostgreSQL {wanted}, or name its folder in EMBEDDED_POSTGRES_BIN",
        .cluster.display()
    )]
    WrongMajor {
        cluster: PathBuf,
        wanted: u32,
        found: String,
    },
    #[error(
        "PostgreSQL does not run as root, and the passwd file has neither the user postgres nor nobody: install the postgresql package, or start the server as another user"
    )]
    NoAccount,
    #[error(
        "the user {user} cannot walk through {} to the data folder: set DATA_DIR to a folder under /var/lib, or chmod o+x that one",
        .blocked_at.display()
    )]
    NotReachable { user: String, blocked_at: PathBuf },
    #[error("{} cannot be used: {source}; check its owner and mode, or set DATA_DIR to another folder", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("{} belongs to somebody else: remove it, or set DATA_DIR to a folder with a shorter path", .0.display())]
    ForeignSocketFolder(PathBuf),
    #[error("{} is missing, and without it the existing database cannot be opened: restore that file from a backup", .0.display())]
    PasswordLost(PathBuf),
    #[error(
        "{program} could not be run: {source}; check EMBEDDED_POSTGRES_BIN and that the user who runs it may read that folder"
    )]
    Program { program: String, source: io::Error },
    #[error(
        "making the database failed: {0}; check free disk space and the folder's owner, then start again"
    )]
    InitFailed(String),
    #[error("PostgreSQL did not start: {last_words}; the whole story is in {}", .log.display())]
    NotStarted { last_words: String, log: PathBuf },
    #[error(
        "the wait for PostgreSQL was broken off because the server is stopping; nothing needs to be done"
    )]
    Cancelled,
    #[error(
        "PostgreSQL (process {0}) did not stop in time; it is left running and the next start will use it"
    )]
    StillRunning(i32),
}

fn at(looked_in: &Option<PathBuf>) -> String {
    match looked_in {
        Some(folder) => format!(" in {}", folder.display()),
        None => String::new(),
    }
}

impl EmbeddedError {
    /// For `map_err` after a file operation: which path it was about.
    fn folder(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Folder {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// A share in the running server. Dropping it is the same as [`EmbeddedPostgres::stop`] with the error logged.
pub struct EmbeddedPostgres {
    server: Arc<Server>,
    watcher: Option<Watcher>,
    /// Locked shared for as long as we use the server; `None` once left.
    users: Option<File>,
    owner_url: SecretString,
    app_url: SecretString,
}

impl EmbeddedPostgres {
    /// Blocks until the server answers: about two seconds for a new folder, a fraction of one otherwise, more after
    /// a crash.
    pub fn start(settings: &EmbeddedSettings) -> Result<Self, EmbeddedError> {
        let account = Account::for_the_server()?;
        let folders = Folders::prepare(&settings.data_dir, &account)?;
        let starting = folders.lock_start()?;
        // Joined under start.lock: whoever is leaving at this moment has either stopped the server already or will
        // find that it is not the last one.
        let users = folders.join_users()?;

        let binaries = Binaries::find(settings.bin_dir.as_deref(), &folders.cluster())?;
        let passwords = cluster::ensure(&folders, &binaries, &account)?;
        let endpoint = Endpoint::wanted(&folders, &account, settings.port)?;
        let mut server = Server::new(folders, binaries, account, endpoint);
        let postmaster = server.ensure_running(&Signal::default())?;
        // A server that already ran may have been started with other settings: its own word counts.
        server.endpoint = postmaster.endpoint;
        drop(starting);

        let owner_url = server.endpoint.url(OWNER_ROLE, &passwords.owner);
        let app_url = server.endpoint.url(APP_ROLE, &passwords.app);
        let server = Arc::new(server);
        let watcher = Watcher::spawn(Arc::clone(&server), postmaster.pid)?;
        Ok(Self {
            server,
            watcher: Some(watcher),
            users: Some(users),
            owner_url,
            app_url,
        })
    }

    /// `key=value` connection string of the owner: for migrations only.
    pub fn owner_url(&self) -> &SecretString {
        &self.owner_url
    }

    /// `key=value` connection string of the server's own role.
    pub fn app_url(&self) -> &SecretString {
        &self.app_url
    }

    /// Leaves the server and, if nobody else uses it, stops it. Blocks; close the pools before.
    pub fn stop(mut self) -> Result<(), EmbeddedError> {
        self.leave()
    }

    fn leave(&mut self) -> Result<(), EmbeddedError> {
        let Some(users) = self.users.take() else {
            return Ok(());
        };
        // The watcher first, or it would bring back what is stopped here.
        if let Some(watcher) = self.watcher.take() {
            watcher.stop();
        }
        let folders = &self.server.folders;
        let _starting = folders.lock_start()?;
        if !folders.is_last_user(users)? {
            tracing::info!("other processes use the embedded PostgreSQL: it keeps running");
            return Ok(());
        }
        self.server.stop()
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::warn!(%error, "the embedded PostgreSQL was not stopped");
        }
    }
}

/// `/var/lib/banglachat` as root, because the server's user could not walk into root's home; otherwise the user's
/// own data folder.
pub fn default_data_dir() -> PathBuf {
    folders::data_dir_for(
        rustix::process::geteuid().is_root(),
        std::env::var_os("XDG_DATA_HOME").map(PathBuf::from),
        std::env::var_os("HOME").map(PathBuf::from),
    )
}
