//! What goes wrong, when, and how long one waits for it to end. Each scenario has an installation of its own; to add one, write its faults
//! in the file of their kind and list it in [`all`].

mod database;
mod kills;
mod model;
pub mod planted;
mod platforms;
mod processes;

use std::pin::Pin;
use std::time::Duration;

use crate::Result;
use crate::plan::{Size, moments};
use crate::random::Random;
use crate::rig::{Rig, Setup};

/// How far a machine may lag behind its customers.
const LAG: Duration = Duration::from_secs(20);

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Of the scenario that kills; a quarter of them hits PostgreSQL.
    pub kills: usize,
    /// Messages per second.
    pub rate: f64,
    /// How long customers write in the other scenarios.
    pub window: Duration,
}

/// Faults of a run: started with the load, and ended when it is time to look whether all comes to an end.
pub type Faults<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

pub struct Scenario {
    pub name: &'static str,
    pub what: &'static str,
    pub setup: fn() -> Setup,
    pub size: fn(Scale) -> Size,
    pub faults: for<'a> fn(&'a mut Rig, Size, Scale) -> Faults<'a>,
    /// Everything must have ended this long after the last fault.
    pub patience: Duration,
    /// No process is killed and no model's answer cut: tokens must match to the last one.
    pub exact_tokens: bool,
}

impl Scenario {
    const fn new(
        name: &'static str,
        what: &'static str,
        faults: for<'a> fn(&'a mut Rig, Size, Scale) -> Faults<'a>,
    ) -> Self {
        Self {
            name,
            what,
            setup: Setup::default,
            size: usual_size,
            faults,
            patience: Duration::from_secs(60),
            exact_tokens: false,
        }
    }
}

/// As many messages as rate and window make, at most ten of a person: more would be a loop (R87).
fn size(rate: f64, window: Duration) -> Size {
    let messages = (rate * window.as_secs_f64()).max(16.0) as usize;
    let messages_each = if messages < 400 { 3 } else { 8 };
    Size {
        conversations: messages.div_ceil(messages_each),
        messages_each,
        window,
    }
}

fn usual_size(scale: Scale) -> Size {
    size(scale.rate, scale.window)
}

/// Every scenario, those that tell most first.
pub fn all() -> Vec<Scenario> {
    let mut all = vec![quiet()];
    all.extend(kills::scenarios());
    all.extend(platforms::scenarios());
    all.extend(model::scenarios());
    all.extend(database::scenarios());
    all.extend(processes::scenarios());
    all
}

fn quiet() -> Scenario {
    Scenario {
        exact_tokens: true,
        ..Scenario::new(
            "quiet",
            "nothing goes wrong: the oracle itself, and tokens to the last one",
            |_, _, _| Box::pin(async { Ok(()) }),
        )
    }
}

/// Until customers have written and, on a machine that lags behind, their answers have gone out too: what is to go wrong with an answer
/// must not be over before it.
async fn through(rig: &Rig, size: Size) -> Result<()> {
    tokio::time::sleep(size.window).await;
    rig.settle(LAG).await
}

/// The moments of some faults in a run, and chance for what they are.
fn schedule(rig: &Rig, count: usize, window: Duration) -> (Vec<Duration>, Random) {
    (
        moments(rig.seed, count, window),
        Random::new(rig.seed ^ 0xfa17),
    )
}
