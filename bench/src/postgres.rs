//! PostgreSQL without the program: started again on a cluster that the program has made, with the command line that the program had given
//! it (so with the same settings), for the limits and for filling.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::database::Database;
use crate::program::{Folder, Program};

const START_LIMIT: Duration = Duration::from_secs(60);
/// Filling leaves gigabytes to write at the end.
const STOP_LIMIT: Duration = Duration::from_secs(600);

/// How the program starts its PostgreSQL.
#[derive(Clone)]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    pub fn of(pid: u32) -> Result<Self> {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
        let words = line.split_terminator('\0').map(str::to_owned).collect();
        Ok(Self(words))
    }

    /// The program once started and stopped in this folder, which then holds a migrated cluster.
    pub async fn learn(binary: &Path, data: &Folder) -> Result<Self> {
        let program = Program::start(binary, data, "api", &[]).await?;
        let database = Database::connect(data.path()).await?;
        let line = Self::of(database.pid);
        drop(database);
        program.stop().await?;
        line
    }
}

/// A running PostgreSQL.
pub struct Postgres {
    child: Child,
}

impl Postgres {
    /// `extra` settings replace those of the program.
    pub async fn start(line: &CommandLine, data: &Folder, extra: &[&str]) -> Result<Self> {
        let cluster = data.path().join("pg");
        let owner = fs::metadata(&cluster)?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(data.path().join("bench-postgres.log"))?;
        let (program, arguments) = line
            .0
            .split_first()
            .ok_or("PostgreSQL has no command line")?;
        let mut command = Command::new(program);
        command.args(arguments);
        // The last one of a name counts.
        command.args(extra.iter().flat_map(|setting| ["-c", setting]));
        if fs::metadata("/proc/self")?.uid() != owner.uid() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command
            .current_dir(&cluster)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut postgres = Self { child };
        postgres.wait_until_ready(data).await?;
        Ok(postgres)
    }

    async fn wait_until_ready(&mut self, data: &Folder) -> Result<()> {
        let began = Instant::now();
        loop {
            if Database::connect(data.path())
                .await
                .is_ok_and(|database| database.pid == self.child.id())
            {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() || began.elapsed() > START_LIMIT {
                return Err("PostgreSQL does not start; bench-postgres.log says why".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The fast stop: everything is written and nothing lost.
    pub async fn stop(mut self) -> Result<()> {
        interrupt(&self.child)?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > STOP_LIMIT {
                return Err("PostgreSQL does not stop".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

fn interrupt(child: &Child) -> Result<()> {
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()?;
    Ok(())
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // After an error: what is stopped already is gone.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ended = interrupt(&self.child);
            let _reaped = self.child.wait();
        }
    }
}
