//! Process on many events at once: the same rows as one event after the other, whatever stands beside what (R4, R7, R9, R44).
//!
//! The server takes webhooks and has no worker; the tests claim the stored events and hand them to process themselves.

use std::time::Duration;

use banglachat::db::{DbError, PlatformTx};
use banglachat::models::webhook_event::LeasedEvent;
use banglachat::pipeline::process::{self, Unfinished};
use banglachat::startup::ServeRole;
use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use sandbox::bodies::{
    self, Number, PAGE_INBOX_APP_ID, batch, messenger_echo, messenger_text, whatsapp_status,
    whatsapp_text,
};
use sandbox::wire::to_wire;
use serde_json::{Value, json};

const PAGE: &str = "104857600001122";
const PHONE: &str = "109876500001122";
const NUMBER: Number<'static> = Number {
    business_account_id: "777000777000",
    phone_number_id: PHONE,
    display: "15550001122",
};

/// A shop with a page and a number, and no worker.
struct Scene {
    app: TestApp,
    shop: Shop,
    page: Account,
    number: Account,
    /// When the first message was written, by the platform.
    began_ms: i64,
}

impl Scene {
    /// The same in every test database, but for ids and times of arrival.
    async fn new() -> Self {
        let app = TestApp::builder().role(ServeRole::Api).start().await;
        let shop = app.shop().await;
        shop.agent(json!({})).await;
        let page = shop.account(ChannelKind::Facebook).external_id(PAGE);
        let number = shop.account(ChannelKind::Whatsapp).external_id(PHONE);
        let (page, number) = (page.connect().await, number.connect().await);
        Self {
            app,
            shop,
            page,
            number,
            began_ms: 1_790_000_000_000,
        }
    }

    async fn page_gets(&self, body: &Value) {
        assert_eq!(self.page.receive(&to_wire(body)).await, 200);
    }

    async fn number_gets(&self, body: &Value) {
        assert_eq!(self.number.receive(&to_wire(body)).await, 200);
    }

    /// Stores the next message of a customer, by its number; every other customer writes to the page.
    async fn customer_writes(&self, customer: usize, message: usize) {
        let at = self.began_ms + i64::try_from(customer * 7_000 + message * 1_000).unwrap();
        let id = format!("mid.{customer}.{message}");
        let text = format!(
            "দাম কত? {}",
            ["লাল শাড়ি", "নীল জামা", "ghori", "delivery"][message % 4]
        );
        if customer.is_multiple_of(2) {
            let body = messenger_text(PAGE, &format!("psid-{customer}"), &id, &text, at);
            self.page_gets(&body).await;
        } else {
            let wa_id = format!("88017000{customer:05}");
            let body = whatsapp_text(NUMBER, &wa_id, "Rahima", &id, &text, at);
            self.number_gets(&body).await;
        }
    }

    /// Takes what is stored, at most `limit` events.
    async fn claim(&self, limit: i64) -> Vec<LeasedEvent> {
        let claim = async |tx: &mut PlatformTx<'_>| {
            Ok::<_, DbError>(LeasedEvent::claim(tx, "", limit, Duration::from_secs(30)).await?)
        };
        self.app.state.db.platform(claim).await.unwrap()
    }

    /// Works on all that is stored, `at_once` events in a batch.
    async fn process(&self, at_once: i64) {
        loop {
            let events = self.claim(at_once).await;
            if events.is_empty() {
                return;
            }
            let unfinished = process::process_batch(&self.app.state, &events).await;
            assert_eq!(unfinished, Unfinished::new());
        }
    }

    /// All rows that process writes, without ids of ours and times of arrival.
    async fn rows(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for sql in ROWS {
            all.extend(self.app.db.rows(sql).await);
        }
        all
    }

    /// An answer of ours on its way to every customer, as deliver leaves it before it knows what came of it.
    async fn answers_are_on_their_way(&self) {
        self.app
            .db
            .execute(
                "INSERT INTO messages (organization_id, id, conversation_id, account_id, author, kind, text, ordered_at, state, created_at, updated_at)
                 SELECT organization_id, gen_random_uuid(), id, account_id, 'agent', 'text', 'উত্তর', last_message_at, 'sending', now(), now()
                 FROM conversations;
                 INSERT INTO message_parts (organization_id, message_id, part, account_id, text, state, attempts, queued_at, delivery_id, updated_at)
                 SELECT m.organization_id, m.id, 0, m.account_id, m.text, 'sending', 1, now(), md5('delivery ' || i.value)::uuid, now()
                 FROM messages m JOIN conversations c ON c.id = m.conversation_id
                 JOIN contact_identities i ON i.contact_id = c.contact_id AND i.kind IN ('psid', 'wa_id') WHERE m.author = 'agent';
                 INSERT INTO deliveries (organization_id, id, message_id, part, attempt, started_at)
                 SELECT organization_id, delivery_id, message_id, part, 1, now() FROM message_parts",
            )
            .await;
    }

    /// Our delivery id to a customer.
    async fn delivery_to(&self, customer: &str) -> String {
        let row = format!("SELECT md5('delivery {customer}')::uuid AS id");
        self.app.db.row(&row).await["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// What is compared, each row told by what the platform calls it.
const ROWS: [&str; 8] = [
    "SELECT i.kind, i.value, p.name, a.platform FROM contact_identities i JOIN contacts p ON p.id = i.contact_id
     JOIN social_accounts a ON a.id = i.account_id ORDER BY i.value, i.kind",
    "SELECT i.value, c.status, c.ai_state, c.ai_reason, c.needs_human, c.generation, c.unread_count,
            c.last_customer_message_at, c.waiting_since, c.window_ends_at, c.human_window_ends_at, c.snoozed_until
     FROM conversations c JOIN contact_identities i ON i.contact_id = c.contact_id ORDER BY i.value, i.kind",
    "SELECT m.author, m.kind, m.text, m.normalized_text, m.external_id, m.platform_time, m.state, m.answer_state, m.payload
     FROM messages m ORDER BY m.external_id NULLS LAST, m.author, m.payload, m.state",
    "SELECT i.value, w.word, w.of_name FROM conversation_words w JOIN conversations c ON c.id = w.conversation_id
     JOIN contact_identities i ON i.contact_id = c.contact_id ORDER BY i.value, i.kind, w.word, w.of_name",
    "SELECT i.value, j.kind, j.state, j.payload FROM jobs j JOIN conversations c ON c.id = j.lane
     JOIN contact_identities i ON i.contact_id = c.contact_id ORDER BY i.value, i.kind, j.kind",
    "SELECT e.item, e.kind, e.state, e.quarantine_reason, e.raw, a.platform
     FROM inbound_events e LEFT JOIN social_accounts a ON a.id = e.account_id ORDER BY e.raw, e.item",
    "SELECT p.state, p.external_id, p.failure_code, d.outcome, d.external_id AS delivered
     FROM message_parts p JOIN deliveries d USING (organization_id, message_id, part) ORDER BY d.id",
    "SELECT platform, external_id, last_event_kind FROM social_accounts ORDER BY platform",
];

/// 200 events of 50 customers, then what came of 50 answers, with people who step in.
async fn busy_hour(at_once: i64) -> Vec<Value> {
    let scene = Scene::new().await;
    for message in 0..4 {
        for customer in 0..50 {
            scene.customer_writes(customer, message).await;
        }
    }
    scene.process(at_once).await;
    assert_eq!(scene.app.db.count("messages").await, 200);
    scene.answers_are_on_their_way().await;
    for customer in 0..50 {
        tell_what_came_of_it(&scene, customer).await;
    }
    for customer in 0..50 {
        scene.customer_writes(customer, 4).await;
    }
    scene.process(at_once).await;
    let done = scene
        .app
        .db
        .count("webhook_events WHERE state = 'done'")
        .await;
    assert_eq!(done, scene.app.db.count("webhook_events").await);
    scene.rows().await
}

async fn tell_what_came_of_it(scene: &Scene, customer: usize) {
    let at = scene.began_ms + 600_000 + i64::try_from(customer).unwrap() * 1_000;
    let sent = format!("sent.{customer}");
    if customer.is_multiple_of(2) {
        let psid = format!("psid-{customer}");
        let delivery = scene.delivery_to(&psid).await;
        let ours = messenger_echo(
            PAGE,
            &psid,
            &sent,
            Some("উত্তর"),
            Some(1),
            Some(&delivery),
            at,
        );
        scene.page_gets(&ours).await;
        if customer.is_multiple_of(10) {
            let id = format!("hand.{customer}");
            let by_hand = Some(PAGE_INBOX_APP_ID);
            let person = messenger_echo(PAGE, &psid, &id, Some("আমি দেখছি"), by_hand, None, at + 1);
            scene.page_gets(&person).await;
        }
        return;
    }
    let wa_id = format!("88017000{customer:05}");
    let delivery = scene.delivery_to(&wa_id).await;
    let fails = customer % 10 == 1;
    for status in ["sent", if fails { "failed" } else { "delivered" }, "read"] {
        let error = (status == "failed").then_some((131_026, "not reachable"));
        let body = whatsapp_status(NUMBER, &wa_id, &sent, status, Some(&delivery), error, at);
        scene.number_gets(&body).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_events_at_once_make_the_same_rows_as_one_after_the_other() {
    let (together, alone) = (busy_hour(64).await, busy_hour(1).await);
    for (together, alone) in together.iter().zip(&alone) {
        assert_eq!(together, alone);
    }
    assert_eq!(together.len(), alone.len());
    let count = |field: &str, value: &Value| {
        let rows = together.iter().filter(|row| &row[field] == value);
        rows.count()
    };
    assert_eq!(
        count("ai_reason", &json!("human_echo")),
        5,
        "people stepped in"
    );
    assert_eq!(count("outcome", &json!("sent")), 50, "all answers arrived");
    assert!(
        count("failure_code", &json!("131026")) >= 5,
        "and some failed then"
    );
}

/// R4.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_in_a_batch_counts_once() {
    let scene = Scene::new().await;
    let at = scene.began_ms;
    for copy in 0..3 {
        // Other bytes with the same message.
        let body = messenger_text(PAGE, "psid-1", "mid.1", "দাম কত?", at);
        let again = batch(&[body.clone(), body]).unwrap();
        let wire = format!("{}{}", to_wire(&again), " ".repeat(copy));
        assert_eq!(scene.page.receive(&wire).await, 200);
    }
    scene.process(64).await;
    let row = scene
        .app
        .db
        .row("SELECT generation, unread_count FROM conversations")
        .await;
    assert_eq!(row, json!({ "generation": 1, "unread_count": 1 }));
    let counts = [
        scene.app.db.count("messages").await,
        scene.app.db.count("jobs").await,
        scene.app.db.count("contacts").await,
        scene
            .app
            .db
            .count("inbound_events WHERE state = 'applied'")
            .await,
    ];
    // The parser leaves out what comes twice within a body (reference 0.3).
    assert_eq!(counts, [1, 1, 1, 3]);
}

/// R7: what the database refuses stands alone in quarantine, and nothing else is lost or late.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_item_in_the_middle_of_a_batch_spoils_no_other() {
    let scene = Scene::new().await;
    // A rule that the test can break, as a defect or a later migration might.
    let rule = "ALTER TABLE messages ADD CONSTRAINT no_curse CHECK (text NOT LIKE '%abracadabra%')";
    scene.app.db.execute(rule).await;
    for customer in 0..20 {
        if customer == 11 {
            let body = messenger_text(PAGE, "psid-x", "mid.x", "abracadabra", scene.began_ms);
            let beside = messenger_text(PAGE, "psid-y", "mid.y", "দাম কত?", scene.began_ms);
            scene.page_gets(&batch(&[body, beside]).unwrap()).await;
        }
        scene.customer_writes(customer, 0).await;
    }
    scene.process(64).await;
    assert_eq!(scene.app.db.count("messages").await, 21);
    let quarantine =
        "SELECT kind, quarantine_reason FROM inbound_events WHERE state = 'quarantined'";
    assert_eq!(
        scene.app.db.rows(quarantine).await,
        [json!({ "kind": "message", "quarantine_reason": "the database refused it: no_curse" })]
    );
    assert_eq!(
        scene
            .app
            .db
            .count("webhook_events WHERE state = 'done'")
            .await,
        21
    );
    assert_eq!(
        scene.app.db.count("contacts").await,
        21,
        "nothing is left of the bad one"
    );
}

/// An event goes back by itself when its organization cannot be written; the others are finished.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_written_now_is_tried_again_and_holds_up_no_other() {
    let scene = Scene::new().await;
    let trouble = "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.text LIKE '%abracadabra%' THEN RAISE EXCEPTION 'not now'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER trouble BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION trouble()";
    scene.app.db.execute(trouble).await;
    for customer in 0..6 {
        scene.customer_writes(customer, 0).await;
    }
    let body = messenger_text(PAGE, "psid-x", "mid.x", "abracadabra", scene.began_ms);
    scene.page_gets(&body).await;
    let events = scene.claim(64).await;
    let unfinished = process::process_batch(&scene.app.state, &events).await;
    let bad: Vec<bool> = unfinished
        .keys()
        .map(|at| String::from_utf8_lossy(&events[*at].body).contains("abracadabra"))
        .collect();
    assert_eq!(bad, [true], "{unfinished:?}");
    assert_eq!(scene.app.db.count("messages").await, 6);
    assert_eq!(
        scene
            .app
            .db
            .count("webhook_events WHERE state = 'done'")
            .await,
        6
    );
    assert_eq!(
        scene
            .app
            .db
            .count("webhook_events WHERE state = 'running'")
            .await,
        1
    );
}

/// R9: a person who writes pauses the AI for what comes after, and only for that.
#[tokio::test(flavor = "multi_thread")]
async fn items_of_a_conversation_take_effect_in_their_order() {
    let scene = Scene::new().await;
    let at = scene.began_ms;
    let by_hand = |id: &str, psid: &str, at: i64| {
        messenger_echo(
            PAGE,
            psid,
            id,
            Some("আমি দেখছি"),
            Some(PAGE_INBOX_APP_ID),
            None,
            at,
        )
    };
    let items = [
        messenger_text(PAGE, "first", "f.1", "আছেন?", at),
        by_hand("f.2", "first", at + 1_000),
        messenger_text(PAGE, "first", "f.3", "ধন্যবাদ", at + 2_000),
        by_hand("s.1", "second", at),
        messenger_text(PAGE, "second", "s.2", "দাম কত?", at + 1_000),
        messenger_text(PAGE, "third", "t.1", "দাম কত?", at),
    ];
    scene.page_gets(&batch(&items).unwrap()).await;
    scene.process(64).await;
    let messages = "SELECT external_id, answer_state FROM messages WHERE author = 'customer' ORDER BY external_id";
    let states: Vec<Value> = scene.app.db.rows(messages).await;
    assert_eq!(
        states,
        [
            json!({ "external_id": "f.1", "answer_state": "handed_over" }),
            json!({ "external_id": "f.3", "answer_state": "not_due" }),
            json!({ "external_id": "s.2", "answer_state": "not_due" }),
            json!({ "external_id": "t.1", "answer_state": "due" }),
        ]
    );
    let paused = scene
        .app
        .db
        .count("conversations WHERE ai_state = 'paused' AND ai_reason = 'human_echo'");
    assert_eq!(paused.await, 2);
    let kept = "SELECT item, state FROM inbound_events WHERE kind = 'echo' ORDER BY item";
    assert_eq!(
        scene.app.db.rows(kept).await,
        [
            json!({ "item": 1, "state": "applied" }),
            json!({ "item": 3, "state": "applied" }),
        ]
    );
    assert_eq!(
        scene.app.db.count("messages WHERE author = 'human'").await,
        2
    );
}

/// R44: each item goes to its own organization; what belongs to nobody, or to another one than the signer, is only counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_several_organizations_is_kept_apart() {
    let scene = Scene::new().await;
    let other = scene.app.shop().await;
    let theirs = other.social_account(ChannelKind::Facebook).await;
    let at = scene.began_ms;
    let ours = messenger_text(PAGE, "psid-1", "o.1", "আমাদের", at);
    let foreign = messenger_text(&theirs.external_id, "psid-1", "o.2", "অন্যের", at);
    let nobodys = messenger_text("999000999000", "psid-1", "o.3", "কারও না", at);
    scene
        .page_gets(&batch(&[ours, foreign, nobodys]).unwrap())
        .await;
    let to_them = messenger_text(&theirs.external_id, "psid-1", "t.1", "তাদের", at);
    assert_eq!(theirs.receive(&to_wire(&to_them)).await, 200);
    scene
        .number_gets(&json!({ "object": "whatsapp_business_account", "entry": 7 }))
        .await;
    scene.process(64).await;
    let said = "SELECT organization_id = (SELECT organization_id FROM social_accounts WHERE external_id = '104857600001122') AS ours,
                       text FROM messages ORDER BY text";
    assert_eq!(
        scene.app.db.rows(said).await,
        [
            json!({ "ours": true, "text": "আমাদের" }),
            json!({ "ours": false, "text": "তাদের" })
        ]
    );
    let counted = "SELECT items, ignored_items FROM webhook_events WHERE platform = 'facebook' ORDER BY items";
    assert_eq!(
        scene.app.db.rows(counted).await,
        [
            json!({ "items": 1, "ignored_items": 0 }),
            json!({ "items": 3, "ignored_items": 2 })
        ]
    );
    assert_eq!(scene.shop.conversations().await.len(), 1);
    assert_eq!(other.conversations().await.len(), 1);
}

/// Two workers on the same new customers: one contact and one conversation each, every message once, and nobody waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_the_same_conversations_do_not_wait_for_each_other() {
    let scene = Scene::new().await;
    for message in 0..6 {
        // In turn from both ends, so that the batches meet the customers in opposite orders.
        for customer in 0..16 {
            let customer = if message % 2 == 0 {
                customer
            } else {
                15 - customer
            };
            scene.customer_writes(customer, message).await;
        }
    }
    let mut events = Vec::new();
    for _ in 0..6 {
        events.push(scene.claim(16).await);
    }
    let state = &scene.app.state;
    let all =
        futures_util::future::join_all(events.iter().map(|e| process::process_batch(state, e)));
    let unfinished = tokio::time::timeout(Duration::from_secs(20), all)
        .await
        .unwrap();
    assert!(
        unfinished.iter().all(Unfinished::is_empty),
        "{unfinished:?}"
    );
    let counts = [
        scene.app.db.count("contacts").await,
        scene.app.db.count("conversations").await,
        scene.app.db.count("messages").await,
        scene
            .app
            .db
            .count("conversations WHERE generation = 6 AND unread_count = 6")
            .await,
        scene.app.db.count("jobs").await,
        scene
            .app
            .db
            .count("webhook_events WHERE state = 'done'")
            .await,
    ];
    assert_eq!(counts, [16, 16, 96, 16, 16, 96]);
    // A person who has two ids is found by either.
    let wa_id = format!("88017000{:05}", 1);
    let bsuid = bodies::business_scoped_id(&wa_id);
    let both = format!("contact_identities WHERE value IN ('{wa_id}', '{bsuid}')");
    assert_eq!(scene.app.db.count(&both).await, 2);
}
