//! What the kernel knows about processes, read from `/proc`.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, WaitOptions, waitpid};

/// Whether `pid` is a living `postgres` that works in `cluster`: a bare number from a file proves nothing, as pids
/// are used again.
pub(super) fn serves(pid: Pid, cluster: &Path) -> bool {
    is_postgres(pid) && is_alive(pid) && works_in(pid, cluster)
}

/// Takes note of a dead child first: unreaped it stays a zombie whose pid "lives", and PostgreSQL would refuse to
/// start again.
pub(super) fn is_alive(pid: Pid) -> bool {
    reap(pid);
    state(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

pub(super) fn is_zombie(pid: Pid) -> bool {
    reap(pid);
    is_postgres(pid) && state(pid) == Some('Z')
}

/// Whether some process still has `cluster` as its working folder, as every process of its server has. One that we
/// may not look into counts: the question is asked before something is removed.
pub(super) fn anybody_works_in(cluster: &Path) -> bool {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .filter(|pid| is_postgres(*pid) && is_alive(*pid))
        .any(|pid| match fs::read_link(format!("/proc/{pid}/cwd")) {
            Ok(folder) => folder == cluster,
            Err(_) => is_alive(pid),
        })
}

fn works_in(pid: Pid, cluster: &Path) -> bool {
    if let Ok(folder) = fs::read_link(format!("/proc/{pid}/cwd")) {
        return folder == cluster;
    }
    // Root without CAP_SYS_PTRACE, as in most containers, may not read another user's working folder. The command
    // line is open to everybody, and ours names the folder.
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0)
        .any(|argument| argument == cluster.as_os_str().as_encoded_bytes())
}

fn is_postgres(pid: Pid) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "postgres")
}

/// Only a `postgres`: any other child belongs to whoever spawned it. Does nothing when it is not our child.
fn reap(pid: Pid) {
    if is_postgres(pid) {
        let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    }
}

/// The letter after the closing bracket of the name, which may itself hold brackets.
fn state(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
