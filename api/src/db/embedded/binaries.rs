//! Finding `initdb` and `postgres`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// Debian and Ubuntu keep every major in its own folder under this one, outside PATH.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A folder that has both programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// In this order: the settings' folder (and then nothing else), Debian's layout with the highest major first,
    /// `pg_config --bindir`, PATH. An existing cluster opens only with the major that made it.
    pub fn find(named: Option<&Path>, cluster: &Path) -> Result<Self, EmbeddedError> {
        let candidates = match named {
            Some(folder) => vec![folder.to_path_buf()],
            None => candidates(Path::new(DEBIAN)),
        };
        let complete: Vec<Self> = candidates.into_iter().filter_map(Self::in_folder).collect();
        let Some(first) = complete.first() else {
            return Err(EmbeddedError::BinariesMissing {
                looked_in: named.map(Path::to_path_buf),
            });
        };
        let Some(wanted) = major_of(cluster) else {
            return Ok(first.clone());
        };
        let majors: Vec<Option<u32>> = complete.iter().map(Self::major).collect();
        match majors.iter().position(|major| *major == Some(wanted)) {
            Some(index) => Ok(complete[index].clone()),
            None => Err(EmbeddedError::WrongMajor {
                cluster: cluster.to_path_buf(),
                wanted,
                found: listed(&majors),
            }),
        }
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        let found = Self { folder };
        (found.initdb().is_file() && found.postgres().is_file()).then_some(found)
    }

    fn major(&self) -> Option<u32> {
        let output = Command::new(self.postgres())
            .arg("--version")
            .output()
            .ok()?;
        major_in(&String::from_utf8_lossy(&output.stdout))
    }
}

fn candidates(debian: &Path) -> Vec<PathBuf> {
    let mut majors: Vec<u32> = fs::read_dir(debian)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    majors.sort_unstable();
    let mut folders: Vec<PathBuf> = majors
        .into_iter()
        .rev()
        .map(|major| debian.join(major.to_string()).join("bin"))
        .collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ));
    }
    if let Some(path) = env::var_os("PATH") {
        folders.extend(env::split_paths(&path));
    }
    folders
}

/// The major that made the cluster; `None` when there is no cluster yet.
fn major_of(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// From `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

fn listed(majors: &[Option<u32>]) -> String {
    let known: Vec<String> = majors.iter().flatten().map(u32::to_string).collect();
    if known.is_empty() {
        return "an unknown version".to_owned();
    }
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_is_read_from_what_the_program_says() {
        assert_eq!(
            major_in("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_in("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_in("psql"), None);
    }

    #[test]
    fn the_highest_major_comes_first() {
        let debian = env::temp_dir().join(format!("banglachat-majors-{}", std::process::id()));
        for major in ["9", "15", "100", "not-a-number"] {
            fs::create_dir_all(debian.join(major)).unwrap();
        }
        let found = candidates(&debian);
        fs::remove_dir_all(&debian).unwrap();
        let majors: Vec<_> = found[..3]
            .iter()
            .map(|f| f.parent().unwrap().file_name().unwrap().to_owned())
            .collect();
        assert_eq!(majors, ["100", "15", "9"]);
    }
}
