//! Instagram gives nothing of ours back: echoes of an answer that went out twice are still ours, however late (R15).

use std::time::Duration;

use banglachat_tests::{ChannelKind, TestApp, eventually};
use sandbox::Rule;
use sandbox::bodies::instagram_echo;
use sandbox::graph::{Effect, Fault, FaultKind};
use sandbox::wire::to_wire;

const QUESTION: &str = "ডেলিভারি চার্জ কত?";
const ANSWER: &str = "ঢাকায় ৬০ টাকা।";

#[tokio::test(flavor = "multi_thread")]
async fn late_echoes_of_an_answer_that_went_out_twice_are_no_person_who_takes_over() {
    let app = TestApp::builder()
        .set("UNKNOWN_WAIT_SECONDS", 1)
        .start()
        .await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let account = shop
        .account(ChannelKind::Instagram)
        .simulate(|mut spec| {
            (spec.echoes, spec.receipts) = (false, false);
            spec
        })
        .connect()
        .await;
    // Accepted, but we cannot know.
    assert!(
        app.graph
            .fault(Rule::next(1, Fault::after(FaultKind::Reset)))
    );
    account.customer_writes("rahim", QUESTION).await;
    eventually(
        "the outcome is unknown",
        Duration::from_secs(10),
        async || app.db.count("message_parts WHERE state = 'unknown'").await == 1,
    )
    .await;
    // Webhooks of the account evidently work: so it is sent once more.
    account.customer_writes("karim", "দোকান কোথায়?").await;
    let effects: Vec<Effect> = {
        eventually("it is sent again", Duration::from_secs(20), async || {
            answers(&app).len() == 2
        })
        .await;
        app.settle().await;
        answers(&app)
    };

    for effect in [&effects[1], &effects[0], &effects[0]] {
        let echo = instagram_echo(
            &account.external_id,
            "rahim",
            &effect.message_id,
            Some(ANSWER),
            effect.time_ms,
        );
        assert_eq!(account.receive(&to_wire(&echo)).await, 200);
        app.settle().await;
    }

    assert_eq!(app.db.count("messages WHERE author = 'human'").await, 0);
    assert_eq!(
        app.db.count("conversations WHERE ai_state <> 'on'").await,
        0
    );
    let part = app.db.row("SELECT state, possible_duplicate, attempts FROM message_parts WHERE possible_duplicate").await;
    assert_eq!(
        part,
        serde_json::json!({ "state": "sent", "possible_duplicate": true, "attempts": 2 })
    );
    // The record shows both, each under its attempt.
    let recorded = app.db.rows("SELECT deliveries.external_id FROM deliveries JOIN message_parts USING (organization_id, message_id, part) WHERE possible_duplicate ORDER BY attempt");
    let recorded: Vec<String> = recorded
        .await
        .iter()
        .map(|row| row["external_id"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        recorded,
        [effects[0].message_id.clone(), effects[1].message_id.clone()]
    );

    // A person who writes something else is one.
    account.human_writes("rahim", "আমি দেখছি।").await;
    app.settle().await;
    assert_eq!(app.db.count("messages WHERE author = 'human'").await, 1);
    assert_eq!(
        app.db
            .count("conversations WHERE ai_state = 'paused'")
            .await,
        1
    );
}

/// What the first customer got.
fn answers(app: &TestApp) -> Vec<Effect> {
    app.graph
        .ledger()
        .into_iter()
        .filter(|effect| effect.recipient == "rahim")
        .collect()
}
