//! Which user runs PostgreSQL. It refuses to run as root, so root lends it another user.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::EmbeddedError;

/// The user of `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Whether it is another user than ourselves, so that files have to be given to it.
    pub lent: bool,
}

impl Account {
    pub fn for_the_server() -> Result<Self, EmbeddedError> {
        let uid = rustix::process::geteuid();
        if !uid.is_root() {
            return Ok(Self {
                name: format!("uid {}", uid.as_raw()),
                uid: uid.as_raw(),
                gid: rustix::process::getegid().as_raw(),
                lent: false,
            });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        // initdb asks for the user's name, so a bare number would not do.
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Self::in_passwd(&passwd, name))
            .ok_or(EmbeddedError::NoAccount)
    }

    fn in_passwd(passwd: &str, name: &str) -> Option<Self> {
        let line = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self {
            name: name.to_owned(),
            uid: fields.next()?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
            lent: true,
        })
    }

    /// Runs `program` as this user, in a clean environment: settings of the caller's shell (PGPORT, LANG, …) must
    /// not leak into the server.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/");
        if self.lent {
            // std drops our supplementary groups along with the uid.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    pub fn take_ownership(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.lent {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(EmbeddedError::folder(path))
    }

    /// Every folder on the way must let this user through; said here, because initdb's own message is a riddle.
    pub fn check_can_walk_to(&self, folder: &Path) -> Result<(), EmbeddedError> {
        if !self.lent {
            return Ok(());
        }
        for step in folder.ancestors() {
            let found = fs::metadata(step).map_err(EmbeddedError::folder(step))?;
            let execute = if found.uid() == self.uid {
                0o100
            } else if found.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if found.mode() & execute == 0 {
                return Err(EmbeddedError::NotReachable {
                    user: self.name.clone(),
                    blocked_at: step.to_path_buf(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_lends_the_postgres_user_and_else_nobody() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgresx:x:1:1::/:\npostgres:x:113:121:,,,:/var/lib/postgresql:/bin/bash\nnobody:x:65534:65534::/:\n";
        let found = Account::in_passwd(passwd, "postgres").unwrap();
        assert_eq!((found.uid, found.gid), (113, 121));
        assert_eq!(Account::in_passwd("nobody:x:7:8::/:", "postgres"), None);
        assert_eq!(
            Account::in_passwd("nobody:x:7:8::/:", "nobody")
                .unwrap()
                .gid,
            8
        );
    }
}
