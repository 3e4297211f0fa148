//! The real program as an operator runs it: with arguments and variables, to its end or until it is told to stop.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use banglachat_tests::eventually;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::kill::child::program;

/// Far more than any command takes; a server that starts against expectation would run for ever.
const PATIENCE: Duration = Duration::from_secs(60);

pub type Environment = BTreeMap<String, String>;

/// A folder for one run of the program, removed with it: no `.env` of a developer is read, and nothing is left.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = uuid::Uuid::now_v7().simple();
        let path = std::env::temp_dir().join(format!("banglachat-run-{name}"));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

fn command(folder: &Path, arguments: &[&str], environment: &Environment) -> Command {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .env_clear()
        .env("DATA_DIR", folder)
        .envs(environment)
        .current_dir(folder)
        .kill_on_drop(true);
    command
}

/// How a run ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// What it printed, if it ended well.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The one line that says what is wrong. Logs may stand before it.
    #[track_caller]
    pub fn expect_failure(&self) -> &str {
        assert_eq!(self.code, Some(1), "{}\n{}", self.stdout, self.stderr);
        let line = self.stderr.lines().last().unwrap_or_default();
        line.strip_prefix("banglachat: ")
            .unwrap_or_else(|| panic!("no line of ours at the end: {}", self.stderr))
    }
}

/// Runs it to its end.
pub async fn run(arguments: &[&str], environment: &Environment, stdin: &str) -> Ended {
    let folder = Folder::new();
    let mut child = command(&folder.0, arguments, environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("its standard input");
    // It may end without reading.
    let _written = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let Output {
        status,
        stdout,
        stderr,
    } = tokio::time::timeout(PATIENCE, child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("{arguments:?} does not end"))
        .expect("its output");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        code: status.code(),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

/// `banglachat serve`, ready. Dropping it kills the process.
pub struct Serving {
    child: Child,
    folder: Folder,
}

impl Serving {
    /// Starts it and waits until it is ready at `url`.
    pub async fn start(environment: &Environment, url: &str) -> Self {
        let folder = Folder::new();
        let log = std::fs::File::create(folder.0.join("log")).expect("a log file");
        let child = command(&folder.0, &["serve"], environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .no_proxy()
            .build()
            .expect("an HTTP client");
        let ready = format!("{url}/health/ready");
        let serving = Self { child, folder };
        eventually("the program is ready", PATIENCE, async || {
            let answer = client.get(&ready).send().await;
            answer.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        serving
    }

    /// Asks it to stop, as an operator or a container does; how it ended, and its log.
    pub async fn stop(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(asked.expect("kill(1)").success());
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("it stops")
            .expect("its status");
        let log = std::fs::read_to_string(self.folder.0.join("log")).expect("its log");
        (status, log)
    }
}
