//! This same program in another process, as a server to be measured or talked to: processor time is counted by process.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::Result;
use crate::program::free_address;

const START_LIMIT: Duration = Duration::from_secs(20);

pub struct Helper {
    child: Child,
    pub address: SocketAddr,
}

impl Helper {
    /// Runs a subcommand that takes `--address`, and waits until it listens there.
    pub async fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self> {
        Self::start_at(free_address()?, arguments, environment).await
    }

    pub async fn start_at(
        address: SocketAddr,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .args(["--address", &address.to_string()])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .spawn()?;
        let mut helper = Self { child, address };
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if helper.child.try_wait()?.is_some() || began.elapsed() > START_LIMIT {
                return Err(format!("{} does not start", arguments.join(" ")).into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(helper)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // It keeps nothing that a kill could harm; an error means that it is gone already.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}
