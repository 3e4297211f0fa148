//! SIGKILL of server and PostgreSQL at any moment (R22), and at each named point of the server.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Faults, Scale, Scenario, schedule, size};
use crate::plan::Size;
use crate::rig::{Rig, Setup};

/// Between two kills, on average: enough to start again and to work for a while.
const PAUSE: Duration = Duration::from_millis(1500);

/// How often somebody looks whether it runs.
const LOOK: Duration = Duration::from_millis(100);

const POINTS: [&str; 9] = [
    "ingest::before_commit",
    "ingest::after_commit",
    "process::before_finish",
    "reply::before_store",
    "reply::after_store",
    "deliver::before_send",
    "deliver::after_send",
    "worker::after_claim",
    "worker::before_finish",
];

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            size: |scale| {
                size(
                    scale.rate,
                    PAUSE * u32::try_from(scale.kills).unwrap_or(u32::MAX),
                )
            },
            setup: || Setup::default().set("DATABASE_POOL_SIZE", 8),
            patience: Duration::from_secs(100),
            ..Scenario::new(
                "kills",
                "SIGKILL of the server, and of PostgreSQL one time in four",
                kill_again_and_again,
            )
        },
        Scenario {
            setup: || Setup {
                fail_points: points(),
                ..Setup::default()
            },
            patience: Duration::from_secs(100),
            ..Scenario::new(
                "fail-points",
                "the server dies at each of its named points",
                die_at_points,
            )
        },
    ]
}

/// Each point kills one time in four hundred.
fn points() -> Vec<String> {
    let points = POINTS.map(|point| format!("{point}=0.25%return(kill)"));
    points.into()
}

fn kill_again_and_again<'a>(rig: &'a mut Rig, size: Size, scale: Scale) -> Faults<'a> {
    Box::pin(async move {
        let (moments, mut random) = schedule(rig, scale.kills, size.window);
        let began = Instant::now();
        for (number, moment) in moments.into_iter().enumerate() {
            while Instant::now() < began + moment {
                rig.revive()?;
                sleep(LOOK).await;
            }
            // One in four falls while it starts; before the others it has worked, also on a machine that is busy.
            if random.unit() < 0.75 {
                rig.ready().await?;
                sleep(LOOK * 3).await;
            }
            if number % 4 != 3 {
                rig.kill_server(0)?;
            } else if random.unit() < 0.5 {
                rig.kill_postgres().await?;
            } else if rig.postgres.kill_a_backend(random.below(1000)) {
                rig.count("PostgreSQL backend kills");
            } else {
                rig.kill_postgres().await?;
            }
        }
        Ok(())
    })
}

fn die_at_points<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let end = Instant::now() + size.window;
        while Instant::now() < end {
            rig.revive()?;
            sleep(LOOK).await;
        }
        // Without the points from here on.
        for place in 0..rig.servers.len() {
            rig.servers[place].unset("FAILPOINTS");
            if rig.servers[place].ended().is_none() {
                rig.servers[place].kill()?;
            }
            rig.servers[place].start()?;
        }
        Ok(())
    })
}
