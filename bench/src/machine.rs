//! What the figures were taken on, and how much memory processes take.

use std::fs;
use std::process::Command;

/// The machine at a moment.
pub struct Machine {
    pub cores: usize,
    pub processor: String,
    pub memory_mib: u64,
    /// Over one, five and fifteen minutes.
    pub load: String,
    pub kernel: String,
    pub at: chrono::DateTime<chrono::Utc>,
}

impl Machine {
    pub fn now() -> Self {
        let cpu = read("/proc/cpuinfo");
        let processor = cpu
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .unwrap_or_default();
        let kib: u64 = field(&read("/proc/meminfo"), "MemTotal:").unwrap_or_default();
        Self {
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            processor: processor.trim_start_matches([' ', '\t', ':']).to_owned(),
            memory_mib: kib / 1024,
            load: read("/proc/loadavg")
                .split(' ')
                .take(3)
                .collect::<Vec<_>>()
                .join(" "),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            at: now(),
        }
    }
}

/// The server's code takes the time from its clock; here it is only a date to print and a number that differs.
pub fn now() -> chrono::DateTime<chrono::Utc> {
    std::time::SystemTime::now().into()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The number behind a name in a file of `/proc`.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// Resident memory of a process, in MiB.
pub fn resident_mib(pid: u32) -> f64 {
    field(&read(&format!("/proc/{pid}/status")), "VmRSS:").unwrap_or_default() as f64 / 1024.0
}

/// Memory of a process and its children, in MiB, what they share counted once (PSS).
pub fn family_mib(pid: u32) -> f64 {
    let kib: u64 = family(pid)
        .map(|pid| field(&read(&format!("/proc/{pid}/smaps_rollup")), "Pss:").unwrap_or_default())
        .sum();
    kib as f64 / 1024.0
}

/// Processor seconds that a process and its children have taken so far.
pub fn family_cpu_seconds(pid: u32) -> f64 {
    // In hundredths of a second on every Linux.
    let ticks: u64 = family(pid).map(|pid| ticks(pid, 4)).sum();
    ticks as f64 / 100.0
}

/// Processor seconds of a process alone.
pub fn own_cpu_seconds(pid: u32) -> f64 {
    let ticks: u64 = ticks(pid, 2);
    ticks as f64 / 100.0
}

/// Processor seconds that several processes have taken so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    pub server: f64,
    pub postgres: f64,
    pub simulator: f64,
    /// This process.
    pub generator: f64,
}

/// Whose processor time is counted.
#[derive(Clone, Copy, Default)]
pub struct Meter {
    pub server: u32,
    /// The postmaster; with its children.
    pub postgres: Option<u32>,
    pub simulator: Option<u32>,
}

impl Meter {
    pub fn read(self) -> Cpu {
        Cpu {
            server: own_cpu_seconds(self.server),
            postgres: self.postgres.map_or(0.0, family_cpu_seconds),
            simulator: self.simulator.map_or(0.0, own_cpu_seconds),
            generator: own_cpu_seconds(std::process::id()),
        }
    }

    /// What each of so many pieces of work has taken since, in milliseconds.
    pub fn each_ms(self, since: Cpu, pieces: usize) -> Cpu {
        let now = self.read();
        let each = |now: f64, then: f64| (now - then) * 1000.0 / pieces.max(1) as f64;
        Cpu {
            server: each(now.server, since.server),
            postgres: each(now.postgres, since.postgres),
            simulator: each(now.simulator, since.simulator),
            generator: each(now.generator, since.generator),
        }
    }
}

/// A process and its children.
pub fn family(pid: u32) -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(move |other| *other == pid || parent(*other) == Some(pid))
}

/// The fields of `/proc/…/stat` behind the command's name, which may hold blanks.
fn stat(pid: u32) -> Vec<String> {
    let text = read(&format!("/proc/{pid}/stat"));
    let fields = text
        .rsplit_once(')')
        .map(|(_, rest)| rest)
        .unwrap_or_default();
    fields.split_whitespace().map(str::to_owned).collect()
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid).get(1)?.parse().ok()
}

/// User and system time (2 fields), and those of children that ended (4).
fn ticks(pid: u32, fields: usize) -> u64 {
    let times = stat(pid).into_iter().skip(11).take(fields);
    times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// The first line that a program prints, for version numbers.
pub fn first_line(program: &std::path::Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let output = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    output.lines().next().unwrap_or_default().to_owned()
}
