//! Several processes: killed, stopped, paused beyond their lease, and with clocks that disagree (R11, R20, R22).

use std::time::Duration;

use rustix::process::Signal;
use sandbox::Rule;
use sandbox::graph::{Fault, FaultKind, Platform};
use sandbox::model::Reply;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Faults, Scale, Scenario, schedule};
use crate::plan::Size;
use crate::rig::{Rig, Setup};

const TWO_AND_TWO: &[&str] = &["api", "api", "worker", "worker"];
/// Longer than the lease of 5 s that the rig sets, and than what sweeps it.
const PAUSED: Duration = Duration::from_secs(11);

pub fn scenarios() -> Vec<Scenario> {
    let patience = Duration::from_secs(100);
    vec![
        Scenario {
            setup: || Setup {
                roles: TWO_AND_TWO,
                ..Setup::default()
            },
            patience,
            ..Scenario::new(
                "two-and-two",
                "two api and two worker processes, one of each killed and started again",
                kill_one_of_each,
            )
        },
        Scenario {
            patience,
            ..Scenario::new(
                "sigterm",
                "SIGTERM under load: it ends in time and with 0, and starts again",
                terminate,
            )
        },
        Scenario {
            setup: || Setup {
                roles: &["api", "worker", "worker"],
                ..Setup::default()
            },
            patience,
            ..Scenario::new(
                "paused-worker",
                "a worker is paused for longer than its lease and goes on with what is not its own any more",
                pause_workers,
            )
        },
        Scenario {
            setup: || Setup {
                roles: TWO_AND_TWO,
                own_settings: vec![
                    (1, "CLOCK_OFFSET_SECONDS", "-600".to_owned()),
                    (3, "CLOCK_OFFSET_SECONDS", "600".to_owned()),
                ],
                // Where no delivery id travels, effects are told apart by time, which is what is wrong here.
                knowledge: &[Platform::Facebook, Platform::Whatsapp],
                ..Setup::default()
            },
            patience,
            ..Scenario::new(
                "clocks-apart",
                "one api's clock is ten minutes behind the other's, one worker's ten minutes ahead",
                just_write,
            )
        },
    ]
}

fn just_write<'a>(_: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        sleep(size.window).await;
        Ok(())
    })
}

fn kill_one_of_each<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let (moments, mut random) = schedule(rig, 3, size.window);
        let began = Instant::now();
        for moment in moments {
            sleep_until(began + moment).await;
            rig.kill_server(random.below(2))?;
            rig.kill_server(2 + random.below(2))?;
        }
        Ok(())
    })
}

fn terminate<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let (moments, _) = schedule(rig, 3, size.window);
        let began = Instant::now();
        for moment in moments {
            sleep_until(began + moment).await;
            // Before it has registered for the signal there is nothing to stop well.
            rig.ready().await?;
            if let Err(error) = rig.servers[0].stop().await {
                rig.trouble.push(format!("SIGTERM: {error}"));
            }
            rig.servers[0].start()?;
            rig.count("SIGTERMs");
        }
        Ok(())
    })
}

/// Slow answers, so that it holds work when it is paused.
fn pause_workers<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let late = Reply::Delayed {
            text: "একটু দেরিতে বলছি".into(),
            ms: 400,
        };
        rig.model.fault(Rule::sometimes(0.7, rig.seed, late));
        rig.graph.fault(Rule::sometimes(
            0.5,
            rig.seed,
            Fault::before(FaultKind::Delay { ms: 300 }),
        ));
        let (_, mut random) = schedule(rig, 1, size.window);
        sleep(size.window / 4).await;
        for place in [1, 2] {
            sleep(Duration::from_millis(300 + random.below(300) as u64)).await;
            rig.servers[place].signal(Signal::STOP);
            rig.count("workers paused");
            sleep(PAUSED).await;
            rig.servers[place].signal(Signal::CONT);
        }
        Ok(())
    })
}
