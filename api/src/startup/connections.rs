//! How many connections this process may hold (R27): fewer than the system gives it files, so that the database, the platforms and
//! the log always find one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not clients: pool, calls to platforms and models, log, libraries.
const KEPT_BACK: usize = 512;

/// As many as are wanted and the limit on open files allows; the soft limit is raised to the hard one for that.
pub fn allowed(wanted: usize) -> usize {
    let files = raise_limit();
    let allowed = below(files, wanted);
    if allowed < wanted {
        tracing::warn!(
            files,
            allowed,
            wanted,
            "the limit on open files allows fewer connections than HTTP_CONNECTIONS"
        );
    }
    allowed
}

/// Below the limit in any case, and at least a quarter of it where that is low.
fn below(files: usize, wanted: usize) -> usize {
    let free = files.saturating_sub(KEPT_BACK).max(files / 4).max(1);
    wanted.min(free)
}

fn raise_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::debug!(error = %error, "the limit on open files stays as it is");
            limit.current
        }
    };
    // None: there is no limit.
    now.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_stay_below_the_files() {
        assert_eq!(below(1_048_576, 16_384), 16_384);
        assert_eq!(below(4_096, 16_384), 3_584);
        assert_eq!(below(256, 16_384), 64);
        assert_eq!(below(usize::MAX, 16_384), 16_384);
    }
}
