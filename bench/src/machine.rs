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
    let ticks: u64 = family(pid).map(cpu_ticks).sum();
    ticks as f64 / 100.0
}

fn family(pid: u32) -> impl Iterator<Item = u32> {
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

/// User and system time, with those of children that ended.
fn cpu_ticks(pid: u32) -> u64 {
    stat(pid)
        .iter()
        .skip(11)
        .take(4)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum()
}

/// The first line that a program prints, for version numbers.
pub fn first_line(program: &std::path::Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let output = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    output.lines().next().unwrap_or_default().to_owned()
}
