//! The real program as a child process: started, killed by its pid, started again.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `banglachat serve` with a log file. Dropping it kills the process.
pub struct Server {
    environment: BTreeMap<String, String>,
    folder: PathBuf,
    child: Option<Child>,
}

/// Beside the test binary: `target/debug/deps/it-…` belongs to `target/debug/banglachat`.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let program = test
        .parent()
        .and_then(Path::parent)
        .expect("a target folder")
        .join("banglachat");
    assert!(
        program.exists(),
        "{} is missing: run `cargo build --workspace` first (`make test` does)",
        program.display()
    );
    program
}

impl Server {
    pub fn new(environment: BTreeMap<String, String>) -> Self {
        let folder = std::env::temp_dir().join(format!(
            "banglachat-kill-{}-{}",
            std::process::id(),
            uuid::Uuid::now_v7().simple()
        ));
        std::fs::create_dir(&folder).expect("a folder for the log");
        Self {
            environment,
            folder,
            child: None,
        }
    }

    /// Starts the program; does not wait until it serves.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = || {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(self.log_file())
                .expect("the log file")
        };
        // In its own folder, so that no `.env` of a developer is read; and with nothing of this process's environment.
        let child = Command::new(program())
            .args(["serve"])
            .env_clear()
            .env("LOG", "info,banglachat=info")
            .envs(&self.environment)
            .env("DATA_DIR", &self.folder)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn();
        self.child = Some(child.expect("the program starts"));
    }

    /// SIGKILL, to this child only.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let ended = child.try_wait().expect("the child's state");
        assert!(
            ended.is_none(),
            "the server ended by itself ({ended:?}):\n{}",
            self.log_tail()
        );
        child.kill().expect("SIGKILL");
        child.wait().expect("the killed child");
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The last lines of the log.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.log_file()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// All that it wrote so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// How many lines of the log contain this.
    pub fn log_count(&self, text: &str) -> usize {
        let log = std::fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(&log)
            .lines()
            .filter(|line| line.contains(text))
            .count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the server's log: {}", self.log_file().display());
        } else {
            let _removed = std::fs::remove_dir_all(&self.folder);
        }
    }
}
