//! SIGKILL at any moment is safe (R22, R13, R15): the real program, killed ten times while customers write, loses nothing that it
//! acknowledged and answers nobody twice without saying so.
//!
//! `KILL_SEED=…` plays a run again; the seed of each run is printed.

pub mod child;
mod shops;

use std::collections::BTreeSet;
use std::time::Duration;

use banglachat_tests::TestApp;
use chaos::database::Database;
use chaos::facts::{Customer, World};
use chaos::load::{ANSWER, Load, QUESTION, Traffic};
use chaos::oracle::breaches;
use chaos::plan::{Size, moments};
use sandbox::Rule;
use sandbox::graph::{Fault, FaultKind, Graph};
use tokio::time::{Instant, sleep, sleep_until};

use child::Server;

const KILLS: usize = 10;
/// The customers write this long, and the server is killed all the while.
const SIZE: Size = Size {
    conversations: 100,
    messages_each: 10,
    window: Duration::from_secs(28),
};
/// Then everything must have ended within this: work of the last victim is taken up when its lease (30 s, looked at every 5) ends.
const REST: Duration = Duration::from_secs(75);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_over_ten_kills() {
    let seed = seed();
    println!("KILL_SEED={seed}");
    let mut app = TestApp::builder()
        .set("UNKNOWN_WAIT_SECONDS", 2)
        .set("LOG_FORMAT", "json")
        .start()
        .await;
    let accounts = shops::connect(&app).await;
    app.stop_server().await;
    make_platforms_slow(&app.graph, seed);
    let mut server = Server::new(app.settings().clone());
    server.start();
    answers_requests(&app, &server).await;

    let began = Instant::now();
    let load = Load::new(shops::lines(&accounts), "kill").expect("a load generator");
    let (traffic, ()) = tokio::join!(
        load.post_all(seed, SIZE),
        kill_again_and_again(&mut server, seed, began)
    );
    everything_ends(&app, &server).await;
    server.kill();

    let world = world(&app, &accounts, &traffic).await;
    let tally = tally(&app, &world).await;
    println!(
        "KILL_SEED={seed}: {KILLS} kills, {} posts refused, {tally}, {:?}",
        traffic.refused,
        began.elapsed()
    );
    let found: Vec<String> = breaches(&world).iter().map(ToString::to_string).collect();
    assert!(
        found.is_empty(),
        "KILL_SEED={seed}: {} breaches:\n{}",
        found.len(),
        found[..found.len().min(20)].join("\n")
    );
    assert_eq!(
        traffic.acknowledged(),
        SIZE.conversations * SIZE.messages_each,
        "KILL_SEED={seed}: messages that were never taken"
    );
    assert!(traffic.refused > 0, "the kills were felt by nobody");
    assert_eq!(
        server.log_count("panicked"),
        0,
        "the server panicked:\n{}",
        server.log_tail()
    );
    every_customer_was_answered(&world);
}

/// What the oracle compares.
async fn world(app: &TestApp, accounts: &[banglachat_tests::Account], traffic: &Traffic) -> World {
    let database = Database::connect(&app.db.owner_url()).await;
    let rows = database.expect("the database").world().await;
    World {
        posted: traffic.posted.clone(),
        accounts: shops::owners(accounts),
        effects: app.graph.ledger().into_iter().map(Into::into).collect(),
        ..rows.expect("rows")
    }
}

fn seed() -> u64 {
    let given = std::env::var("KILL_SEED")
        .ok()
        .map(|seed| seed.parse().expect("KILL_SEED is a number"));
    given.unwrap_or_else(|| chaos::now_ms().unsigned_abs() % 1_000_000)
}

/// Sends take a while, so that kills find some under way. Of a few the outcome is unknown: some of these are accepted and never
/// answered, some not even accepted.
fn make_platforms_slow(graph: &Graph, seed: u64) {
    assert!(graph.fault(Rule::sometimes(
        0.02,
        seed,
        Fault::after(FaultKind::Hold { ms: 400 })
    )));
    assert!(graph.fault(Rule::sometimes(
        0.02,
        seed + 2,
        Fault::before(FaultKind::Reset)
    )));
    assert!(graph.fault(Rule::sometimes(
        0.6,
        seed + 1,
        Fault::before(FaultKind::Delay { ms: 60 })
    )));
}

pub async fn answers_requests(app: &TestApp, server: &Server) {
    let end = Instant::now() + Duration::from_secs(20);
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .no_proxy()
        .build()
        .expect("an HTTP client");
    let ready = format!("{}/health/ready", app.url);
    while !client
        .get(&ready)
        .send()
        .await
        .is_ok_and(|answer| answer.status() == 200)
    {
        assert!(
            Instant::now() < end,
            "the server does not start:\n{}",
            server.log_tail()
        );
        sleep(Duration::from_millis(50)).await;
    }
}

async fn kill_again_and_again(server: &mut Server, seed: u64, began: Instant) {
    for kill in moments(seed, KILLS, SIZE.window) {
        sleep_until(began + kill).await;
        server.kill();
        server.start();
    }
}

/// Waits until no webhook is on its way, no event waits, no job waits or runs, and no part is being sent.
async fn everything_ends(app: &TestApp, server: &Server) {
    const OPEN: &str = "SELECT (SELECT count(*) FROM webhook_events WHERE state IN ('ready', 'running')) AS events,
        (SELECT count(*) FROM jobs WHERE state IN ('ready', 'running')) AS jobs,
        (SELECT count(*) FROM message_parts WHERE state IN ('queued', 'sending')) AS parts";
    let end = Instant::now() + REST;
    let mut quiet = 0;
    // Twice in a row: nothing slipped from one to the other between the looks.
    while quiet < 2 {
        let mut open = app.db.row(OPEN).await;
        open["webhooks"] = app.graph.webhooks_pending().into();
        let nothing = open
            .as_object()
            .expect("a row")
            .values()
            .all(|count| count == 0);
        quiet = if nothing { quiet + 1 } else { 0 };
        assert!(
            Instant::now() < end,
            "still open after {REST:?}: {open}\n{}",
            server.log_tail()
        );
        sleep(Duration::from_millis(100)).await;
    }
}

/// One line for whoever runs it.
async fn tally(app: &TestApp, world: &World) -> String {
    let lost = app.db.row("SELECT coalesce(sum(lost_leases), 0)::bigint AS jobs, count(*) FILTER (WHERE state = 'dead') AS dead FROM jobs").await;
    let events = app.db.row("SELECT count(*) FILTER (WHERE attempts > 1) AS again, count(*) FILTER (WHERE state = 'dead') AS dead FROM webhook_events").await;
    let flagged = world
        .parts
        .iter()
        .filter(|part| part.possible_duplicate)
        .count();
    let unknown = world
        .parts
        .iter()
        .filter(|part| part.state == "unknown")
        .count();
    format!(
        "{} messages, {} answers, {} sent, {flagged} flagged as possible duplicates, {unknown} not confirmed, {} jobs taken up again, {} dead, \
         {} events taken up again, {} dead",
        world.posted.len(),
        world.parts.len(),
        world.effects.len(),
        lost["jobs"],
        lost["dead"],
        events["again"],
        events["dead"],
    )
}

/// The answers are the knowledge's or quote the question (the simulated model); and everybody got one, or a person of the shop sees
/// that theirs is not confirmed.
fn every_customer_was_answered(world: &World) {
    let people: BTreeSet<&Customer> = world.posted.iter().map(|posted| &posted.customer).collect();
    assert_eq!(people.len(), SIZE.conversations);
    let unconfirmed = unconfirmed_customers(world);
    for person in people {
        let got = world
            .effects
            .iter()
            .filter(|effect| effect.recipient == person.id && effect.account == person.account);
        assert!(
            got.clone().count() > 0 || unconfirmed.contains(person),
            "{} was never answered",
            person.id
        );
        let strange: Vec<_> = got
            .filter(|effect| !effect.text.contains(ANSWER) && !effect.text.contains(QUESTION))
            .collect();
        assert!(strange.is_empty(), "strange answers: {strange:?}");
    }
}

/// Those with an answer of which nobody knows whether it arrived.
fn unconfirmed_customers(world: &World) -> BTreeSet<&Customer> {
    let conversations: BTreeSet<&str> = world
        .messages
        .iter()
        .filter(|message| message.author == "agent" && message.state == "unknown")
        .map(|message| message.conversation.as_str())
        .collect();
    let theirs: BTreeSet<&str> = world
        .messages
        .iter()
        .filter(|message| conversations.contains(message.conversation.as_str()))
        .filter_map(|message| message.external_id.as_deref())
        .collect();
    let posted = world.posted.iter();
    posted
        .filter(|posted| theirs.contains(posted.external_id.as_str()))
        .map(|posted| &posted.customer)
        .collect()
}
