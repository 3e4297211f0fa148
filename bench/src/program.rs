//! The program under test: started in a data folder of its own, watched, stopped by its pid.

use std::fs::{self, OpenOptions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::Result;
use crate::load::Connection;

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// A data folder that goes when this does.
pub struct Folder(PathBuf);

impl Folder {
    /// In /var/tmp: a disk, not memory, and reachable for the user that PostgreSQL runs as when we are root.
    pub fn make(name: &str) -> Result<Self> {
        let path =
            Path::new("/var/tmp").join(format!("banglachat-bench-{}-{name}", std::process::id()));
        fs::create_dir_all(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("bench: {} is left behind: {error}", self.0.display());
        }
    }
}

/// Where nobody listens now.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A running server.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process until `/health/ready` answers 200.
    pub ready_after: Duration,
}

impl Program {
    /// Starts `serve` with the settings of a fresh installation, but for the address, the log's file and what is given.
    pub async fn start(
        binary: &Path,
        data: &Folder,
        role: &str,
        settings: &[(&str, String)],
    ) -> Result<Self> {
        let address = free_address()?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(data.path().join("server.log"))?;
        let began = Instant::now();
        let child = Command::new(binary)
            .args(["serve", "--role", role])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATA_DIR", data.path())
            .env("HTTP_ADDR", address.to_string())
            .env("LOG_FORMAT", "json")
            // What should be sent without being asked to would go nowhere.
            .env("GRAPH_BASE_URL", "http://127.0.0.1:9")
            .env("INSTAGRAM_GRAPH_BASE_URL", "http://127.0.0.1:9")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .current_dir(data.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut program = Self {
            child,
            address,
            ready_after: Duration::ZERO,
        };
        while !program.is_ready().await {
            if let Some(status) = program.child.try_wait()? {
                let log = fs::read_to_string(data.path().join("server.log")).unwrap_or_default();
                return Err(format!(
                    "the server ended at its start ({status}): {}",
                    log.lines().last().unwrap_or_default()
                )
                .into());
            }
            if began.elapsed() > START_LIMIT {
                return Err("the server is not ready after a minute".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        program.ready_after = began.elapsed();
        Ok(program)
    }

    async fn is_ready(&self) -> bool {
        let Ok(stream) = TcpStream::connect(self.address).await else {
            return false;
        };
        let request = b"GET /health/ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
        Connection::new(stream)
            .exchange(request)
            .await
            .is_ok_and(|status| status == 200)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, as a service manager does; its PostgreSQL goes with it.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > STOP_LIMIT {
                return Err("the server does not stop".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // After an error: what is stopped already is gone.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ended = Command::new("kill")
                .args(["-TERM", &self.child.id().to_string()])
                .status();
            let _reaped = self.child.wait();
        }
    }
}
