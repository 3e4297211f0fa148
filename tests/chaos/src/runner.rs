//! Runs scenarios one after the other, each with an installation of its own, and prints what each came to.

use std::time::Instant;

use futures_util::stream::{self, StreamExt};

use crate::Result;
use crate::oracle::breaches;
use crate::report::{Report, counts};
use crate::rig::{Base, Rig, Setup};
use crate::scenarios::{Scale, Scenario, planted};

/// Runs one scenario to its end and asks the oracle.
pub async fn run(base: &Base, scenario: &Scenario, seed: u64, scale: Scale) -> Result<Report> {
    run_with(
        base,
        scenario,
        &(scenario.setup)(),
        scenario.name,
        seed,
        scale,
    )
    .await
}

/// The same, set up otherwise; `name` is that of its folder.
pub async fn run_with(
    base: &Base,
    scenario: &Scenario,
    setup: &Setup,
    name: &str,
    seed: u64,
    scale: Scale,
) -> Result<Report> {
    let began = Instant::now();
    let mut rig = Rig::start(base, name, seed, setup).await?;
    let size = (scenario.size)(scale);
    let load = rig.load(&format!("s{seed}"))?;
    // Healed while late posts still come again: what was refused must be taken now.
    let faults = async {
        (scenario.faults)(&mut rig, size, scale).await?;
        rig.heal().await
    };
    let (traffic, done) = tokio::join!(load.post_all(seed, size), faults);
    done?;
    rig.settle(scenario.patience).await?;
    let world = rig.world(&traffic, scenario.exact_tokens).await?;
    let never_taken = traffic.posted.len() - traffic.acknowledged();
    if never_taken > 0 {
        rig.trouble
            .push(format!("{never_taken} messages were never taken"));
    }
    let mut faults = std::mem::take(&mut rig.done);
    let cuts = rig.database_proxy.cuts() + rig.graph_proxy.cuts() + rig.model_proxy.cuts();
    faults.insert(
        "connections cut",
        usize::try_from(cuts).unwrap_or(usize::MAX),
    );
    faults.insert("model calls", rig.model.asked().len());
    let report = Report {
        scenario: scenario.name.to_owned(),
        seed,
        took: began.elapsed(),
        counts: counts(&world, &traffic),
        faults,
        breaches: breaches(&world),
        trouble: std::mem::take(&mut rig.trouble),
    };
    let folder = rig.folder.clone();
    if report.is_good() {
        drop(rig);
        base.forget(&folder);
    } else {
        std::fs::write(
            folder.join("ledger.json"),
            serde_json::to_vec_pretty(&rig.graph.ledger())?,
        )?;
        std::fs::write(folder.join("world.txt"), format!("{world:#?}"))?;
    }
    Ok(report)
}

/// Runs all of them, `jobs` at once; true when every promise was kept. What is broken stays on the disk.
pub async fn run_all(
    mut base: Base,
    scenarios: Vec<Scenario>,
    seed: u64,
    scale: Scale,
    jobs: usize,
) -> Result<bool> {
    let (began, count) = (Instant::now(), scenarios.len());
    let mut broken = 0;
    {
        let base = &base;
        let runs = scenarios
            .iter()
            .enumerate()
            .map(|(place, scenario)| async move {
                let seed = seed + place as u64;
                (scenario, seed, run(base, scenario, seed, scale).await)
            });
        let mut runs = stream::iter(runs).buffer_unordered(jobs.max(1));
        while let Some((scenario, seed, result)) = runs.next().await {
            broken += usize::from(!tell(scenario, seed, result));
        }
    }
    println!(
        "chaos: {count} scenarios, {broken} broken, {:.0} s, first seed {seed}",
        began.elapsed().as_secs_f64()
    );
    if broken > 0 {
        let kept = base.keep().display();
        println!("chaos: logs, ledgers and clusters of what is broken: {kept}");
    }
    Ok(broken == 0)
}

/// Planted defects, those named or all, one after the other; true when each was noticed and none imagined.
pub async fn try_plants(base: &Base, names: &[String], seed: u64) -> Result<bool> {
    let mut all = true;
    let is_chosen =
        |plant: &planted::Plant| names.is_empty() || names.iter().any(|name| name == plant.name);
    for plant in planted::all().into_iter().filter(is_chosen) {
        let noticed = planted::try_out(base, &plant, seed).await?;
        let verdict = if noticed.is_right() {
            "noticed"
        } else {
            "NOT NOTICED"
        };
        println!("{verdict}: {}, which breaks {:?}", plant.name, plant.breaks);
        println!("with it: {}\nwithout it: {}", noticed.with, noticed.without);
        all = all && noticed.is_right();
    }
    Ok(all)
}

/// Prints what a run came to; false where a promise was broken.
fn tell(scenario: &Scenario, seed: u64, result: Result<Report>) -> bool {
    println!("       {}: {}", scenario.name, scenario.what);
    match result {
        Ok(report) => {
            println!("{report}");
            report.is_good()
        }
        Err(error) => {
            println!("BROKEN {} (seed {seed}): {error}", scenario.name);
            false
        }
    }
}
