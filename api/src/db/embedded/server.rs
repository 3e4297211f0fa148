//! Starting, finding and stopping the server process.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal as KillSignal, kill_process};
use secrecy::{ExposeSecret, SecretString};

use super::account::Account;
use super::binaries::Binaries;
use super::folders::Folders;
use super::process;
use super::watcher::Signal;
use super::{DATABASE, EmbeddedError, MAX_CONNECTIONS};

/// Recovery after a crash replays at most a few gigabytes of log; longer than this and somebody should look.
const START_LIMIT: Duration = Duration::from_secs(300);
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// How long a killed server's other processes, and whoever has to reap it, may take.
const CRASH_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOG_LIMIT: u64 = 10 * 1024 * 1024;
/// The port's only use without a port is in the name of the socket.
const USUAL_PORT: u16 = 5432;

/// Where the server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub socket_folder: PathBuf,
    pub port: u16,
    pub tcp: bool,
}

impl Endpoint {
    pub fn wanted(
        folders: &Folders,
        account: &Account,
        port: Option<u16>,
    ) -> Result<Self, EmbeddedError> {
        Ok(Self {
            socket_folder: folders.socket_folder(account)?,
            port: port.unwrap_or(USUAL_PORT),
            tcp: port.is_some(),
        })
    }

    fn socket_lock(&self) -> PathBuf {
        self.socket_folder
            .join(format!(".s.PGSQL.{}.lock", self.port))
    }

    pub fn url(&self, role: &str, password: &SecretString) -> SecretString {
        SecretString::from(format!(
            "host={} port={} user={role} password={} dbname={DATABASE}",
            quoted(&self.socket_folder),
            self.port,
            password.expose_secret(),
        ))
    }
}

/// A value of a connection string; a folder may hold blanks and quotes.
fn quoted(folder: &Path) -> String {
    let text = folder
        .to_string_lossy()
        .replace('\\', r"\\")
        .replace('\'', r"\'");
    format!("'{text}'")
}

/// A running server, as its `postmaster.pid` describes it.
#[derive(Debug, Clone)]
pub(super) struct Postmaster {
    pub pid: Pid,
    pub endpoint: Endpoint,
    ready: bool,
}

impl Postmaster {
    /// Lines: pid, data folder, start time, port, socket folder, listen address, shared memory key, status.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        // `Pid::from_raw` panics below zero, and a single backend writes its pid as a negative number.
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
        let pid = Pid::from_raw(pid)?;
        let port = lines.nth(2).and_then(|line| line.trim().parse().ok());
        let socket_folder = PathBuf::from(lines.next().unwrap_or_default());
        let tcp = lines.next().is_some_and(|line| !line.trim().is_empty());
        let ready = lines.nth(1).is_some_and(|line| line.trim() == "ready");
        Some(Self {
            pid,
            endpoint: Endpoint {
                socket_folder,
                port: port.unwrap_or(USUAL_PORT),
                tcp,
            },
            ready,
        })
    }
}

/// Everything that is needed to start the server, again and again if it dies.
#[derive(Debug)]
pub(super) struct Server {
    pub folders: Folders,
    binaries: Binaries,
    account: Account,
    pub endpoint: Endpoint,
}

impl Server {
    pub fn new(folders: Folders, binaries: Binaries, account: Account, endpoint: Endpoint) -> Self {
        Self {
            folders,
            binaries,
            account,
            endpoint,
        }
    }

    pub fn is_serving(&self, pid: Pid) -> bool {
        process::serves(pid, &self.folders.cluster())
    }

    /// Attaches to the server that runs, or starts one, and waits until it takes connections. Call under
    /// `start.lock` only. `cancel` breaks the wait off and leaves the server to go on.
    pub fn ensure_running(&self, cancel: &Signal) -> Result<Postmaster, EmbeddedError> {
        let deadline = Instant::now() + START_LIMIT;
        let mut spawned: Option<Pid> = None;
        loop {
            match (self.find(), spawned) {
                (Some(found), _) if found.ready => return Ok(found),
                (Some(_), _) => {}
                (None, None) => {
                    self.settle_after_a_crash(cancel)?;
                    spawned = Some(self.spawn()?);
                }
                // Its pid file may not be written yet.
                (None, Some(pid)) if process::is_alive(pid) => {}
                (None, Some(_)) => return Err(self.not_started()),
            }
            if Instant::now() > deadline {
                return Err(self.not_started());
            }
            if cancel.wait(LOOK_AGAIN) {
                return Err(EmbeddedError::Cancelled);
            }
        }
    }

    /// The last one out calls this, under `start.lock`. SIGINT is PostgreSQL's fast stop: open transactions are
    /// rolled back, nothing committed is lost.
    pub fn stop(&self) -> Result<(), EmbeddedError> {
        let Some(found) = self.find() else {
            return Ok(());
        };
        tracing::info!("stopping the embedded PostgreSQL");
        // An error means that it is gone already.
        let _ = kill_process(found.pid, KillSignal::INT);
        let deadline = Instant::now() + STOP_LIMIT;
        while process::is_alive(found.pid) {
            if Instant::now() > deadline {
                return Err(EmbeddedError::StillRunning(
                    found.pid.as_raw_nonzero().get(),
                ));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    fn find(&self) -> Option<Postmaster> {
        let found = Postmaster::parse(&fs::read_to_string(self.pid_file()).ok()?)?;
        self.is_serving(found.pid).then_some(found)
    }

    fn pid_file(&self) -> PathBuf {
        self.folders.cluster().join("postmaster.pid")
    }

    /// A server that was killed leaves its pid file, for some moments its other processes, and, where nobody reaps
    /// it, a zombie for ever. PostgreSQL clears the file away by itself unless the pid still "lives"; only for a
    /// zombie with nobody left in the folder it is safe to do that in its place, and never otherwise.
    fn settle_after_a_crash(&self, cancel: &Signal) -> Result<(), EmbeddedError> {
        let pid_file = self.pid_file();
        let Some(dead) = fs::read_to_string(&pid_file)
            .ok()
            .and_then(|text| Postmaster::parse(&text))
        else {
            return Ok(());
        };
        let cluster = self.folders.cluster();
        let deadline = Instant::now() + CRASH_LIMIT;
        while process::is_zombie(dead.pid) || process::anybody_works_in(&cluster) {
            if Instant::now() > deadline {
                break;
            }
            if cancel.wait(LOOK_AGAIN) {
                return Err(EmbeddedError::Cancelled);
            }
        }
        if process::is_zombie(dead.pid) && !process::anybody_works_in(&cluster) {
            tracing::warn!("the pid file of a killed PostgreSQL that nobody reaps is removed");
            // Its socket has a lock with the same pid, which stops the next start just as well.
            for lock in [dead.endpoint.socket_lock(), pid_file] {
                match fs::remove_file(&lock) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(EmbeddedError::folder(&lock)(error));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// In a process group of its own, so that Ctrl-C in our terminal does not reach it: it has to outlive us when
    /// others use it. No "die with the parent" either: the kernel means the parent's thread, and ours come and go.
    fn spawn(&self) -> Result<Pid, EmbeddedError> {
        let program = self.binaries.postgres();
        let mut command = self.account.command(&program);
        command.arg("-D").arg(self.folders.cluster());
        for setting in self.settings() {
            command.arg("-c").arg(setting);
        }
        let log = self.open_log()?;
        let second = log
            .try_clone()
            .map_err(EmbeddedError::folder(&self.folders.log()))?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(second)
            .spawn()
            .map_err(|source| EmbeddedError::Program {
                program: program.display().to_string(),
                source,
            })?;
        // From here on the pid is enough: `process::is_alive` reaps it.
        Ok(Pid::from_child(&child))
    }

    fn settings(&self) -> Vec<String> {
        let socket_folder = self
            .endpoint
            .socket_folder
            .to_string_lossy()
            .replace('"', "\"\"");
        let listen = if self.endpoint.tcp { "127.0.0.1" } else { "" };
        vec![
            format!("listen_addresses={listen}"),
            format!("port={}", self.endpoint.port),
            format!("unix_socket_directories=\"{socket_folder}\""),
            "unix_socket_permissions=0700".to_owned(),
            format!("max_connections={MAX_CONNECTIONS}"),
            "shared_buffers=128MB".to_owned(),
            // A new installation's first statements are planned from empty tables: known again soon, not after a minute.
            "autovacuum_naptime=15s".to_owned(),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            // R91: statements and the details of errors would carry what customers wrote into the log.
            "log_error_verbosity=terse".to_owned(),
            "log_min_error_statement=panic".to_owned(),
        ]
    }

    fn open_log(&self) -> Result<File, EmbeddedError> {
        let path = self.folders.log();
        if fs::metadata(&path).is_ok_and(|found| found.len() > LOG_LIMIT) {
            let old = path.with_extension("log.1");
            fs::rename(&path, old).map_err(EmbeddedError::folder(&path))?;
        }
        File::options()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(EmbeddedError::folder(&path))
    }

    fn not_started(&self) -> EmbeddedError {
        let log = self.folders.log();
        let text = fs::read(&log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut last: Vec<&str> = text.lines().rev().take(3).collect();
        last.reverse();
        EmbeddedError::NotStarted {
            last_words: last.join(" "),
            log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_servers_pid_file_says_where_it_is() {
        let found =
            Postmaster::parse("42\n/d/pg\n1763\n5433\n/d/run\n127.0.0.1\n  123 4\nready   \n")
                .unwrap();
        assert!(found.ready);
        assert_eq!(found.pid.as_raw_nonzero().get(), 42);
        assert_eq!(found.endpoint.socket_folder, Path::new("/d/run"));
        assert_eq!((found.endpoint.port, found.endpoint.tcp), (5433, true));
    }

    #[test]
    fn a_pid_file_that_is_still_being_written_is_not_ready() {
        assert!(!Postmaster::parse("42\n/d/pg\n1763\n5432\n").unwrap().ready);
        assert!(
            !Postmaster::parse("42\n/d/pg\n1\n5432\n/d/run\n\n 1 2\nstarting\n")
                .unwrap()
                .ready
        );
        assert!(Postmaster::parse("").is_none());
        assert!(Postmaster::parse("-7\n").is_none());
    }

    #[test]
    fn blanks_and_quotes_in_a_folder_survive_the_connection_string() {
        assert_eq!(quoted(Path::new(r"/a b/it's\x")), r"'/a b/it\'s\\x'");
    }
}
