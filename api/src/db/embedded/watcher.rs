//! The thread that brings a dead server back. Every process that uses the server has one, whether it started the
//! server or attached to it: the starter may be gone by the time the server dies.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::EmbeddedError;
use super::server::{Postmaster, Server};

const LOOK_EVERY: Duration = Duration::from_millis(250);
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A server that lived this long is taken to be healthy, and the next restart is quick again.
const STEADY: Duration = Duration::from_secs(60);

/// A request to stop that a sleeping thread hears at once.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Sleeps for `time` at most; true as soon as the signal is raised.
    pub fn wait(&self, time: Duration) -> bool {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let (raised, _) = self
            .changed
            .wait_timeout_while(raised, time, |raised| !*raised)
            .unwrap_or_else(PoisonError::into_inner);
        *raised
    }
}

#[derive(Debug)]
pub(super) struct Watcher {
    stop: Arc<Signal>,
    thread: JoinHandle<()>,
}

impl Watcher {
    pub fn spawn(server: Arc<Server>, pid: Pid) -> Result<Self, EmbeddedError> {
        let stop = Arc::new(Signal::default());
        let heard = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("embedded-postgres".to_owned())
            .spawn(move || watch(&server, pid, &heard))
            .map_err(|source| EmbeddedError::Program {
                program: "the watcher thread".to_owned(),
                source,
            })?;
        Ok(Self { stop, thread })
    }

    /// Waits for the thread to end.
    pub fn stop(self) {
        self.stop.raise();
        if self.thread.join().is_err() {
            tracing::error!("the thread that watches the embedded PostgreSQL had panicked");
        }
    }
}

fn watch(server: &Server, mut pid: Pid, stop: &Signal) {
    let mut wait = FIRST_WAIT;
    let mut since = Instant::now();
    while !stop.wait(LOOK_EVERY) {
        if server.is_serving(pid) {
            if since.elapsed() > STEADY {
                wait = FIRST_WAIT;
            }
            continue;
        }
        tracing::warn!(
            wait_ms = wait.as_millis(),
            "the embedded PostgreSQL is gone: starting it again"
        );
        if stop.wait(wait) {
            return;
        }
        wait = (wait * 2).min(LONGEST_WAIT);
        match bring_back(server, stop) {
            Ok(found) => {
                pid = found.pid;
                since = Instant::now();
                tracing::info!("the embedded PostgreSQL is back");
            }
            Err(EmbeddedError::Cancelled) => return,
            Err(error) => {
                tracing::error!(%error, "the embedded PostgreSQL could not be started again")
            }
        }
    }
}

/// Another process's watcher may have been quicker: then this attaches.
fn bring_back(server: &Server, stop: &Signal) -> Result<Postmaster, EmbeddedError> {
    let _starting = server.folders.lock_start()?;
    server.ensure_running(stop)
}
