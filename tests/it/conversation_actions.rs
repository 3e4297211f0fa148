//! What people do with a conversation: each action, what it leaves in the conversation's course, and what it must not touch.

use std::time::Duration;

use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use serde_json::{Value, json};

const CUSTOMER: &str = "customer-1";

/// A conversation with an agent's answer in it.
struct Talk {
    app: TestApp,
    shop: Shop,
    page: Account,
    id: String,
}

impl Talk {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let shop = app.shop().await;
        shop.agent_with_model().await;
        let page = shop.social_account(ChannelKind::Facebook).await;
        page.customer_writes(CUSTOMER, "লাল শাড়ি আছে?").await;
        app.settle().await;
        let id = shop.conversation().await["id"].as_str().unwrap().to_owned();
        Self {
            app,
            shop,
            page,
            id,
        }
    }

    fn path(&self, below: &str) -> String {
        format!("/conversations/{}{below}", self.id)
    }

    async fn act(&self, action: &str, body: Value) -> Value {
        let path = self.path(&format!("/{action}"));
        self.shop.post(&path, &body).await.expect(200)
    }

    async fn refused(&self, action: &str, body: Value) -> Value {
        let path = self.path(&format!("/{action}"));
        self.shop.post(&path, &body).await.expect(422)
    }

    async fn says(&self, text: &str) {
        self.page.customer_writes(CUSTOMER, text).await;
        self.app.settle().await;
    }

    async fn messages(&self) -> Vec<Value> {
        self.shop.messages(&json!({ "id": self.id })).await
    }

    /// The words of the events, oldest first.
    async fn events(&self) -> Vec<String> {
        let messages = self.messages().await;
        let events = messages.iter().filter(|one| one["kind"] == "event");
        events
            .map(|one| one["payload"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn view(&self) -> Value {
        self.shop.get(&self.path("")).await.expect(200)
    }

    /// Nothing but the agent's and people's answers ever left.
    fn sent(&self) -> Vec<String> {
        let ledger = self.app.graph.ledger().into_iter();
        ledger.filter_map(|effect| effect.text).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_action_leaves_an_event_once_and_nothing_is_sent() {
    let talk = Talk::start().await;
    let before = talk.sent();
    let last_message_at = talk.view().await["last_message_at"].clone();
    for action in ["take_over", "take_over", "hand_back", "hand_back"] {
        talk.act(action, json!({})).await;
    }
    for action in ["resolve", "resolve", "reopen", "reopen"] {
        talk.act(action, json!({})).await;
    }
    let events = ["taken_over", "handed_back", "resolved", "reopened"];
    assert_eq!(talk.events().await, events);
    let messages = talk.messages().await;
    for event in messages.iter().filter(|one| one["kind"] == "event") {
        assert_eq!(event["author"], "system");
        assert_eq!(event["author_user_id"], talk.shop.member.id.as_str());
        assert!(event["author_name"].as_str().unwrap().ends_with(" owner"));
        assert_eq!(event["text"], Value::Null);
        assert_eq!(event["answer_state"], Value::Null);
    }
    talk.app.settle().await;
    assert_eq!(talk.sent(), before);
    let after = talk.view().await;
    assert_eq!(
        after["last_message_at"], last_message_at,
        "nobody said anything"
    );
    assert_eq!(after["needs_human"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_notes_nor_events_are_in_a_prompt() {
    let talk = Talk::start().await;
    let note = json!({ "text": "গোপন-নোট ১০% ছাড়", "client_id": "n-1" });
    let written = talk
        .shop
        .post(&talk.path("/notes"), &note)
        .await
        .expect(201);
    assert_eq!(written["author"], "note");
    assert_eq!(written["state"], "received");
    assert_eq!(written["author_user_id"], talk.shop.member.id.as_str());
    assert!(written["author_name"].as_str().is_some());
    talk.act("resolve", json!({})).await;
    talk.act("reopen", json!({})).await;
    let before = talk.sent().len();
    talk.says("সাইজ কত?").await;
    assert_eq!(
        talk.sent().len(),
        before + 1,
        "a note does not quiet the AI"
    );
    let prompt = talk.app.model.asked().last().unwrap().body.to_string();
    assert!(
        prompt.contains("লাল শাড়ি আছে?") && prompt.contains("সাইজ কত?"),
        "{prompt}"
    );
    for secret in ["গোপন-নোট", "resolved", "reopened", "event"] {
        assert!(!prompt.contains(secret), "{secret} in {prompt}");
    }
    assert!(talk.sent().iter().all(|text| !text.contains("গোপন-নোট")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_is_sent_twice_is_one_note() {
    let talk = Talk::start().await;
    let (path, note) = (
        talk.path("/notes"),
        json!({ "text": "একবার", "client_id": "n-1" }),
    );
    let first = talk.shop.post(&path, &note).await.expect(201);
    let second = talk.shop.post(&path, &note).await.expect(201);
    assert_eq!(first["id"], second["id"]);
    let other = json!({ "text": "অন্য", "client_id": "n-1" });
    talk.shop.post(&path, &other).await.expect(409);
    // The client ids of notes and answers are one set: an answer must never pass for a note that was written already.
    let answer = json!({ "text": "একবার", "client_id": "n-1" });
    talk.shop
        .post(&talk.path("/messages"), &answer)
        .await
        .expect(409);
    let blank = json!({ "text": " \n", "client_id": "n-2" });
    talk.shop.post(&path, &blank).await.expect(422);
    let notes = talk.messages().await;
    assert_eq!(
        notes.iter().filter(|one| one["author"] == "note").count(),
        1
    );
    assert_eq!(talk.sent().len(), 1, "only the agent's answer left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_take_the_conversation_over() {
    let talk = Talk::start().await;
    let path = talk.path("/messages");
    let answer = json!({ "text": "আমি দেখছি।", "client_id": "c-1", "take_over": true });
    let sent = talk.shop.post(&path, &answer).await.expect(201);
    assert!(sent["author_name"].as_str().unwrap().ends_with(" owner"));
    let view = talk.view().await;
    assert_eq!(view["ai"]["state"], "off");
    assert_eq!(view["ai"]["reason"], "taken_over");
    assert_eq!(talk.events().await, ["taken_over"]);
    talk.shop.post(&path, &answer).await.expect(201);
    assert_eq!(
        talk.events().await,
        ["taken_over"],
        "a retry changes nothing"
    );
    talk.app.settle().await;
    talk.app.pass(Duration::from_secs(8 * 3600)).await;
    talk.says("আর কতক্ষণ?").await;
    assert_eq!(talk.sent().len(), 2, "the AI stays silent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_answer_quiets_the_ai_and_that_is_told_once() {
    let talk = Talk::start().await;
    for (number, text) in ["একটু অপেক্ষা করুন।", "দেখে জানাচ্ছি।"].iter().enumerate()
    {
        let answer = json!({ "text": text, "client_id": format!("c-{number}") });
        talk.shop
            .post(&talk.path("/messages"), &answer)
            .await
            .expect(201);
    }
    assert_eq!(talk.events().await, ["ai_paused_human"]);
    assert_eq!(talk.view().await["ai"]["state"], "paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_the_phone_is_told_and_reads_everything() {
    let talk = Talk::start().await;
    assert_eq!(talk.view().await["unread_count"], 1);
    talk.page.human_writes(CUSTOMER, "ফোন থেকে বলছি").await;
    talk.app.settle().await;
    assert_eq!(talk.events().await, ["ai_paused_human"]);
    assert_eq!(talk.view().await["unread_count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handoff_is_told_with_its_reason() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।")])
        .await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes(CUSTOMER, "একজন মানুষের সাথে কথা বলতে চাই")
        .await;
    app.settle().await;
    let conversation = shop.conversation().await;
    assert_eq!(conversation["needs_human"], true);
    let messages = shop.messages(&conversation).await;
    let event = messages.iter().find(|one| one["payload"] == "ai_handoff");
    let event = event.unwrap_or_else(|| panic!("{messages:#?}"));
    assert_eq!(event["context"]["reason"], "human_requested");
    assert_eq!(event["author_user_id"], Value::Null);
    let answer = messages
        .iter()
        .find(|one| one["author"] == "agent")
        .unwrap();
    assert!(
        answer["author_name"]
            .as_str()
            .unwrap()
            .starts_with("Agent ")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_assigned_to_members_who_may_answer_and_to_nobody_else() {
    let talk = Talk::start().await;
    let operator = talk.shop.invite("operator").await.member;
    let viewer = talk.shop.invite("viewer").await.member;
    let gone = talk.shop.invite("operator").await.member;
    let removed = format!("/members/{}", gone.id);
    talk.shop.delete(&removed).await.expect(204);
    let stranger = talk.app.shop().await.member;
    for nobody in [&viewer, &gone, &stranger] {
        let problem = talk
            .refused("assign", json!({ "user_id": nobody.id }))
            .await;
        assert_eq!(problem["errors"][0]["field"], "user_id");
    }
    talk.refused("assign", json!({})).await;
    assert_eq!(talk.view().await["assignee_id"], Value::Null);
    assert_eq!(talk.events().await, [""; 0]);
    for _ in 0..2 {
        let view = talk.act("assign", json!({ "user_id": operator.id })).await;
        assert_eq!(view["assignee_id"], operator.id.as_str());
    }
    let view = talk.act("assign", json!({ "user_id": null })).await;
    assert_eq!(view["assignee_id"], Value::Null);
    assert_eq!(talk.events().await, ["assigned", "unassigned"]);
    for event in talk
        .messages()
        .await
        .iter()
        .filter(|one| one["kind"] == "event")
    {
        assert_eq!(event["context"]["user_id"], operator.id.as_str());
        assert!(
            event["context"]["name"]
                .as_str()
                .unwrap()
                .starts_with("operator of")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_put_off_until_its_time_or_the_customers_next_message() {
    let talk = Talk::start().await;
    let now = talk.app.state.clock.now();
    let at = |hours: u64| json!({ "until": now + Duration::from_secs(hours * 3600) });
    let past = json!({ "until": now - Duration::from_secs(60) });
    for wrong in [
        past,
        at(0),
        at(90 * 24 + 1),
        json!({ "until": "kal" }),
        json!({}),
    ] {
        talk.refused("snooze", wrong).await;
    }
    let view = talk.act("snooze", at(3)).await;
    assert!(view["snoozed_until"].as_str().is_some());
    talk.says("ভাই?").await;
    assert_eq!(talk.view().await["snoozed_until"], Value::Null);
    assert_eq!(talk.events().await, ["snoozed", "unsnoozed"]);
    talk.act("snooze", at(3)).await;
    talk.act("unsnooze", json!({})).await;
    talk.act("unsnooze", json!({})).await;
    assert_eq!(talk.view().await["snoozed_until"], Value::Null);
    assert_eq!(talk.events().await.len(), 4);
    talk.act("snooze", at(3)).await;
    let view = talk.act("resolve", json!({})).await;
    assert_eq!(
        view["snoozed_until"],
        Value::Null,
        "resolved is not put off"
    );
    let path = talk.path("/snooze");
    talk.shop.post(&path, &at(3)).await.expect(409);
    talk.says("আবার এলাম").await;
    let events = talk.events().await;
    assert_eq!(events.last().map(String::as_str), Some("reopened"));
    assert_eq!(talk.view().await["status"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_are_counted_and_read_up_to_what_was_shown() {
    let talk = Talk::start().await;
    assert_eq!(
        talk.view().await["unread_count"],
        1,
        "the agent's answer reads nothing"
    );
    talk.says("দুই").await;
    talk.says("তিন").await;
    assert_eq!(talk.view().await["unread_count"], 3);
    let messages = talk.messages().await;
    let find = |text: &str| messages.iter().find(|one| one["text"] == text).unwrap()["id"].clone();
    let viewer = talk.shop.invite("viewer").await;
    let read = async |id: Value| {
        let body = json!({ "message_id": id });
        let answer = viewer.post(&talk.path("/read"), &body).await;
        answer.expect(200)["unread_count"].clone()
    };
    assert_eq!(read(find("দুই")).await, 1);
    assert_eq!(
        read(find("লাল শাড়ি আছে?")).await,
        1,
        "nothing becomes unread again"
    );
    talk.says("চার").await;
    assert_eq!(talk.view().await["unread_count"], 2);
    assert_eq!(
        read(talk.messages().await.last().unwrap()["id"].clone()).await,
        0
    );
    talk.says("পাঁচ").await;
    let answer = json!({ "text": "জি", "client_id": "c-1" });
    talk.shop
        .post(&talk.path("/messages"), &answer)
        .await
        .expect(201);
    assert_eq!(
        talk.view().await["unread_count"],
        0,
        "a person's answer reads all"
    );
    let other = json!({ "message_id": uuid::Uuid::now_v7() });
    talk.refused("read", other).await;
}

/// A message that comes twice is one unread message.
#[tokio::test(flavor = "multi_thread")]
async fn a_redelivery_is_not_counted_and_changes_nothing() {
    let talk = Talk::start().await;
    let before = talk.view().await;
    let bodies = talk
        .app
        .db
        .rows("SELECT convert_from(body, 'UTF8') AS body FROM webhook_events")
        .await;
    let mut again = 0;
    for body in bodies.iter().filter_map(|row| row["body"].as_str()) {
        assert_eq!(talk.page.receive(&format!("{body} ")).await, 200);
        again += 1;
    }
    assert!(again > 0);
    talk.app.settle().await;
    assert_eq!(talk.view().await, before);
}
