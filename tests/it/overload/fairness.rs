//! One organization's flood and another one's answers (R24): how long a question waits for its answer with the flood and without it.
//! `OVERLOAD_SECONDS` is how long customers write each time, `OVERLOAD_QUIET_MS` the agents' quiet time, by default that of a new agent.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use banglachat_tests::{Account, ChannelKind, Shop, TestApp, eventually};
use serde_json::json;

const QUESTION: &str = "ডেলিভারি চার্জ কত?";
/// Each page may send 20 messages a second, so that one of them would be held back for its own sake (R17).
const FLOODED_PAGES: usize = 4;
const WRITERS_OF_A_PAGE: usize = 4;
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(250);

fn given(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |text| text.parse().expect("a number"))
}

/// As the ledger counts.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.expect("a time").as_millis()).expect("a time")
}

async fn answer_questions(shop: &Shop, quiet_ms: u64) {
    shop.post(
        "/knowledge",
        &json!({ "questions": [QUESTION], "answer_bn": "৬০ টাকা" }),
    )
    .await
    .expect(201);
    shop.agent(json!({ "quiet_ms": quiet_ms })).await;
}

/// Pages of a shop share its app.
async fn page_of(shop: &Shop) -> Account {
    let page = shop.account(ChannelKind::Facebook);
    page.app_secret("one-app-for-all-pages").connect().await
}

/// Different people ask one after the other; how long each waited, in milliseconds, in order of length.
async fn waits(app: &TestApp, page: &Account, first: u64, questions: u64) -> Vec<i64> {
    let mut asked = HashMap::new();
    for number in first..first + questions {
        let person = format!("88017{number:08}");
        asked.insert(person.clone(), now_ms());
        page.customer_writes(&person, QUESTION).await;
        tokio::time::sleep(BETWEEN_QUESTIONS).await;
    }
    let answers = || {
        let answers = app.graph.ledger().into_iter();
        answers.filter_map(|effect| Some(effect.time_ms - asked.get(&effect.recipient)?))
    };
    eventually("all are answered", Duration::from_secs(60), async || {
        answers().count() == asked.len()
    })
    .await;
    let mut waited: Vec<i64> = answers().collect();
    waited.sort_unstable();
    waited
}

/// New people write to the page, as fast as they are taken, until the task is ended.
async fn flood(page: Arc<Account>, writer: usize) {
    for number in 0_u64.. {
        let person = format!("88018{writer:03}{number:05}");
        page.customer_writes(&person, QUESTION).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_delays_another_organizations_answers_by_less_than_twice() {
    let app = TestApp::start().await;
    let quiet_ms = given("OVERLOAD_QUIET_MS", 2_500);
    let questions = given("OVERLOAD_SECONDS", 5) * 1_000 / BETWEEN_QUESTIONS.as_millis() as u64;
    let (flooding, calm) = (app.shop().await, app.shop().await);
    for shop in [&flooding, &calm] {
        answer_questions(shop, quiet_ms).await;
    }
    let page = page_of(&calm).await;
    let before = waits(&app, &page, 0, questions).await;

    let mut writers = Vec::new();
    for at in 0..FLOODED_PAGES {
        let flooded = Arc::new(page_of(&flooding).await);
        for writer in 0..WRITERS_OF_A_PAGE {
            let writer = at * WRITERS_OF_A_PAGE + writer;
            writers.push(tokio::spawn(flood(Arc::clone(&flooded), writer)));
        }
    }
    // Until the flood has filled the queues.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (seen, began) = (app.graph.ledger().len(), Instant::now());
    let beside = waits(&app, &page, 1_000, questions).await;
    let sent = app.graph.ledger().len() - seen;
    let seconds = began.elapsed().as_secs_f64();
    let written = app.db.count("messages WHERE author = 'customer'").await;
    for writer in writers {
        assert!(!writer.is_finished(), "a writer of the flood gave up");
        writer.abort();
    }
    let middle = |waits: &[i64]| waits[waits.len() / 2];
    let slowest = |waits: &[i64]| *waits.last().expect("somebody asked");
    println!(
        "answers after {} ms (slowest {}); beside a flood, with {written} messages written and {:.0} answers a second, after {} ms (slowest {})",
        middle(&before),
        slowest(&before),
        sent as f64 / seconds,
        middle(&beside),
        slowest(&beside)
    );
    assert!(slowest(&beside) < 2 * middle(&before));
}
