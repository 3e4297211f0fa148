//! The data folder: where things lie in it, and its two locks.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::account::Account;

/// `sockaddr_un` holds 108 bytes with the closing NUL.
const SOCKET_PATH_LIMIT: usize = 107;
const SOCKET_NAME: &str = "/.s.PGSQL.65535";

/// The data folder, made and reachable. Paths are absolute and free of symbolic links, so that they can be compared
/// with what the kernel says about processes.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    root: PathBuf,
}

impl Folders {
    pub fn prepare(data_dir: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        // A lent user has to pass through, but need not list.
        let mode = if account.lent { 0o711 } else { 0o700 };
        if !data_dir.exists() {
            if let Some(parent) = data_dir.parent() {
                fs::create_dir_all(parent).map_err(EmbeddedError::folder(data_dir))?;
            }
            make_folder(data_dir, mode)?;
        }
        let root = fs::canonicalize(data_dir).map_err(EmbeddedError::folder(data_dir))?;
        account.check_can_walk_to(&root)?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn cluster(&self) -> PathBuf {
        self.root.join("pg")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    pub fn owner_password(&self) -> PathBuf {
        self.root.join("owner.password")
    }

    pub fn app_password(&self) -> PathBuf {
        self.root.join("app.password")
    }

    /// Waits until nobody else starts or stops the server. Held as long as the file is kept.
    pub fn lock_start(&self) -> Result<File, EmbeddedError> {
        let (file, path) = self.open_lock("start.lock")?;
        file.lock().map_err(EmbeddedError::folder(&path))?;
        Ok(file)
    }

    /// Call under `start.lock` only.
    pub fn join_users(&self) -> Result<File, EmbeddedError> {
        let (file, path) = self.open_lock("users.lock")?;
        file.lock_shared().map_err(EmbeddedError::folder(&path))?;
        Ok(file)
    }

    /// Gives up our share and says whether anybody else has one. Call under `start.lock` only: nobody can join in
    /// between then.
    pub fn is_last_user(&self, ours: File) -> Result<bool, EmbeddedError> {
        let path = self.root.join("users.lock");
        ours.unlock().map_err(EmbeddedError::folder(&path))?;
        match ours.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(source)) => Err(EmbeddedError::Folder { path, source }),
        }
    }

    fn open_lock(&self, name: &str) -> Result<(File, PathBuf), EmbeddedError> {
        let path = self.root.join(name);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(EmbeddedError::folder(&path))?;
        Ok((file, path))
    }

    /// A 0700 folder of the server's user for the socket. Where the data folder's path will not do for a socket, a
    /// short one that every process computes alike: a restart must not move the socket under a living pool.
    pub fn socket_folder(&self, account: &Account) -> Result<PathBuf, EmbeddedError> {
        let inside = self.root.join("run");
        let folder = if can_hold_a_socket(&inside) {
            inside
        } else {
            let base = if account.lent { "/run" } else { "/tmp" };
            PathBuf::from(base).join(format!(
                "banglachat-{}-{:016x}",
                account.uid,
                fingerprint(&self.root)
            ))
        };
        if !folder.exists() {
            make_folder(&folder, 0o700)?;
            account.take_ownership(&folder)?;
        }
        // In /tmp anybody could have made it first.
        let found = fs::symlink_metadata(&folder).map_err(EmbeddedError::folder(&folder))?;
        if !found.is_dir() || found.uid() != account.uid || found.mode() & 0o077 != 0 {
            return Err(EmbeddedError::ForeignSocketFolder(folder));
        }
        Ok(folder)
    }

    /// Makes the renames and new files in the data folder itself survive a power cut.
    pub fn sync(&self) -> Result<(), EmbeddedError> {
        File::open(&self.root)
            .and_then(|folder| folder.sync_all())
            .map_err(EmbeddedError::folder(&self.root))
    }
}

pub(super) fn make_folder(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    let made = DirBuilder::new().mode(mode).create(path);
    match made {
        // Two processes of ours may make the data folder at the same moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // The umask may have taken bits away that the server's user needs.
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .map_err(EmbeddedError::folder(path)),
        Err(source) => Err(EmbeddedError::Folder {
            path: path.to_path_buf(),
            source,
        }),
    }
}

pub(super) fn data_dir_for(
    root: bool,
    data_home: Option<PathBuf>,
    home: Option<PathBuf>,
) -> PathBuf {
    if root {
        return PathBuf::from("/var/lib/banglachat");
    }
    // The XDG rules say that a relative path is to be ignored.
    let data_home = data_home.filter(|folder| folder.is_absolute());
    match data_home.or_else(|| Some(home?.join(".local/share"))) {
        Some(folder) => folder.join("banglachat"),
        None => PathBuf::from("banglachat-data"),
    }
}

/// The path must be short, and, as it is put into connection strings, be text without commas: those part several hosts.
fn can_hold_a_socket(folder: &Path) -> bool {
    let short = folder.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_LIMIT;
    short && folder.to_str().is_some_and(|text| !text.contains(','))
}

/// FNV-1a: unlike the standard library's hash it is the same in every release.
fn fingerprint(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_keeps_its_data_where_another_user_can_walk_to() {
        let home = Some(PathBuf::from("/home/a"));
        assert_eq!(
            data_dir_for(true, None, home.clone()),
            Path::new("/var/lib/banglachat")
        );
        assert_eq!(
            data_dir_for(false, None, home.clone()),
            Path::new("/home/a/.local/share/banglachat")
        );
        assert_eq!(
            data_dir_for(false, Some("/data".into()), home.clone()),
            Path::new("/data/banglachat")
        );
        assert_eq!(
            data_dir_for(false, Some("data".into()), home),
            Path::new("/home/a/.local/share/banglachat")
        );
    }

    #[test]
    fn a_socket_path_may_have_107_bytes_and_no_more() {
        let room = SOCKET_PATH_LIMIT - SOCKET_NAME.len();
        assert!(can_hold_a_socket(Path::new(&"x".repeat(room))));
        assert!(!can_hold_a_socket(Path::new(&"x".repeat(room + 1))));
    }
}
