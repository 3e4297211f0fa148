//! The real program as a child process: started, signalled by its pid, started again; its log is kept over all its lives.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::time::sleep;

use super::postgres::signal;
use crate::Result;

/// R22 gives 25 s; the rest is for a slow machine.
const STOP_LIMIT: Duration = Duration::from_secs(28);

/// `banglachat serve --role ...`. Dropping it kills the process.
pub struct Server {
    pub role: &'static str,
    program: PathBuf,
    environment: BTreeMap<String, String>,
    folder: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// Its log and whatever it writes goes into `folder`.
    pub fn new(
        program: &Path,
        role: &'static str,
        environment: BTreeMap<String, String>,
        folder: PathBuf,
    ) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self {
            role,
            program: program.to_owned(),
            environment,
            folder,
            child: None,
        })
    }

    /// For its next life.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.environment.insert(name.to_owned(), value.to_string());
    }

    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// Starts the program; does not wait until it serves.
    pub fn start(&mut self) -> Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        // In its own folder, so that no `.env` of a developer is read; and with nothing of this process's environment.
        let child = Command::new(&self.program)
            .args(["serve", "--role", self.role])
            .env_clear()
            .envs(&self.environment)
            .env("DATA_DIR", &self.folder)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    pub fn signal(&self, what: Signal) {
        if let Some(child) = &self.child {
            signal(child.id(), what);
        }
    }

    /// How it ended by itself; none while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let ended = self.child.as_mut()?.try_wait().ok()??;
        self.child = None;
        Some(ended)
    }

    /// SIGKILL. An error where it had ended by itself, which it never may.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(ended) = self.ended() {
            return Err(
                format!("the server ended by itself ({ended}):\n{}", self.log_tail()).into(),
            );
        }
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// SIGTERM, and how long it took to end with 0; an error where it did not (R22).
    pub async fn stop(&mut self) -> Result<Duration> {
        self.signal(Signal::TERM);
        let began = Instant::now();
        while began.elapsed() < STOP_LIMIT {
            match self.ended() {
                Some(ended) if ended.success() => return Ok(began.elapsed()),
                Some(ended) => return Err(format!("stopped with {ended}").into()),
                None => sleep(Duration::from_millis(10)).await,
            }
        }
        self.kill()?;
        Err(format!("still there {STOP_LIMIT:?} after SIGTERM").into())
    }

    /// Whether it answers `/health/ready` with 200; one that takes no requests counts as ready.
    pub async fn is_ready(&self, client: &reqwest::Client) -> bool {
        let Some(address) = self.environment.get("HTTP_ADDR") else {
            return true;
        };
        let answer = client.get(format!("http://{address}/health/ready")).send();
        answer.await.is_ok_and(|answer| answer.status() == 200)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// All that it wrote so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A stopped one too; gone already: nothing to end.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}
