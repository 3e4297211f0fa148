//! With the real `initdb` and `postgres`, each test in a data folder of its own. Questions are put with `psql`, so
//! that nothing of ours judges itself.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal as KillSignal, kill_process};
use secrecy::{ExposeSecret, SecretString};

use super::*;

/// Names the data folder to a copy of this test program: see [`second_process`].
const CHILD_DATA_DIR: &str = "EMBEDDED_TEST_DATA_DIR";

/// A folder under `/var/tmp`, where any user may walk to; removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let folder = PathBuf::from(format!("/var/tmp/bcp-{}", uuid::Uuid::now_v7().simple()));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn settings(&self) -> EmbeddedSettings {
        EmbeddedSettings {
            data_dir: self.0.join("data"),
            bin_dir: None,
            port: None,
        }
    }

    fn start(&self) -> EmbeddedPostgres {
        EmbeddedPostgres::start(&self.settings()).unwrap()
    }

    fn pid_file(&self) -> PathBuf {
        self.0.join("data/pg/postmaster.pid")
    }

    fn postmaster(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.pid_file()).ok()?;
        Pid::from_raw(text.lines().next()?.parse().ok()?)
    }

    /// The server's pid, if it lives and works in our folder.
    fn living(&self) -> Option<Pid> {
        self.postmaster()
            .filter(|pid| process::serves(*pid, &self.0.join("data/pg")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Tests that kill programs may fail half way: leave no server behind.
        if let Some(pid) = self.living() {
            let _ = kill_process(pid, KillSignal::QUIT);
            wait_until("the left-over server ends", || !process::is_alive(pid));
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn ask(url: &SecretString, sql: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .arg(url.expose_secret())
        .args(["-XAtqc", sql])
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn answers(url: &SecretString) -> bool {
    ask(url, "select 1").is_ok()
}

/// This test program again, running only [`second_process`] on the same data folder.
struct SecondProcess(Child);

impl SecondProcess {
    fn spawn(scratch: &Scratch) -> Self {
        let name = format!(
            "{}::second_process",
            module_path!().split_once("::").unwrap().1
        );
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", &name])
            .env(CHILD_DATA_DIR, scratch.0.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for SecondProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test by itself: what [`SecondProcess`] runs. It uses the server until it is killed.
#[test]
fn second_process() {
    let Some(data_dir) = env::var_os(CHILD_DATA_DIR) else {
        return;
    };
    let _database = EmbeddedPostgres::start(&EmbeddedSettings {
        data_dir: data_dir.into(),
        bin_dir: None,
        port: None,
    })
    .unwrap();
    std::thread::sleep(Duration::from_secs(300));
}

#[test]
fn a_fresh_folder_becomes_a_database_that_answers_and_keeps_what_it_was_told() {
    let scratch = Scratch::new();
    let database = scratch.start();
    let url = database.owner_url().clone();
    ask(
        &url,
        "create table kept(text text); insert into kept values ('ক')",
    )
    .unwrap();
    assert_eq!(
        ask(&url, "select current_user, current_database(), pg_encoding_to_char(encoding), datcollate from pg_database where datname = current_database()").unwrap(),
        "banglachat_owner|banglachat|UTF8|C.UTF-8"
    );
    assert_eq!(
        ask(&url, "show listen_addresses").unwrap(),
        "",
        "no port is open"
    );
    assert_eq!(ask(&url, "show fsync").unwrap(), "on");
    database.stop().unwrap();

    let database = scratch.start();
    assert_eq!(database.owner_url().expose_secret(), url.expose_secret());
    assert_eq!(ask(&url, "select text from kept").unwrap(), "ক");
    database.stop().unwrap();
}

#[test]
fn passwords_are_asked_for_and_kept_where_only_their_user_reads_them() {
    let scratch = Scratch::new();
    let database = scratch.start();
    let wrong = SecretString::from(
        database
            .owner_url()
            .expose_secret()
            .replace("password=", "password=x"),
    );
    assert!(
        ask(&wrong, "select 1")
            .unwrap_err()
            .contains("password authentication failed")
    );
    for name in ["owner.password", "app.password"] {
        let mode = fs::metadata(scratch.0.join("data").join(name))
            .unwrap()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let app = database.app_url().expose_secret();
    assert!(app.contains("user=banglachat ") && app.contains("dbname=banglachat"));
    assert_ne!(
        app.split("password=").nth(1),
        database
            .owner_url()
            .expose_secret()
            .split("password=")
            .nth(1)
    );
    database.stop().unwrap();
}

#[test]
fn a_second_start_attaches_and_the_last_one_out_stops_the_server() {
    let scratch = Scratch::new();
    let first = scratch.start();
    let pid = scratch.living().unwrap();
    let second = scratch.start();
    assert_eq!(scratch.living(), Some(pid));

    let url = second.owner_url().clone();
    first.stop().unwrap();
    assert_eq!(
        scratch.living(),
        Some(pid),
        "the starter's exit must not take the database away"
    );
    assert!(answers(&url));

    second.stop().unwrap();
    assert_eq!(scratch.living(), None);
    assert!(!scratch.pid_file().exists(), "it was stopped in order");
}

#[test]
fn starts_at_the_same_moment_give_one_server() {
    let scratch = Scratch::new();
    let databases: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| scratch.start())).collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let pid = scratch.living();
    for database in databases {
        assert!(answers(database.owner_url()));
        assert_eq!(scratch.living(), pid);
        drop(database);
    }
    assert_eq!(scratch.living(), None);
}

#[test]
fn a_killed_server_is_brought_back_with_every_committed_row() {
    let scratch = Scratch::new();
    let database = scratch.start();
    let url = database.owner_url();
    ask(url, "create table kept(n int); insert into kept values (7)").unwrap();
    // Twice: the second time the pid file is one that the watcher's own server wrote.
    for _ in 0..2 {
        let killed = scratch.living().unwrap();
        kill_process(killed, KillSignal::KILL).unwrap();
        wait_until("the watcher starts the server again", || {
            scratch.living().is_some_and(|pid| pid != killed) && answers(url)
        });
        assert_eq!(ask(url, "select n from kept").unwrap(), "7");
    }
    database.stop().unwrap();
    assert_eq!(scratch.living(), None);
}

#[test]
fn a_process_that_only_attached_brings_the_server_back_too() {
    let scratch = Scratch::new();
    let mut starter = SecondProcess::spawn(&scratch);
    wait_until("the other process starts the server", || {
        scratch.living().is_some()
    });
    let attached = scratch.start();
    starter.kill();
    assert!(
        answers(attached.owner_url()),
        "the server outlives its starter"
    );

    let killed = scratch.living().unwrap();
    kill_process(killed, KillSignal::KILL).unwrap();
    wait_until("the attached process starts the server again", || {
        scratch.living().is_some_and(|pid| pid != killed) && answers(attached.owner_url())
    });
    attached.stop().unwrap();
    assert_eq!(
        scratch.living(),
        None,
        "a killed process does not count as a user"
    );
}

#[test]
fn after_both_processes_were_killed_the_next_start_recovers() {
    let scratch = Scratch::new();
    let mut starter = SecondProcess::spawn(&scratch);
    wait_until("the other process starts the server", || {
        scratch.living().is_some()
    });
    let attached = scratch.start();
    ask(
        attached.owner_url(),
        "create table kept(n int); insert into kept values (7)",
    )
    .unwrap();
    // Stopping leaves the server to the other process, which then dies together with it.
    attached.stop().unwrap();
    let server = scratch.living().unwrap();
    starter.kill();
    kill_process(server, KillSignal::KILL).unwrap();

    let database = scratch.start();
    assert_eq!(
        ask(database.owner_url(), "select n from kept").unwrap(),
        "7"
    );
    database.stop().unwrap();
}

/// A frozen parent stands for a container's first process that never reaps: the killed server stays a zombie, whose
/// pid PostgreSQL takes for a living one.
#[test]
fn a_killed_server_that_nobody_reaps_does_not_block_the_next_start() {
    let scratch = Scratch::new();
    let mut starter = SecondProcess::spawn(&scratch);
    // Ready, not just begun: the second process must not hold start.lock when it is frozen.
    wait_until("the other process starts the server", || {
        fs::read_to_string(scratch.pid_file()).is_ok_and(|text| text.contains("ready"))
    });
    scratch.start().stop().unwrap();
    let server = scratch.living().unwrap();
    kill_process(starter.pid(), KillSignal::STOP).unwrap();
    kill_process(server, KillSignal::KILL).unwrap();
    wait_until("the server is a zombie", || process::is_zombie(server));

    let database = scratch.start();
    assert!(answers(database.owner_url()));
    assert!(
        process::is_zombie(server),
        "it was reaped: this showed nothing"
    );
    starter.kill();
    database.stop().unwrap();
    assert_eq!(scratch.living(), None);
}

#[test]
fn a_half_made_database_is_swept_and_made_again() {
    let scratch = Scratch::new();
    let left_over = scratch.0.join("data/pg.new-killed/base");
    fs::create_dir_all(&left_over).unwrap();
    fs::set_permissions(scratch.0.join("data"), fs::Permissions::from_mode(0o711)).unwrap();
    let database = scratch.start();
    assert!(answers(database.owner_url()));
    assert!(!left_over.exists());
    database.stop().unwrap();
}

#[test]
fn a_start_killed_during_initdb_leaves_nothing_that_disturbs_the_next_one() {
    let scratch = Scratch::new();
    let mut killed = SecondProcess::spawn(&scratch);
    let half_made = || {
        fs::read_dir(scratch.0.join("data")).is_ok_and(|found| {
            found
                .flatten()
                .any(|entry| entry.file_name().to_string_lossy().starts_with("pg.new"))
        })
    };
    wait_until("initdb begins", half_made);
    killed.kill();
    assert!(
        !scratch.0.join("data/pg").exists(),
        "killed too late to show anything"
    );

    let database = scratch.start();
    assert!(answers(database.owner_url()));
    assert!(!half_made());
    database.stop().unwrap();
}

#[test]
fn a_data_folder_too_long_for_a_socket_gets_a_short_socket_folder() {
    let scratch = Scratch::new();
    let deep = scratch.0.join("d".repeat(60)).join("it's deep");
    fs::create_dir_all(&deep).unwrap();
    for folder in [deep.parent().unwrap(), &deep] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let settings = EmbeddedSettings {
        data_dir: deep.join("data"),
        ..scratch.settings()
    };
    let database = EmbeddedPostgres::start(&settings).unwrap();
    assert!(answers(database.owner_url()));
    let folder = database.server.endpoint.socket_folder.clone();
    assert!(!folder.starts_with(&deep));
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    database.stop().unwrap();
    fs::remove_dir(folder).unwrap();
}

#[test]
fn a_folder_with_a_blank_and_a_quote_works() {
    let scratch = Scratch::new();
    let settings = EmbeddedSettings {
        data_dir: scratch.0.join("রহিমের shop's \"data\""),
        ..scratch.settings()
    };
    let database = EmbeddedPostgres::start(&settings).unwrap();
    assert_eq!(ask(database.owner_url(), "select 1").unwrap(), "1");
    assert!(
        database
            .server
            .endpoint
            .socket_folder
            .starts_with(&settings.data_dir)
    );
    database.stop().unwrap();
}

#[test]
fn a_port_is_opened_only_on_request() {
    let scratch = Scratch::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let settings = EmbeddedSettings {
        port: Some(port),
        ..scratch.settings()
    };
    let database = EmbeddedPostgres::start(&settings).unwrap();
    let by_port = database.owner_url().expose_secret().replace(
        &scratch.0.join("data/run").display().to_string(),
        "127.0.0.1",
    );
    assert!(answers(&SecretString::from(by_port)));
    // Whoever attaches goes by what runs, not by its own settings.
    let attached = scratch.start();
    assert!(answers(attached.owner_url()));
    attached.stop().unwrap();
    database.stop().unwrap();
}

#[test]
fn missing_programs_give_one_line_of_advice() {
    let scratch = Scratch::new();
    let settings = EmbeddedSettings {
        bin_dir: Some(scratch.0.join("nothing-here")),
        ..scratch.settings()
    };
    let message = message_of(EmbeddedPostgres::start(&settings));
    assert!(
        message.contains("apt-get install postgresql") && message.contains("nothing-here"),
        "{message}"
    );
    assert!(!message.contains('\n'));
}

#[test]
fn data_of_another_major_is_refused_with_both_numbers() {
    let scratch = Scratch::new();
    scratch.start().stop().unwrap();
    fs::write(scratch.0.join("data/pg/PG_VERSION"), "9\n").unwrap();
    let message = message_of(EmbeddedPostgres::start(&scratch.settings()));
    assert!(
        message.contains("made by PostgreSQL 9,") && message.contains("EMBEDDED_POSTGRES_BIN"),
        "{message}"
    );
}

#[test]
fn a_lost_password_file_is_named() {
    let scratch = Scratch::new();
    scratch.start().stop().unwrap();
    fs::remove_file(scratch.0.join("data/owner.password")).unwrap();
    let message = message_of(EmbeddedPostgres::start(&scratch.settings()));
    assert!(message.contains("owner.password is missing"), "{message}");
}

#[test]
fn a_server_that_cannot_start_says_its_last_words() {
    let scratch = Scratch::new();
    scratch.start().stop().unwrap();
    let conf = scratch.0.join("data/pg/postgresql.conf");
    let text = fs::read_to_string(&conf).unwrap();
    fs::write(&conf, text + "\nno_such_setting = 1\n").unwrap();
    let message = message_of(EmbeddedPostgres::start(&scratch.settings()));
    assert!(
        message.contains("no_such_setting") && message.contains("postgres.log"),
        "{message}"
    );
}

/// Only root lends the server another user; for everyone else the folder is its own.
#[test]
fn root_is_told_which_folder_blocks_the_servers_user() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let scratch = Scratch::new();
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o700)).unwrap();
    let message = message_of(EmbeddedPostgres::start(&scratch.settings()));
    assert!(
        message.contains(&blocked(&scratch.0)) && message.contains("/var/lib"),
        "{message}"
    );
}

fn blocked(folder: &Path) -> String {
    format!("cannot walk through {} ", folder.display())
}

fn message_of(result: Result<EmbeddedPostgres, EmbeddedError>) -> String {
    match result {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}
