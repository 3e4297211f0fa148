//! Making the cluster, once. `initdb` works in a folder with a name of its own that is renamed at the end, so
//! a kill in the middle leaves rubbish to sweep and never half a database.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::account::Account;
use super::binaries::Binaries;
use super::folders::{Folders, make_folder};
use super::{DATABASE, EmbeddedError, OWNER_ROLE};

const HALF_MADE: &str = "pg.new";
/// Each of its steps begins with a word to its parent and takes a second or two, a few on a slow disk.
const ORPHAN_ENDS_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct Passwords {
    pub owner: SecretString,
    pub app: SecretString,
}

/// Call under `start.lock` only.
pub(super) fn ensure(
    folders: &Folders,
    binaries: &Binaries,
    account: &Account,
) -> Result<Passwords, EmbeddedError> {
    sweep(folders)?;
    let owner_file = folders.owner_password();
    let owner = if folders.cluster().exists() {
        read_password(&owner_file)?.ok_or(EmbeddedError::PasswordLost(owner_file))?
    } else {
        let owner = password_in(&owner_file)?;
        // initdb reads it as the server's user.
        account.take_ownership(&owner_file)?;
        create(folders, binaries, account)?;
        owner
    };
    Ok(Passwords {
        owner,
        app: password_in(&folders.app_password())?,
    })
}

/// A folder that cannot be emptied is left to the next start: its name is nobody else's, so it costs only its space.
fn sweep(folders: &Folders) -> Result<(), EmbeddedError> {
    let root = folders.root();
    for entry in fs::read_dir(root).map_err(EmbeddedError::folder(root))? {
        let path = entry.map_err(EmbeddedError::folder(root))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(HALF_MADE) {
            tracing::warn!("an unfinished database folder from a killed start is removed");
            if let Err(error) = remove_half_made(&path) {
                tracing::warn!(folder = %path.display(), %error, "the unfinished database folder stays until the next start");
            }
        }
    }
    Ok(())
}

/// An `initdb` that outlived its killed parent goes on writing here until it notices: its next word to that parent ends it.
fn remove_half_made(path: &Path) -> io::Result<()> {
    let deadline = Instant::now() + ORPHAN_ENDS_WITHIN;
    loop {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(_) if Instant::now() < deadline => thread::sleep(Duration::from_millis(50)),
            end => return end,
        }
    }
}

fn create(folders: &Folders, binaries: &Binaries, account: &Account) -> Result<(), EmbeddedError> {
    tracing::info!(folder = %folders.root().display(), "making a new PostgreSQL database");
    // A fresh name each time: an initdb that outlived its killed parent must not write into ours.
    let half_made = folders
        .root()
        .join(format!("{HALF_MADE}-{}", uuid::Uuid::now_v7().simple()));
    make_folder(&half_made, 0o700)?;
    account.take_ownership(&half_made)?;

    let mut initdb = account.command(&binaries.initdb());
    initdb
        .arg("-D")
        .arg(&half_made)
        .args([
            "-U",
            OWNER_ROLE,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ])
        .arg("--pwfile")
        .arg(folders.owner_password());
    run(initdb, "")?;

    // Without a server there is no connection to send this through: a single backend reads it from its input.
    let mut single = account.command(&binaries.postgres());
    single
        .arg("--single")
        .arg("-D")
        .arg(&half_made)
        .arg("postgres");
    run(
        single,
        &format!("CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}\n"),
    )?;
    if !has_database(&half_made) {
        return Err(EmbeddedError::InitFailed(format!(
            "the database {DATABASE} was not created"
        )));
    }

    let cluster = folders.cluster();
    fs::rename(&half_made, &cluster).map_err(EmbeddedError::folder(&cluster))?;
    folders.sync()
}

/// A single backend ends with 0 even when the statement failed, so look: a fresh cluster has three databases
/// (`template1`, `template0`, `postgres`), one folder each.
fn has_database(cluster: &Path) -> bool {
    fs::read_dir(cluster.join("base")).is_ok_and(|found| found.flatten().count() > 3)
}

fn run(mut command: Command, input: &str) -> Result<(), EmbeddedError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| EmbeddedError::Program { program, source };
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let output = child.and_then(|mut child| {
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ended early says why below; the broken pipe would only hide it.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words: Vec<&str> = words
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    Err(EmbeddedError::InitFailed(words.join(" ")))
}

/// The password in `path`, or a new one written there.
fn password_in(path: &Path) -> Result<SecretString, EmbeddedError> {
    if let Some(found) = read_password(path)? {
        return Ok(found);
    }
    let mut bytes = [0_u8; 24];
    let written = File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .and_then(|()| {
            let password: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut file = File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(path)?;
            file.write_all(password.as_bytes())?;
            file.sync_all()?;
            Ok(password)
        });
    written
        .map(SecretString::from)
        .map_err(EmbeddedError::folder(path))
}

/// `None` when there is no file, or only an empty one from a start that was killed while writing it.
fn read_password(path: &Path) -> Result<Option<SecretString>, EmbeddedError> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(SecretString::from(text.trim()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::folder(path)(error)),
    }
}
