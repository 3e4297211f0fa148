//! The smallest scenario for each planted defect (`fail_points::is_set("planted::...")` in the server): with the defect the oracle must
//! complain of the promise named here, without it of nothing. They prove that the oracle notices.

use std::time::Duration;

use rustix::process::Signal;
use sandbox::Rule;
use sandbox::graph::{Fault, FaultKind, Platform};
use sandbox::model::Reply;
use tokio::time::sleep;

use super::{Faults, Scale, Scenario, through};
use crate::Result;
use crate::oracle::Invariant;
use crate::plan::Size;
use crate::report::Report;
use crate::rig::{Base, Rig, Setup};
use crate::runner::run_with;

/// A defect of the server, and what it breaks.
pub struct Plant {
    pub name: &'static str,
    /// One of these at least.
    pub breaks: &'static [Invariant],
    pub scenario: Scenario,
}

impl Plant {
    /// The scenario's installation with the defect in every process.
    pub fn setup(&self) -> Setup {
        let mut setup = (self.scenario.setup)();
        setup
            .fail_points
            .push(format!("planted::{}=return", self.name));
        setup
    }
}

/// Every defect that the server can be told to have.
pub fn all() -> Vec<Plant> {
    vec![
        ack_before_commit(),
        no_fencing(),
        retry_unknown(),
        no_lane_check(),
        answer_echo(),
    ]
}

/// What a plant's runs came to.
pub struct Noticed {
    /// The run that showed the defect, or the last of those that did not.
    pub with: Report,
    pub without: Report,
    breaks: &'static [Invariant],
}

impl Noticed {
    /// The oracle complained of the right promise with the defect, and of nothing without it.
    pub fn is_right(&self) -> bool {
        complains(&self.with, self.breaks) && self.without.is_good()
    }
}

fn complains(report: &Report, of: &[Invariant]) -> bool {
    let complaints = &report.breaches;
    complaints
        .iter()
        .any(|breach| of.contains(&breach.invariant))
}

/// So many runs at most until a defect shows: each of them needs two things to meet, which on a busy machine they may not.
const TRIES: u64 = 3;

/// Runs a plant's scenario with the defect and, beside the first of these runs, without it. Only what lies in the defect's nature is tried
/// again: a complaint about the healthy server stands.
pub async fn try_out(base: &Base, plant: &Plant, seed: u64) -> Result<Noticed> {
    let (scenario, healthy) = (&plant.scenario, (plant.scenario.setup)());
    let name = format!("{}-healthy", scenario.name);
    let (with, without) = tokio::join!(
        run_planted(base, plant, seed),
        run_with(base, scenario, &healthy, &name, seed, NO_SCALE),
    );
    let (mut with, without) = (with?, without?);
    for further in 1..TRIES {
        if complains(&with, plant.breaks) {
            break;
        }
        with = run_planted(base, plant, seed + further).await?;
    }
    Ok(Noticed {
        with,
        without,
        breaks: plant.breaks,
    })
}

async fn run_planted(base: &Base, plant: &Plant, seed: u64) -> Result<Report> {
    let name = format!("{}-{seed}", plant.scenario.name);
    run_with(base, &plant.scenario, &plant.setup(), &name, seed, NO_SCALE).await
}

/// Plants bring their own sizes.
const NO_SCALE: Scale = Scale {
    kills: 0,
    rate: 0.0,
    window: Duration::ZERO,
};

/// Few people who write much: what goes wrong within a conversation shows soon.
const SIZE: Size = Size {
    conversations: 12,
    messages_each: 6,
    window: Duration::from_secs(5),
};

fn scenario(
    name: &'static str,
    what: &'static str,
    faults: for<'a> fn(&'a mut Rig, Size, Scale) -> Faults<'a>,
) -> Scenario {
    Scenario {
        size: |_| SIZE,
        patience: Duration::from_secs(15),
        ..Scenario::new(name, what, faults)
    }
}

/// 200 before the event is stored: a process that dies in between loses what it acknowledged.
pub fn ack_before_commit() -> Plant {
    Plant {
        name: "ack_before_commit",
        breaks: &[Invariant::I1],
        scenario: Scenario {
            // The worker lives on: only what comes in is tried. Each commit takes a while, so that kills find some under way.
            setup: || Setup {
                roles: &["api", "worker"],
                fail_points: vec!["ingest::before_commit=sleep(100)".to_owned()],
                ..Setup::default()
            },
            ..scenario("plant-ack", "the api process dies twice", |rig, size, _| {
                Box::pin(async move {
                    for _ in 0..2 {
                        sleep(size.window / 3).await;
                        rig.kill_server(0)?;
                        rig.ready().await?;
                    }
                    Ok(())
                })
            })
        },
    }
}

/// What may have arrived is simply sent again: unknown is taken for failed.
pub fn retry_unknown() -> Plant {
    Plant {
        name: "retry_unknown",
        breaks: &[Invariant::I3],
        scenario: Scenario {
            // Later than the retry: an echo before it would settle the attempt.
            setup: || Setup {
                echo_delay_ms: 4000,
                ..Setup::default()
            },
            patience: Duration::from_secs(25),
            ..scenario(
                "plant-unknown",
                "Graph accepts and answers 502",
                |rig, size, _| {
                    Box::pin(async move {
                        let after = Fault::after(FaultKind::ServerError { status: 502 });
                        rig.graph.fault(Rule::sometimes(0.25, rig.seed, after));
                        through(rig, size).await
                    })
                },
            )
        },
    }
}

/// A conversation's work is not done one after the other: a slow send is overtaken, or two answer the same.
pub fn no_lane_check() -> Plant {
    Plant {
        name: "no_lane_check",
        breaks: &[Invariant::I5, Invariant::I2],
        scenario: Scenario {
            // One process keeps a lane's jobs apart by itself.
            setup: || Setup {
                roles: &["api", "worker", "worker"],
                ..Setup::default()
            },
            ..scenario(
                "plant-lane",
                "Graph takes its time now and then",
                |rig, size, _| {
                    Box::pin(async move {
                        let late = Fault::before(FaultKind::Delay { ms: 900 });
                        rig.graph.fault(Rule::sometimes(0.4, rig.seed, late));
                        through(rig, size).await
                    })
                },
            )
        },
    }
}

/// What the account itself wrote is taken for a customer's message.
pub fn answer_echo() -> Plant {
    Plant {
        name: "answer_echo",
        breaks: &[Invariant::I2],
        scenario: scenario(
            "plant-echo",
            "nothing goes wrong, but echoes come back",
            |rig, size, _| Box::pin(async move { through(rig, size).await }),
        ),
    }
}

/// A worker that lost its lease writes all the same.
pub fn no_fencing() -> Plant {
    Plant {
        name: "no_fencing",
        breaks: &[Invariant::I2],
        scenario: Scenario {
            // One message each: a newer one would make the paused worker's draft void by itself.
            size: |_| Size {
                conversations: 30,
                messages_each: 1,
                ..SIZE
            },
            setup: || Setup {
                roles: &["api", "worker", "worker"],
                knowledge: &[],
                model: &[Platform::Facebook],
                settings: vec![("WORKER_LEASE_SECONDS", "3".to_owned())],
                ..Setup::default()
            },
            ..scenario(
                "plant-fencing",
                "a worker is paused beyond its lease while it waits for the model",
                pause_one_worker,
            )
        },
    }
}

fn pause_one_worker<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let late = Reply::Delayed {
            text: "একটু দেরিতে বলছি".into(),
            ms: 1500,
        };
        rig.model.fault(Rule::always(late));
        sleep(size.window / 2).await;
        rig.servers[1].signal(Signal::STOP);
        rig.count("workers paused");
        // The lease of 3 s, the sweep after it, and the other worker's answer.
        sleep(Duration::from_secs(10)).await;
        rig.servers[1].signal(Signal::CONT);
        Ok(())
    })
}
