//! Graph fails in every way of R14: before and after it accepted, for a while and for good.

use std::time::Duration;

use sandbox::Rule;
use sandbox::graph::{Fault, FaultKind, Platform};
use tokio::time::sleep;

use super::{Faults, Scale, Scenario, through};
use crate::plan::Size;
use crate::proxy::{Direction, Faults as ProxyFaults};
use crate::rig::{Rig, Setup};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            exact_tokens: true,
            // Longer than an unknown outcome waits: some are decided without an echo (R15).
            setup: || Setup {
                echo_delay_ms: 3000,
                ..Setup::default()
            },
            patience: Duration::from_secs(100),
            ..Scenario::new(
                "graph-errors",
                "Graph: 5xx, no answer and a web page after accepting; resets and errors before; slow",
                mixed_errors,
            )
        },
        Scenario {
            exact_tokens: true,
            patience: Duration::from_secs(100),
            ..Scenario::new(
                "graph-throttles",
                "Graph: 429 with and without Retry-After",
                throttles,
            )
        },
        Scenario {
            exact_tokens: true,
            patience: Duration::from_secs(100),
            ..Scenario::new(
                "token-dies",
                "Graph: code 190 in mid-run, then the account is reconnected",
                token_dies,
            )
        },
        Scenario {
            exact_tokens: true,
            patience: Duration::from_secs(120),
            setup: || Setup::default().set("WORKER_CONCURRENCY", 64),
            ..Scenario::new(
                "graph-black-hole",
                "Graph: calls vanish, and answers vanish after accepting; half-open connections",
                black_hole,
            )
        },
    ]
}

fn mixed_errors<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let faults = [
            Fault::after(FaultKind::ServerError { status: 502 }),
            Fault::after(FaultKind::Hold { ms: 700 }),
            Fault::after(FaultKind::Html),
            Fault::after(FaultKind::Empty),
            Fault::after(FaultKind::Reset),
            Fault::before(FaultKind::Reset),
            Fault::before(FaultKind::ServerError { status: 500 }),
            Fault::error(400, 1),
        ];
        for (number, fault) in faults.into_iter().enumerate() {
            rig.graph
                .fault(Rule::sometimes(0.04, rig.seed + number as u64, fault));
        }
        rig.graph.fault(Rule::sometimes(
            0.3,
            rig.seed,
            Fault::before(FaultKind::Delay { ms: 150 }),
        ));
        through(rig, size).await
    })
}

fn throttles<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        rig.graph
            .fault(Rule::sometimes(0.12, rig.seed, Fault::throttled(Some("2"))));
        rig.graph
            .fault(Rule::sometimes(0.12, rig.seed + 1, Fault::throttled(None)));
        through(rig, size).await
    })
}

fn token_dies<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        sleep(size.window / 4).await;
        let account = rig.shops[0]
            .accounts
            .iter()
            .position(|account| account.platform == Platform::Facebook);
        let account = account.unwrap_or_default();
        let id = rig.shops[0].accounts[account].external_id.clone();
        rig.graph
            .fault(Rule::always(Fault::before(FaultKind::TokenInvalid)).of(id));
        rig.count("tokens died");
        sleep(size.window / 2).await;
        rig.graph.clear_faults();
        rig.reconnect(0, account).await
    })
}

fn black_hole<'a>(rig: &'a mut Rig, size: Size, _: Scale) -> Faults<'a> {
    Box::pin(async move {
        let hole = Direction {
            black_hole: true,
            ..Direction::default()
        };
        let faults = [
            ProxyFaults {
                up: hole,
                ..ProxyFaults::default()
            },
            ProxyFaults {
                down: hole,
                ..ProxyFaults::default()
            },
            ProxyFaults {
                half_open: true,
                ..ProxyFaults::default()
            },
        ];
        for fault in faults {
            sleep(size.window / 9).await;
            rig.graph_proxy.set(fault);
            if fault.half_open {
                // Those that are open go on otherwise.
                rig.graph_proxy.reset_all();
            }
            rig.count("black holes");
            sleep(size.window / 9).await;
            rig.graph_proxy.heal();
            rig.graph_proxy.reset_all();
        }
        Ok(())
    })
}
