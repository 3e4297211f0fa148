//! The database is slow, away, full, out of connections, or cut in the middle of a commit (R3, R10, R25).

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use super::{Faults, Scale, Scenario, schedule};
use crate::plan::Size;
use crate::proxy::{CommitCut, Direction, Faults as ProxyFaults};
use crate::rig::{Rig, Setup};

/// What PostgreSQL's small disk holds beside the fresh cluster.
const DISK_MB: u32 = 192;

pub fn scenarios() -> Vec<Scenario> {
    let patience = Duration::from_secs(100);
    let mut all = vec![
        Scenario {
            patience,
            ..Scenario::new(
                "commit-cut",
                "connections to PostgreSQL are cut in the middle of a COMMIT, before it and before its answer",
                commit_cut,
            )
        },
        Scenario {
            patience,
            ..Scenario::new(
                "database-network",
                "PostgreSQL: delay and jitter, resets, refused, half-open, a black hole, cut after some bytes",
                network,
            )
        },
        Scenario {
            setup: || Setup::default().set("DATABASE_POOL_SIZE", 2),
            patience,
            ..Scenario::new(
                "pool-exhausted",
                "two connections for everything, and a slow way to PostgreSQL",
                slow_pool,
            )
        },
        Scenario {
            patience,
            ..Scenario::new(
                "database-restart",
                "PostgreSQL is restarted by its administrator, twice",
                restart,
            )
        },
    ];
    if rustix::process::getuid().is_root() {
        all.push(Scenario {
            setup: || Setup {
                disk_mb: Some(DISK_MB),
                ..Setup::default()
            },
            patience,
            ..Scenario::new(
                "disk-full",
                "PostgreSQL's disk is full for a while, then freed (needs root)",
                disk_full,
            )
        });
    }
    all
}

fn commit_cut<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let cut = |commit| ProxyFaults {
            commit: Some(commit),
            commit_share: 0.06,
            ..ProxyFaults::default()
        };
        for commit in [CommitCut::Before, CommitCut::After, CommitCut::Either] {
            rig.database_proxy.set(cut(commit));
            sleep(size.window / 3).await;
        }
        Ok(())
    })
}

fn network<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let healthy = Direction::default();
        let slow = Direction {
            delay_ms: 3,
            jitter_ms: 20,
            ..healthy
        };
        let cut = Direction {
            cut_after_bytes: Some(60_000),
            ..healthy
        };
        let hole = Direction {
            black_hole: true,
            ..healthy
        };
        let thin = Direction {
            bytes_per_second: 40_000,
            ..healthy
        };
        let plain = ProxyFaults::default();
        let faults = [
            ProxyFaults {
                up: slow,
                down: slow,
                ..plain
            },
            ProxyFaults { down: cut, ..plain },
            ProxyFaults {
                refuse: true,
                ..plain
            },
            ProxyFaults {
                half_open: true,
                ..plain
            },
            ProxyFaults { up: hole, ..plain },
            ProxyFaults {
                down: hole,
                ..plain
            },
            ProxyFaults {
                down: thin,
                ..plain
            },
        ];
        for fault in faults {
            rig.database_proxy.set(fault);
            if fault.refuse || fault.half_open {
                rig.database_proxy.reset_all();
            }
            rig.count("network faults");
            sleep(size.window / 10).await;
            rig.database_proxy.heal();
            rig.database_proxy.reset_all();
            sleep(size.window / 30).await;
        }
        Ok(())
    })
}

fn slow_pool<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let slow = Direction {
            delay_ms: 15,
            ..Direction::default()
        };
        rig.database_proxy.set(ProxyFaults {
            up: slow,
            down: slow,
            ..ProxyFaults::default()
        });
        sleep(size.window).await;
        Ok(())
    })
}

fn restart<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let (moments, _) = schedule(rig, 2, size.window);
        let began = tokio::time::Instant::now();
        for moment in moments {
            tokio::time::sleep_until(began + moment).await;
            rig.postgres.stop().await;
            sleep(Duration::from_millis(700)).await;
            rig.postgres.restart().await?;
            rig.count("PostgreSQL restarts");
        }
        Ok(())
    })
}

/// A file takes all that is left; then it goes. PostgreSQL may have ended over it, as it does when its log cannot be written.
fn disk_full<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        sleep(size.window / 4).await;
        let ballast = rig.folder.join("pg/ballast");
        fill(&ballast);
        rig.count("disks filled");
        sleep(size.window / 4).await;
        fs::remove_file(&ballast)?;
        if !rig.postgres.is_running() {
            rig.count("PostgreSQL ended over it");
            rig.postgres.restart().await?;
        }
        Ok(())
    })
}

/// Writes until nothing more fits.
fn fill(path: &std::path::Path) {
    use std::io::Write;
    let Ok(mut file) = fs::File::create(path) else {
        return;
    };
    for piece in [vec![0_u8; 1 << 20], vec![0_u8; 4096]] {
        while file.write_all(&piece).is_ok() {}
    }
}
