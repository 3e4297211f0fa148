//! The model is slow, throttles, answers garbage, nothing, or without an end (R89, R90).

use std::time::Duration;

use sandbox::Rule;
use sandbox::graph::Platform;
use sandbox::model::Reply;
use tokio::time::sleep;

use super::{Faults, Scale, Scenario, through};
use crate::plan::Size;
use crate::proxy::{Direction, Faults as ProxyFaults};
use crate::rig::{Rig, Setup};

/// Everything is answered by the model.
fn setup() -> Setup {
    Setup {
        knowledge: &[],
        model: &Platform::ALL,
        ..Setup::default()
    }
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            setup,
            exact_tokens: true,
            patience: Duration::from_secs(100),
            ..Scenario::new(
                "model-errors",
                "the model: slow, 429 with and without Retry-After, garbage, web page, reset, server error",
                errors,
            )
        },
        Scenario {
            setup,
            exact_tokens: true,
            patience: Duration::from_secs(100),
            ..Scenario::new(
                "model-empty",
                "the model: answers of nothing, and answers cut off by their limit",
                empty,
            )
        },
        Scenario {
            setup,
            patience: Duration::from_secs(120),
            ..Scenario::new(
                "model-endless",
                "the model: an answer without an end, a connection cut in mid-answer, a black hole",
                endless,
            )
        },
    ]
}

fn errors<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let late = Reply::Delayed {
            text: "একটু দেরিতে".into(),
            ms: 1500,
        };
        let faults = [
            (0.10, late),
            (
                0.03,
                Reply::RateLimited {
                    retry_after: Some("1".into()),
                },
            ),
            (0.03, Reply::RateLimited { retry_after: None }),
            (0.03, Reply::GarbageJson),
            (0.03, Reply::Html { status: 200 }),
            (0.03, Reply::Reset),
            (0.03, Reply::ServerError { status: 500 }),
        ];
        for (number, (share, fault)) in faults.into_iter().enumerate() {
            rig.model
                .fault(Rule::sometimes(share, rig.seed + number as u64, fault));
        }
        through(rig, size).await
    })
}

fn empty<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        rig.model
            .fault(Rule::sometimes(0.1, rig.seed, Reply::EmptyContent));
        let cut = Reply::CutOff {
            text: "ঢাকায় ডেলিভারি".into(),
        };
        rig.model.fault(Rule::sometimes(0.1, rig.seed + 1, cut));
        through(rig, size).await
    })
}

fn endless<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        rig.model.fault(Rule::next(3, Reply::EndlessStream));
        sleep(size.window / 3).await;
        let cut = Direction {
            cut_after_bytes: Some(1500),
            ..Direction::default()
        };
        rig.model_proxy.set(ProxyFaults {
            down: cut,
            ..ProxyFaults::default()
        });
        sleep(size.window / 6).await;
        let hole = Direction {
            black_hole: true,
            ..Direction::default()
        };
        rig.model_proxy.set(ProxyFaults {
            down: hole,
            ..ProxyFaults::default()
        });
        rig.count("black holes");
        sleep(size.window / 6).await;
        rig.model_proxy.heal();
        rig.model_proxy.reset_all();
        Ok(())
    })
}
