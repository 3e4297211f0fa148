//! What the platform does wrong when we send, and what became of each message (R13 to R18, R21).

use std::time::Duration;

use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use sandbox::Rule;
use sandbox::bodies;
use sandbox::graph::{AccountSpec, Fault, FaultKind};
use sandbox::wire::to_wire;
use serde_json::{Value, json};

const CUSTOMER: &str = "8801711223344";
const PLATFORMS: [ChannelKind; 3] = [
    ChannelKind::Facebook,
    ChannelKind::Instagram,
    ChannelKind::Whatsapp,
];
/// R15's wait, and a little.
const UNKNOWN_IS_OVER: Duration = Duration::from_secs(100);

async fn shop_on(
    app: &TestApp,
    platform: ChannelKind,
    simulate: impl FnOnce(AccountSpec) -> AccountSpec + Send + 'static,
) -> (Shop, Account) {
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let account = shop.account(platform).simulate(simulate).connect().await;
    (shop, account)
}

/// An account of which nothing comes back: no echo, no receipt, no status.
fn mute(mut spec: AccountSpec) -> AccountSpec {
    spec.echoes = false;
    spec.receipts = false;
    spec
}

/// The agent's newest message to the customer.
async fn answer(app: &TestApp, shop: &Shop) -> Value {
    answer_to(app, shop, CUSTOMER).await
}

async fn answer_to(app: &TestApp, shop: &Shop, customer: &str) -> Value {
    let row = app
        .db
        .row(&format!(
            "SELECT m.id, m.conversation_id FROM messages m WHERE m.organization_id = '{}' AND m.author = 'agent'
             AND EXISTS (SELECT FROM contact_identities i JOIN conversations c ON c.contact_id = i.contact_id
                         WHERE c.id = m.conversation_id AND i.value = '{customer}') ORDER BY m.id DESC LIMIT 1",
            shop.id
        ))
        .await;
    let messages = shop
        .messages(&json!({ "id": row["conversation_id"] }))
        .await;
    messages
        .into_iter()
        .find(|message| message["id"] == row["id"])
        .unwrap()
}

async fn outcomes(app: &TestApp) -> Vec<String> {
    let rows = app
        .db
        .rows("SELECT outcome FROM deliveries ORDER BY started_at, attempt")
        .await;
    rows.iter()
        .map(|row| row["outcome"].as_str().unwrap_or("open").to_owned())
        .collect()
}

fn sent_to_customer(app: &TestApp) -> usize {
    app.graph
        .ledger()
        .iter()
        .filter(|effect| effect.recipient == CUSTOMER)
        .count()
}

/// R15: the echo or status tells what the answer did not.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_after_the_message_was_accepted_is_settled_by_echo_or_status() {
    let kinds = [
        FaultKind::ServerError { status: 502 },
        FaultKind::Reset,
        FaultKind::Html,
        FaultKind::Hold { ms: 700 },
    ];
    for platform in PLATFORMS {
        let app = TestApp::start().await;
        let (shop, account) = shop_on(&app, platform, |spec| spec).await;
        for (number, kind) in kinds.iter().enumerate() {
            let customer = format!("880171122330{number}");
            app.graph.fault(Rule::next(1, Fault::after(kind.clone())));
            account.customer_writes(&customer, "দাম কত?").await;
            app.settle_within(UNKNOWN_IS_OVER).await;
            let message = answer_to(&app, &shop, &customer).await;
            let part = &message["parts"][0];
            let sent: Vec<_> = app
                .graph
                .ledger()
                .into_iter()
                .filter(|effect| effect.recipient == customer)
                .collect();
            assert_eq!(
                (&message["state"], sent.len()),
                (&json!("sent"), 1),
                "{platform} {kind:?}: {message:#}"
            );
            assert_eq!(
                (&part["external_id"], &part["possible_duplicate"]),
                (&json!(sent[0].message_id), &json!(false))
            );
            assert_eq!(
                (&part["failure"], &message["failure"]),
                (&Value::Null, &Value::Null),
                "{platform} {kind:?}"
            );
            let conversation = json!({ "id": message["conversation_id"] });
            assert_eq!(
                shop.messages(&conversation).await.len(),
                2,
                "{platform} {kind:?}: the echo is no message"
            );
        }
        assert!(
            outcomes(&app).await.iter().all(|outcome| outcome == "sent"),
            "{platform}: {:?}",
            outcomes(&app).await
        );
    }
}

/// R15: no sign of life from the account's webhooks: a person decides.
#[tokio::test(flavor = "multi_thread")]
async fn without_any_sign_an_unknown_outcome_stays_unknown_until_a_person_decides() {
    for decision in ["resend", "dismiss"] {
        let app = TestApp::start().await;
        let (shop, page) = shop_on(&app, ChannelKind::Facebook, mute).await;
        app.graph
            .fault(Rule::next(1, Fault::after(FaultKind::Reset)));
        page.customer_writes(CUSTOMER, "দাম কত?").await;
        app.settle().await;
        assert_eq!(answer(&app, &shop).await["state"], "unknown");
        app.settle_within(Duration::from_secs(2 * 3600)).await;
        let message = answer(&app, &shop).await;
        assert_eq!(
            (&message["state"], sent_to_customer(&app)),
            (&json!("unknown"), 1),
            "{message:#}"
        );
        assert!(
            message["failure"]["advice"]
                .as_str()
                .is_some_and(|advice| !advice.is_empty()),
            "people are told: {message:#}"
        );
        let troubled = shop.all("/troubled_messages").await;
        assert_eq!(troubled.len(), 1);
        assert_eq!(troubled[0]["id"], message["id"]);

        let path = format!("/messages/{}/{decision}", message["id"].as_str().unwrap());
        shop.post(&path, &json!({})).await.expect(200);
        app.settle_within(UNKNOWN_IS_OVER).await;
        let message = answer(&app, &shop).await;
        let part = &message["parts"][0];
        if decision == "resend" {
            assert_eq!(
                (&message["state"], sent_to_customer(&app)),
                (&json!("sent"), 2)
            );
            assert_eq!(
                part["possible_duplicate"], true,
                "a person must see that it may be there twice"
            );
        } else {
            assert_eq!(
                (&message["state"], sent_to_customer(&app)),
                (&json!("cancelled"), 1)
            );
        }
        assert_eq!(shop.all("/troubled_messages").await.len(), 0);
        assert_eq!(
            shop.post(&path, &json!({})).await.status,
            409,
            "there is nothing to decide any more"
        );
    }
}

/// R15: the account's webhooks work and none of them confirmed it: send once more, and say so.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_sent_once_more_and_flagged_when_other_webhooks_arrive() {
    for fault in [
        Fault::after(FaultKind::Reset),
        Fault::before(FaultKind::Reset),
        Fault::before(FaultKind::ServerError { status: 500 }),
    ] {
        let app = TestApp::start().await;
        let (shop, page) = shop_on(&app, ChannelKind::Facebook, mute).await;
        app.graph.fault(Rule::next(1, fault.clone()));
        page.customer_writes(CUSTOMER, "দাম কত?").await;
        app.settle().await;
        page.customer_writes("7009", "আরেকজন").await;
        app.settle_within(Duration::from_secs(2 * 3600)).await;
        let message = answer(&app, &shop).await;
        let accepted = if fault.accepts { 2 } else { 1 };
        assert_eq!(
            (&message["state"], sent_to_customer(&app)),
            (&json!("sent"), accepted),
            "{fault:?}: {message:#}"
        );
        assert_eq!(message["parts"][0]["possible_duplicate"], true, "{fault:?}");
        assert_eq!(message["parts"][0]["attempts"], 2, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_at_most_one_automatic_second_try() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, mute).await;
    app.graph
        .fault(Rule::next(1, Fault::after(FaultKind::Reset)));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    page.customer_writes("7009", "আরেকজন").await;
    app.settle().await;
    app.graph
        .fault(Rule::next(1, Fault::after(FaultKind::Reset)));
    for stranger in ["7010", "7011"] {
        app.settle_within(UNKNOWN_IS_OVER).await;
        page.customer_writes(stranger, "আরেকজন").await;
        app.settle().await;
    }
    app.settle_within(Duration::from_secs(3600)).await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], sent_to_customer(&app)),
        (&json!("unknown"), 2),
        "{message:#}"
    );
}

/// A late echo of the first try after the second: the customer has it twice; it is neither a message nor a human.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_echo_of_the_first_try_is_recognised_as_ours() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, mute).await;
    app.graph
        .fault(Rule::next(1, Fault::after(FaultKind::Reset)));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    page.customer_writes("7009", "আরেকজন").await;
    app.settle_within(UNKNOWN_IS_OVER).await;
    let first = app
        .graph
        .ledger()
        .into_iter()
        .find(|effect| effect.recipient == CUSTOMER)
        .unwrap();
    let app_id = Some(990_011_223_344_556);
    let echo = bodies::messenger_echo(
        &page.external_id,
        CUSTOMER,
        &first.message_id,
        first.text.as_deref(),
        app_id,
        first.correlation.as_deref(),
        first.time_ms,
    );
    assert_eq!(page.receive(&to_wire(&echo)).await, 200);
    app.settle().await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (
            &message["state"],
            &message["parts"][0]["possible_duplicate"]
        ),
        (&json!("sent"), &json!(true))
    );
    assert_eq!(
        app.db
            .count("messages WHERE author IN ('human', 'system')")
            .await,
        0
    );
    assert_eq!(
        app.db.count("conversations WHERE ai_state <> 'on'").await,
        0
    );
    let recorded = app
        .db
        .count(&format!(
            "deliveries WHERE external_id = '{}'",
            first.message_id
        ))
        .await;
    assert_eq!(recorded, 1, "the first attempt is known to have arrived");
}

/// R14: turned away before anything was accepted.
#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_message_waits_as_told_and_is_sent_once() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, |spec| spec).await;
    app.graph
        .fault(Rule::next(1, Fault::throttled(Some("120"))));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], &message["parts"][0]["state"]),
        (&json!("queued"), &json!("queued")),
        "{message:#}"
    );
    assert!(
        page.view().await["paused_until"].is_string(),
        "the pause is shown"
    );
    app.pass(Duration::from_secs(100)).await;
    app.settle().await;
    assert_eq!(app.graph.effect_count(), 0, "Retry-After is honoured");
    app.settle_within(Duration::from_secs(100)).await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], app.graph.effect_count()),
        (&json!("sent"), 1)
    );
    assert_eq!(outcomes(&app).await, ["try_later", "sent"]);
    assert_eq!(message["parts"][0]["possible_duplicate"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_codes_of_each_platform_are_tried_again_without_a_flag() {
    for (platform, codes) in [
        (ChannelKind::Facebook, [(400, 613), (403, 4)]),
        (ChannelKind::Instagram, [(403, 4), (400, 32)]),
        (ChannelKind::Whatsapp, [(400, 130_429), (400, 131_056)]),
    ] {
        let app = TestApp::start().await;
        let (shop, account) = shop_on(&app, platform, |spec| spec).await;
        for (number, (status, code)) in codes.into_iter().enumerate() {
            let customer = format!("880171122330{number}");
            app.graph.fault(Rule::next(1, Fault::error(status, code)));
            account.customer_writes(&customer, "দাম কত?").await;
            app.settle_within(Duration::from_secs(2 * 3600)).await;
            let message = answer_to(&app, &shop, &customer).await;
            let part = &message["parts"][0];
            assert_eq!(
                (&part["state"], &part["attempts"]),
                (&json!("sent"), &json!(2)),
                "{platform} {code}"
            );
            assert_eq!(part["possible_duplicate"], false, "{platform} {code}");
        }
        assert_eq!(
            outcomes(&app).await,
            ["try_later", "sent", "try_later", "sent"],
            "{platform}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_cannot_be_reached_is_tried_again_and_nothing_is_unknown() {
    let app = TestApp::builder()
        .set("GRAPH_BASE_URL", "http://127.0.0.1:9")
        .start()
        .await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, |spec| spec).await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle_within(Duration::from_secs(20)).await;
    let message = answer(&app, &shop).await;
    assert_eq!(message["state"], "queued", "{message:#}");
    let outcomes = outcomes(&app).await;
    assert!(
        outcomes.len() >= 2 && outcomes.iter().all(|outcome| outcome == "try_later"),
        "{outcomes:?}"
    );
}

/// R16: at most 12 attempts.
#[tokio::test(flavor = "multi_thread")]
async fn after_twelve_attempts_a_person_is_called() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, |spec| spec).await;
    app.graph.fault(Rule::always(Fault::throttled(None)));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle_within(Duration::ZERO).await;
    app.db
        .execute("UPDATE message_parts SET attempts = 11")
        .await;
    app.settle_within(Duration::from_secs(3 * 3600)).await;
    let shop = shop.signed_in_again().await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], &message["failure"]["code"]),
        (&json!("failed"), &json!("too_many_attempts")),
        "{message:#}"
    );
    assert_eq!(outcomes(&app).await.len(), 2, "no call beyond the twelfth");
    assert_eq!(shop.conversation().await["needs_human"], true);
    assert_eq!(shop.all("/troubled_messages").await.len(), 1);
}

/// R14: the account is broken: no more calls, its people are told once, the queue is kept and sent with the new token.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_pauses_the_account_until_it_is_connected_again() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, |spec| spec).await;
    app.graph
        .fault(Rule::next(1, Fault::before(FaultKind::TokenInvalid)));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    let view = page.view().await;
    assert_eq!(view["health"], "needs_reconnect");
    assert!(
        view["health_reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("onnect")),
        "the fix is named: {view}"
    );
    page.customer_writes("7009", "আরেকজন").await;
    app.settle_within(Duration::from_secs(300)).await;
    assert_eq!(
        (app.graph.effect_count(), app.graph.refusals().len()),
        (0, 1),
        "no more calls"
    );
    assert_eq!(answer(&app, &shop).await["state"], "queued");
    assert_eq!(
        shop.all("/audit_log?action=social_account.needs_reconnect")
            .await
            .len(),
        1,
        "told once"
    );

    let token = "EAAG-the-new-token";
    app.graph.add_account(
        AccountSpec::new(page.simulated(), &page.external_id, token)
            .app("990011223344556", &page.app_secret)
            .webhook(&page.webhook_url()),
    );
    shop.patch(
        &format!("/social_accounts/{}", page.id),
        &json!({ "access_token": token }),
    )
    .await
    .expect(200);
    app.settle_within(Duration::from_secs(60)).await;
    let ledger = app.graph.ledger();
    assert_eq!(ledger.len(), 2, "the queue was kept: {ledger:#?}");
    assert!(ledger.iter().all(|effect| effect.token == token));
    assert_eq!(answer(&app, &shop).await["state"], "sent");
    assert_ne!(page.view().await["health"], "needs_reconnect");
}

/// R14: never; the next message of the conversation goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_can_never_be_sent_fails_with_advice_and_the_next_one_goes_on() {
    for (platform, code) in [
        (ChannelKind::Facebook, 551),
        (ChannelKind::Whatsapp, 131_026),
        (ChannelKind::Instagram, 100),
    ] {
        let app = TestApp::start().await;
        let (shop, account) = shop_on(&app, platform, |spec| spec).await;
        app.graph.fault(Rule::next(1, Fault::error(400, code)));
        account.customer_writes(CUSTOMER, "দাম কত?").await;
        app.settle().await;
        let failed = answer(&app, &shop).await;
        assert_eq!(failed["state"], "failed", "{platform} {code}: {failed:#}");
        assert!(
            failed["failure"]["code"]
                .as_str()
                .unwrap()
                .starts_with(&code.to_string())
        );
        assert!(!failed["failure"]["advice"].as_str().unwrap().is_empty());
        assert_eq!(shop.conversation().await["needs_human"], true);
        account.customer_writes(CUSTOMER, "আছেন?").await;
        app.settle().await;
        assert_eq!(app.graph.effect_count(), 1, "{platform} {code}");
        assert_eq!(outcomes(&app).await, ["never", "sent"], "{platform} {code}");
    }
}

/// R14: somebody has to look at a code that nobody knows; until then nothing is sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_error_code_is_an_unknown_outcome() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, mute).await;
    app.graph.fault(Rule::next(1, Fault::error(400, 987_654)));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle_within(UNKNOWN_IS_OVER).await;
    assert_eq!(answer(&app, &shop).await["state"], "unknown");
    assert_eq!(outcomes(&app).await, ["unknown"]);
}

/// R21: we know the window ourselves and do not even ask.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_message_that_is_too_old_is_not_even_tried() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, |spec| spec).await;
    let day_old = app.state.clock.now().timestamp_millis() - 25 * 3600 * 1000;
    let body = bodies::messenger_text(&page.external_id, CUSTOMER, "m_old", "দাম কত?", day_old);
    assert_eq!(page.receive(&to_wire(&body)).await, 200);
    app.settle().await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], &message["failure"]["code"]),
        (&json!("failed"), &json!("window_closed")),
        "{message:#}"
    );
    assert_eq!(
        (app.graph.effect_count(), app.graph.refusals().len()),
        (0, 0)
    );
    assert_eq!(shop.conversation().await["needs_human"], true);
    // A person may still answer on Messenger, for seven days, with the tag that says so.
    let conversation = shop.conversation().await;
    let path = format!(
        "/conversations/{}/messages",
        conversation["id"].as_str().unwrap()
    );
    shop.post(
        &path,
        &json!({ "text": "দেরির জন্য দুঃখিত।", "client_id": "1" }),
    )
    .await
    .expect(201);
    app.settle().await;
    let raw: Value = serde_json::from_str(&app.graph.ledger()[0].raw).unwrap();
    assert_eq!(
        (&raw["messaging_type"], &raw["tag"]),
        (&json!("MESSAGE_TAG"), &json!("HUMAN_AGENT"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_the_platform_calls_closed_is_not_tried_again() {
    for platform in PLATFORMS {
        let app = TestApp::start().await;
        let (shop, account) = shop_on(&app, platform, |spec| spec).await;
        app.model.answer_next(sandbox::model::Reply::Delayed {
            text: "৫০০ টাকা".into(),
            ms: 800,
        });
        account.customer_writes(CUSTOMER, "দাম কত?").await;
        assert!(app.graph.age_window(
            &account.external_id,
            CUSTOMER,
            Duration::from_secs(25 * 3600)
        ));
        app.settle_within(Duration::from_secs(3600)).await;
        let message = answer(&app, &shop).await;
        assert_eq!(message["state"], "failed", "{platform}: {message:#}");
        assert_eq!(outcomes(&app).await, ["window_closed"], "{platform}");
        assert_eq!(shop.conversation().await["needs_human"], true, "{platform}");
    }
}

/// Trap 26: accepted, and failed later.
#[tokio::test(flavor = "multi_thread")]
async fn a_whatsapp_message_that_fails_after_it_was_accepted_is_shown_as_failed() {
    let app = TestApp::start().await;
    let (shop, number) = shop_on(&app, ChannelKind::Whatsapp, |spec| spec).await;
    let title = "Message failed to send because more than 24 hours have passed".to_owned();
    app.graph.fault(Rule::next(
        1,
        Fault::before(FaultKind::AsyncFailure {
            code: 131_047,
            title,
        }),
    ));
    number.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle_within(UNKNOWN_IS_OVER).await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], &message["failure"]["code"]),
        (&json!("failed"), &json!("131047")),
        "{message:#}"
    );
    assert_eq!(app.graph.effect_count(), 1, "it is not sent again");
    assert_eq!(shop.all("/troubled_messages").await.len(), 1);
    assert_eq!(
        shop.conversation().await["needs_human"],
        true,
        "somebody has to look"
    );
}

/// R9: statuses overtake each other, and failed is final.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_comes_after_the_failure_does_not_make_the_message_sent() {
    let app = TestApp::start().await;
    let (shop, number) = shop_on(&app, ChannelKind::Whatsapp, mute).await;
    number.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    let effect = app.graph.ledger().remove(0);
    let names = bodies::Number {
        business_account_id: "220033445566778",
        phone_number_id: &number.external_id,
        display: "8801999000111",
    };
    for (status, error) in [
        ("failed", Some((131_026, "Message undeliverable"))),
        ("sent", None),
        ("delivered", None),
    ] {
        let data = effect.correlation.as_deref();
        let body = bodies::whatsapp_status(
            names,
            CUSTOMER,
            &effect.message_id,
            status,
            data,
            error,
            effect.time_ms,
        );
        assert_eq!(number.receive(&to_wire(&body)).await, 200);
        app.settle().await;
    }
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], &message["failure"]["code"]),
        (&json!("failed"), &json!("131026")),
        "{message:#}"
    );
}

/// R13: found in `sending`, its worker is dead: it may have gone out.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_a_dead_worker_was_sending_is_unknown_and_never_simply_sent_again() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, mute).await;
    app.graph.fault(Rule::next(1, Fault::throttled(Some("30"))));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    app.db
        .execute("UPDATE message_parts SET state = 'sending'")
        .await;
    app.settle_within(Duration::from_secs(3600)).await;
    let message = answer(&app, &shop).await;
    assert_eq!(
        (&message["state"], app.graph.effect_count()),
        (&json!("unknown"), 0),
        "{message:#}"
    );
}

/// The rest of a message whose beginning did not arrive is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn when_a_part_fails_for_good_the_rest_is_not_sent() {
    let app = TestApp::start().await;
    let (shop, page) = shop_on(&app, ChannelKind::Facebook, |spec| spec).await;
    app.model.answer_next(sandbox::model::Reply::text(
        "আমাদের দোকানে সব আছে। ".repeat(250),
    ));
    app.graph.fault(Rule::next(1, Fault::error(400, 551)));
    page.customer_writes(CUSTOMER, "কী আছে?").await;
    app.settle_within(UNKNOWN_IS_OVER).await;
    let message = answer(&app, &shop).await;
    let states: Vec<_> = message["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["state"].as_str().unwrap())
        .collect();
    assert!(
        states.len() >= 3
            && states[0] == "failed"
            && states[1..].iter().all(|state| *state == "cancelled"),
        "{states:?}"
    );
    assert_eq!(app.graph.effect_count(), 0);
}

/// R18: one account's outage is not the other's.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_trouble_does_not_hold_up_another_one() {
    let app = TestApp::start().await;
    let (_, troubled) = shop_on(&app, ChannelKind::Facebook, mute).await;
    let (_, healthy) = shop_on(&app, ChannelKind::Facebook, mute).await;
    app.graph.fault(
        Rule::always(Fault::before(FaultKind::Hold { ms: 5000 })).of(troubled.external_id.clone()),
    );
    for number in 0..12 {
        troubled
            .customer_writes(&format!("70{number:02}"), "দাম কত?")
            .await;
    }
    let asked = std::time::Instant::now();
    healthy.customer_writes(CUSTOMER, "দাম কত?").await;
    app.graph.wait_for_effects(1, Duration::from_secs(20)).await;
    assert_eq!(sent_to_customer(&app), 1);
    assert!(
        asked.elapsed() < Duration::from_secs(4),
        "answered after {:?}",
        asked.elapsed()
    );
}
