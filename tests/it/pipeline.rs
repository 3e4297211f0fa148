//! From a stored event to an answer: bursts, people who step in, replays, order.

use std::time::Duration;

use banglachat_tests::{Account, ChannelKind, Shop, TestApp, fixtures};
use sandbox::Rule;
use sandbox::bodies;
use sandbox::graph::{Fault, Platform};
use sandbox::model::Reply;
use sandbox::wire::to_wire;
use serde_json::{Value, json};

const CUSTOMER: &str = "8801711223344";
const PATIENCE: Duration = Duration::from_secs(20);
const PLATFORMS: [ChannelKind; 3] = [
    ChannelKind::Facebook,
    ChannelKind::Instagram,
    ChannelKind::Whatsapp,
];

/// A shop whose agent asks the simulated model, with one account.
async fn shop_with_model(app: &TestApp, platform: ChannelKind) -> (Shop, Account) {
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let account = shop.social_account(platform).await;
    (shop, account)
}

fn texts(app: &TestApp) -> Vec<String> {
    app.graph
        .ledger()
        .into_iter()
        .map(|effect| effect.text.unwrap_or_default())
        .collect()
}

/// Who said something; events are nobody's words.
fn authors(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter(|message| message["kind"] != "event")
        .map(|message| message["author"].as_str().unwrap())
        .collect()
}

async fn act(shop: &Shop, conversation: &Value, action: &str) -> Value {
    let path = format!(
        "/conversations/{}/{action}",
        conversation["id"].as_str().unwrap()
    );
    shop.post(&path, &json!({})).await.expect(200)
}

fn messages_path(conversation: &Value) -> String {
    format!(
        "/conversations/{}/messages",
        conversation["id"].as_str().unwrap()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_messages_is_answered_once() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let model =
        json!({ "provider": "openai_compatible", "base_url": app.model.base_url(), "model": "m" });
    shop.agent(json!({ "model": model, "quiet_ms": 1500 }))
        .await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    for text in ["ভাইয়া", "লাল শাড়িটা", "দাম কত?"] {
        page.customer_writes(CUSTOMER, text).await;
    }
    app.settle().await;
    let asked = app.model.asked();
    assert_eq!((asked.len(), app.graph.effect_count()), (1, 1));
    let prompt = asked[0].body.to_string();
    assert!(
        ["ভাইয়া", "লাল শাড়িটা", "দাম কত?"]
            .iter()
            .all(|text| prompt.contains(text)),
        "{prompt}"
    );
    let messages = shop.messages(&shop.conversation().await).await;
    assert_eq!(
        authors(&messages),
        ["customer", "customer", "customer", "agent"]
    );
    assert!(
        messages[..3]
            .iter()
            .all(|message| message["answered_by"] == messages[3]["id"]),
        "{messages:#?}"
    );
}

/// Every message puts the answer off, but not for ever.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_never_stops_writing_is_answered_all_the_same() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent(json!({ "quiet_ms": 10_000 })).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "শুনছেন?").await;
    app.settle_within(Duration::ZERO).await;
    app.pass(Duration::from_secs(8)).await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle_within(Duration::ZERO).await;
    let wait = app.db.row("SELECT extract(epoch FROM run_at - now())::float8 AS wait FROM jobs WHERE kind = 'reply'").await;
    let wait = wait["wait"].as_f64().unwrap();
    assert!(
        wait < 7.5,
        "15 seconds after the first message at the latest, not {wait} from now"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_a_newer_message_overtook_is_not_sent() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    app.model.answer_next(Reply::Delayed {
        text: "পুরোনো উত্তর".into(),
        ms: 1500,
    });
    page.customer_writes(CUSTOMER, "লাল শাড়ি আছে?").await;
    app.model.wait_for_requests(1, PATIENCE).await;
    app.model.answer_next(Reply::text("নতুন উত্তর"));
    page.customer_writes(CUSTOMER, "না, নীল শাড়ি?").await;
    app.settle().await;
    assert_eq!(texts(&app), ["নতুন উত্তর"]);
    let prompt = app.model.asked().last().unwrap().body.to_string();
    assert!(
        prompt.contains("লাল শাড়ি আছে?") && prompt.contains("নীল শাড়ি"),
        "{prompt}"
    );
    let messages = shop.messages(&shop.conversation().await).await;
    assert_eq!(authors(&messages), ["customer", "customer", "agent"]);
}

/// R9, trap 37.
#[tokio::test(flavor = "multi_thread")]
async fn a_human_who_answers_on_the_platform_pauses_the_ai() {
    for platform in PLATFORMS {
        let app = TestApp::start().await;
        let (shop, account) = shop_with_model(&app, platform).await;
        account.customer_writes(CUSTOMER, "আছেন?").await;
        app.settle().await;
        account.human_writes(CUSTOMER, "জি আপু, আমি দেখছি।").await;
        app.settle().await;
        let conversation = shop.conversation().await;
        assert_eq!(
            (&conversation["ai"]["state"], &conversation["ai"]["reason"]),
            (&json!("paused"), &json!("human_echo")),
            "{platform}"
        );
        account.customer_writes(CUSTOMER, "ধন্যবাদ, অপেক্ষা করছি").await;
        app.settle().await;
        assert_eq!(app.graph.effect_count(), 1, "{platform}: the AI is silent");
        let messages = shop.messages(&shop.conversation().await).await;
        assert_eq!(
            authors(&messages),
            ["customer", "agent", "human", "customer"],
            "{platform}"
        );
        assert_eq!(messages[2]["text"], "জি আপু, আমি দেখছি।");
        assert_eq!(shop.conversation().await["needs_human"], true);

        app.pass(Duration::from_secs(31 * 60)).await;
        account.customer_writes(CUSTOMER, "আছেন এখনো?").await;
        app.settle().await;
        assert_eq!(app.graph.effect_count(), 2, "{platform}: the pause is over");
        let shop = shop.signed_in_again().await;
        assert_eq!(shop.conversation().await["ai"]["state"], "on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_humans_echo_makes_the_draft_void() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    app.model.answer_next(Reply::Delayed {
        text: "মডেলের উত্তর".into(),
        ms: 1500,
    });
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.model.wait_for_requests(1, PATIENCE).await;
    page.human_writes(CUSTOMER, "৫০০ টাকা").await;
    app.settle().await;
    assert_eq!(texts(&app), Vec::<String>::new());
    let messages = shop.messages(&shop.conversation().await).await;
    assert_eq!(authors(&messages), ["customer", "human"]);
    assert_eq!(messages[0]["answer_state"], "handed_over");
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_over_makes_the_draft_void_and_handing_back_lets_the_ai_answer_again() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    app.model.answer_next(Reply::Delayed {
        text: "মডেলের উত্তর".into(),
        ms: 1500,
    });
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.model.wait_for_requests(1, PATIENCE).await;
    let taken = act(&shop, &shop.conversation().await, "take_over").await;
    assert_eq!(
        (&taken["ai"]["state"], &taken["ai"]["reason"]),
        (&json!("off"), &json!("taken_over"))
    );
    app.settle().await;
    page.customer_writes(CUSTOMER, "হ্যালো?").await;
    app.settle().await;
    assert_eq!(texts(&app), Vec::<String>::new());
    act(&shop, &shop.conversation().await, "hand_back").await;
    app.model.answer_next(Reply::text("আবার আমি"));
    page.customer_writes(CUSTOMER, "কেউ আছেন?").await;
    app.settle().await;
    assert_eq!(texts(&app), ["আবার আমি"]);
    let actions: Vec<_> = shop
        .all("/audit_log")
        .await
        .iter()
        .map(|row| row["action"].as_str().unwrap().to_owned())
        .collect();
    for action in ["conversation.taken_over", "conversation.handed_back"] {
        assert!(
            actions.iter().any(|known| known == action),
            "{action} is audited: {actions:?}"
        );
    }
}

/// R21.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_waits_to_be_sent_is_cancelled_when_a_person_takes_over() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    app.graph.fault(Rule::next(1, Fault::throttled(Some("60"))));
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    let conversation = shop.conversation().await;
    assert_eq!(shop.messages(&conversation).await[1]["state"], "queued");
    act(&shop, &conversation, "take_over").await;
    app.settle_within(Duration::from_secs(120)).await;
    assert_eq!(app.graph.effect_count(), 0);
    assert_eq!(shop.messages(&conversation).await[1]["state"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_answer_sent_twice_with_one_client_id_is_one_message() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    let conversation = shop.conversation().await;
    let path = messages_path(&conversation);
    let operator = shop.invite("operator").await;
    let body = json!({ "text": "৫০০ টাকা, আপু।", "client_id": "draft-1" });
    let (first, second) = tokio::join!(operator.post(&path, &body), operator.post(&path, &body));
    let (first, second) = (first.expect(201), second.expect(201));
    assert_eq!(first["id"], second["id"]);
    app.settle().await;
    let third = operator.post(&path, &body).await.expect(201);
    assert_eq!(
        (&third["id"], &third["state"]),
        (&first["id"], &json!("sent"))
    );
    let reused = operator
        .post(&path, &json!({ "text": "অন্য কথা", "client_id": "draft-1" }))
        .await
        .expect(409);
    assert_eq!(reused["code"], "client_id_reused");
    app.settle().await;
    assert_eq!(
        texts(&app)
            .iter()
            .filter(|text| text.contains("৫০০ টাকা, আপু।"))
            .count(),
        1
    );
    assert_eq!(
        third["author_user_id"].as_str(),
        Some(operator.member.id.as_str())
    );
    let conversation = shop.conversation().await;
    assert_eq!(
        (&conversation["ai"]["state"], &conversation["ai"]["reason"]),
        (&json!("paused"), &json!("human_reply"))
    );
    let messages = shop.messages(&conversation).await;
    assert_eq!(
        authors(&messages),
        ["customer", "agent", "human"],
        "its echo is no second message"
    );
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// R12: parts have their own calls and go out in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_goes_out_in_parts_and_in_order() {
    let sentence = "আমাদের দোকানে সব ধরনের শাড়ি, থ্রি-পিস ও পাঞ্জাবি পাওয়া যায়। 👨‍👩‍👧‍👦 ";
    let long = sentence.repeat(70);
    for (platform, fits) in [
        (
            ChannelKind::Facebook,
            (|text: &str| text.encode_utf16().count() <= 2000) as fn(&str) -> bool,
        ),
        (ChannelKind::Instagram, |text: &str| text.len() <= 1000),
        (ChannelKind::Whatsapp, |text: &str| {
            text.chars().count() <= 4096
        }),
    ] {
        let app = TestApp::start().await;
        let (shop, account) = shop_with_model(&app, platform).await;
        app.model.answer_next(Reply::text(long.clone()));
        account.customer_writes(CUSTOMER, "কী কী আছে?").await;
        app.settle().await;
        let sent = texts(&app);
        assert!(
            sent.len() >= 2,
            "{platform}: {} parts, {:?}",
            sent.len(),
            shop.talk().await
        );
        assert!(
            sent.iter().all(|text| fits(text)),
            "{platform}: a part is too long"
        );
        assert_eq!(
            without_space(&sent.concat()),
            without_space(&long),
            "{platform}"
        );
        let messages = shop.messages(&shop.conversation().await).await;
        assert_eq!(
            messages.len(),
            2,
            "{platform}: the echoes of the parts are no messages: {messages:#?}"
        );
        let parts = messages[1]["parts"].as_array().unwrap();
        assert_eq!(
            (parts.len(), &messages[1]["state"]),
            (sent.len(), &json!("sent")),
            "{platform}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_conversation_go_out_in_the_order_they_were_written_whatever_fails() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    // Turned away before anything was accepted, so that each goes out exactly once.
    app.graph
        .fault(Rule::sometimes(0.3, 11, Fault::throttled(None)));
    let path = messages_path(&shop.conversation().await);
    let written: Vec<String> = (1..=8).map(|number| format!("উত্তর {number}")).collect();
    for text in &written {
        shop.post(&path, &json!({ "text": text, "client_id": text }))
            .await
            .expect(201);
    }
    app.settle_within(Duration::from_secs(3600)).await;
    assert_eq!(texts(&app), written);
    assert!(
        !app.graph.refusals().is_empty(),
        "some calls were turned away"
    );
}

/// R9: whatever comes back of our own messages starts nothing, however often it comes.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_echoes_and_receipts_are_never_answered() {
    for platform in PLATFORMS {
        let app = TestApp::start().await;
        let shop = app.shop().await;
        shop.agent_with_model().await;
        let account = shop
            .account(platform)
            .simulate(|mut spec| {
                spec.copies = 3;
                spec
            })
            .connect()
            .await;
        account.customer_writes(CUSTOMER, "দাম কত?").await;
        app.settle().await;
        let messages = shop.messages(&shop.conversation().await).await;
        assert_eq!(authors(&messages), ["customer", "agent"], "{platform}");
        assert_eq!(
            (app.graph.effect_count(), app.model.asked().len()),
            (1, 1),
            "{platform}"
        );
        assert_eq!(
            shop.conversation().await["ai"]["state"],
            "on",
            "{platform}: nobody took over"
        );
        assert!(
            app.graph.webhook_log().len() >= 6,
            "{platform}: they did come back"
        );
    }
}

/// An echo of our own app that we cannot match (an older installation, a restored copy) is nobody's words.
#[tokio::test(flavor = "multi_thread")]
async fn an_echo_of_our_own_app_is_not_a_human() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop
        .account(ChannelKind::Facebook)
        .external_id("104857600001122")
        .connect()
        .await;
    assert_eq!(
        page.receive(&fixtures::body("messenger-echo-own-app.json"))
            .await,
        200
    );
    app.settle().await;
    for conversation in shop.conversations().await {
        assert_eq!(conversation["ai"]["state"], "on");
        assert!(!authors(&shop.messages(&conversation).await).contains(&"human"));
    }
    assert_eq!(app.graph.effect_count(), 0);
}

/// R44.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_cannot_speak_for_another_organizations_account() {
    let app = TestApp::start().await;
    let (victim, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    let (attacker, own_page) = shop_with_model(&app, ChannelKind::Facebook).await;
    let forged = bodies::messenger_text(
        &page.external_id,
        CUSTOMER,
        "m_forged",
        "দাম কত?",
        now_ms(&app),
    );
    assert_eq!(own_page.receive(&to_wire(&forged)).await, 200);
    app.settle().await;
    for shop in [&victim, &attacker] {
        assert_eq!(shop.conversations().await, Vec::<Value>::new());
        assert_eq!(shop.all("/inbound_events").await, Vec::<Value>::new());
    }
    assert!(page.view().await["last_event_at"].is_null());
    assert_eq!(app.graph.effect_count(), 0);
}

fn now_ms(app: &TestApp) -> i64 {
    app.state.clock.now().timestamp_millis()
}

/// R4: a platform delivers at least once, sometimes the same event in other bytes and several at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_webhook_creates_one_message_and_one_answer() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    let event = bodies::messenger_text(
        &page.external_id,
        CUSTOMER,
        "m_once",
        "দাম কত?",
        now_ms(&app),
    );
    let (wire, plain) = (to_wire(&event), event.to_string());
    let posts = (0..10).map(|copy| page.receive(if copy % 2 == 0 { &wire } else { &plain }));
    assert_eq!(futures_util::future::join_all(posts).await, [200; 10]);
    app.settle().await;
    assert_eq!(page.receive(&wire).await, 200);
    app.settle().await;
    assert_eq!(
        authors(&shop.messages(&shop.conversation().await).await),
        ["customer", "agent"]
    );
    assert_eq!(app.graph.effect_count(), 1);
    assert_eq!(app.db.count("webhook_events WHERE position('m_once'::bytea IN body) > 0 AND position('echo'::bytea IN body) = 0").await, 2, "one for each form of the bytes");
}

/// R7.
#[tokio::test(flavor = "multi_thread")]
async fn replaying_every_event_makes_the_same_rows_and_sends_nothing() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    for text in ["দাম কত?", "আছে?"] {
        page.customer_writes(CUSTOMER, text).await;
        app.settle().await;
    }
    page.human_writes(CUSTOMER, "আমি দেখছি").await;
    app.settle().await;
    let rows =
        "SELECT id, author, state, text, answer_state, external_id FROM messages ORDER BY id";
    let (before, sent, asked) = (
        app.db.rows(rows).await,
        app.graph.ledger(),
        app.model.asked().len(),
    );
    let events = shop.all("/inbound_events").await;
    assert!(
        events.len() >= 7,
        "two messages, their answers' echoes and receipts, a human: {}",
        events.len()
    );
    for event in &events {
        let path = format!("/inbound_events/{}/replay", event["id"].as_str().unwrap());
        shop.post(&path, &json!({})).await.expect(204);
        app.settle().await;
    }
    assert_eq!(app.db.rows(rows).await, before);
    assert_eq!((app.graph.ledger(), app.model.asked().len()), (sent, asked));
    assert_eq!(shop.all("/inbound_events").await.len(), events.len());
    let audited = shop.all("/audit_log?action=inbound_event.replayed").await;
    assert_eq!(audited.len(), events.len(), "replays are audited (R49)");
}

/// R19, R23: parked work is shown with its reason and goes on when somebody wants it, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_listed_and_can_be_replayed_once() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent(json!({ "quiet_ms": 30_000 })).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    // A worker died over it for the third time.
    app.db.execute("UPDATE jobs SET state = 'running', lost_leases = 2, locked_until = now() - interval '1 second'").await;
    let listed = async || shop.all("/dead_letters").await;
    banglachat_tests::eventually("the sweeper parks it", PATIENCE, async || {
        !listed().await.is_empty()
    })
    .await;
    let letter = listed().await.remove(0);
    assert_eq!(letter["kind"], "reply");
    assert_eq!(letter["conversation_id"], shop.conversation().await["id"]);
    assert!(
        letter["reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    );
    let path = format!("/dead_letters/{}/replay", letter["id"].as_str().unwrap());
    let viewer = shop.invite("viewer").await;
    viewer.post(&path, &json!({})).await.expect(403);
    shop.post(&path, &json!({})).await.expect(204);
    shop.post(&path, &json!({})).await.expect(404);
    app.settle().await;
    assert_eq!(app.graph.effect_count(), 1);
    assert_eq!(listed().await, Vec::<Value>::new());
    assert_eq!(
        shop.all("/audit_log?action=dead_letter.replayed")
            .await
            .len(),
        1
    );
}

/// R11: the first time, a lost lease only costs time.
#[tokio::test(flavor = "multi_thread")]
async fn work_of_a_worker_that_died_is_taken_up_again() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent(json!({ "quiet_ms": 30_000 })).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    app.db
        .execute(
            "UPDATE jobs SET state = 'running', attempts = 1, locked_until = now() - interval '1 second';
             UPDATE webhook_events SET state = 'running', locked_until = now() - interval '1 second'",
        )
        .await;
    app.graph.wait_for_effects(1, PATIENCE).await;
    app.settle().await;
    assert_eq!(app.graph.effect_count(), 1);
    assert_eq!(
        authors(&shop.messages(&shop.conversation().await).await),
        ["customer", "agent"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_agent_or_with_answers_switched_off_a_person_is_called() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = shop.agent_with_model().await;
    let silent = shop
        .account(ChannelKind::Facebook)
        .with(json!({ "auto_reply": false }))
        .connect()
        .await;
    let nobody = shop
        .account(ChannelKind::Instagram)
        .agent(None)
        .connect()
        .await;
    let put_off = shop.social_account(ChannelKind::Whatsapp).await;
    silent.customer_writes("7001", "দাম কত?").await;
    nobody.customer_writes("7002", "দাম কত?").await;
    app.settle().await;
    shop.patch(&format!("/agents/{agent}"), &json!({ "active": false }))
        .await
        .expect(200);
    put_off.customer_writes("7003", "দাম কত?").await;
    app.settle().await;
    assert_eq!((app.model.asked().len(), app.graph.effect_count()), (0, 0));
    assert_eq!(shop.all("/conversations?needs_human=true").await.len(), 3);
}

/// A thumbs-up is an acknowledgement, and comments are for people.
#[tokio::test(flavor = "multi_thread")]
async fn stickers_and_comments_are_kept_and_not_answered() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop
        .account(ChannelKind::Facebook)
        .external_id("104857600001122")
        .connect()
        .await;
    for file in [
        "messenger-sticker-like.json",
        "messenger-sticker-new-type.json",
        "messenger-feed-comment-add.json",
    ] {
        assert_eq!(page.receive(&fixtures::body(file)).await, 200);
    }
    app.settle().await;
    assert_eq!(
        app.db
            .count("messages WHERE answer_state = 'not_due'")
            .await,
        3
    );
    assert_eq!(
        (app.db.count("jobs").await, app.model.asked().len()),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolved_conversation_opens_when_the_customer_writes_again() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    app.settle().await;
    assert_eq!(
        act(&shop, &shop.conversation().await, "resolve").await["status"],
        "resolved"
    );
    assert_eq!(shop.all("/conversations?status=open").await.len(), 0);
    page.customer_writes(CUSTOMER, "আরেকটা কথা").await;
    app.settle().await;
    assert_eq!(shop.conversation().await["status"], "open");
    assert_eq!(app.graph.effect_count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_asks_for_a_person_gets_one() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "৬০ টাকা।")])
        .await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "আমি একজন মানুষের সাথে কথা বলতে চাই")
        .await;
    app.settle().await;
    let conversation = shop.conversation().await;
    assert_eq!(
        (&conversation["ai"]["state"], &conversation["ai"]["reason"]),
        (&json!("off"), &json!("handoff"))
    );
    assert_eq!(conversation["needs_human"], true);
    page.customer_writes(CUSTOMER, "ডেলিভারি চার্জ কত?").await;
    app.settle().await;
    assert_eq!(
        app.graph.effect_count(),
        1,
        "only the word that somebody will come"
    );
}

/// Honest ignorance: no invented answer.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_shop_does_not_know_is_handed_to_a_person() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "৬০ টাকা।")])
        .await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "আপনাদের কি চাকরির সুযোগ আছে?")
        .await;
    app.settle().await;
    let sent = texts(&app);
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].contains("৬০"), "{sent:?}");
    assert_eq!(shop.conversation().await["needs_human"], true);
}

/// R87.
#[tokio::test(flavor = "multi_thread")]
async fn two_machines_do_not_talk_to_each_other_for_ever() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_model(&app, ChannelKind::Facebook).await;
    for number in 1..=12 {
        page.customer_writes(CUSTOMER, &format!("স্বয়ংক্রিয় উত্তর {number}"))
            .await;
        app.settle().await;
    }
    assert_eq!(app.graph.effect_count(), 10);
    let conversation = shop.conversation().await;
    assert_eq!(
        (&conversation["ai"]["state"], &conversation["ai"]["reason"]),
        (&json!("off"), &json!("loop"))
    );
    assert_eq!(conversation["needs_human"], true);
}

/// R9: by the platform's time, not by arrival.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_message_takes_its_place_by_the_platforms_time() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let now = now_ms(&app);
    for (mid, text, age) in [
        ("m_2", "দুই", 2000),
        ("m_3", "তিন", 1000),
        ("m_1", "এক", 3000),
    ] {
        let body = bodies::messenger_text(&page.external_id, CUSTOMER, mid, text, now - age);
        assert_eq!(page.receive(&to_wire(&body)).await, 200);
        app.settle().await;
    }
    let talk: Vec<String> = shop
        .talk()
        .await
        .into_iter()
        .map(|(_, _, text)| text)
        .collect();
    assert_eq!(talk, ["এক", "দুই", "তিন"]);
}

/// Two accounts of a shop know a customer by their own ids: they are two conversations, each answered from its own account.
#[tokio::test(flavor = "multi_thread")]
async fn each_account_answers_its_own_customers() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let first = shop
        .account(ChannelKind::Facebook)
        .app_secret("one-app-secret-0123456789")
        .connect()
        .await;
    let second = shop
        .account(ChannelKind::Facebook)
        .app_secret("one-app-secret-0123456789")
        .connect()
        .await;
    for page in [&first, &second] {
        page.customer_writes(CUSTOMER, "দাম কত?").await;
    }
    app.settle().await;
    assert_eq!(shop.conversations().await.len(), 2);
    let mut sent: Vec<_> = app
        .graph
        .ledger()
        .into_iter()
        .map(|effect| (effect.platform, effect.account, effect.token))
        .collect();
    sent.sort_by(|a, b| a.1.cmp(&b.1));
    let mut expected: Vec<_> = [first, second]
        .map(|page| (Platform::Facebook, page.external_id, page.token))
        .into();
    expected.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(sent, expected);
}
