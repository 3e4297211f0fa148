//! The home page and analytics: facts that follow what happens, and days of the organization's own time zone.

use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use serde_json::{Value, json};

const KNOWN: (&str, &str) = ("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।");

async fn home(shop: &Shop) -> Value {
    shop.get("/home").await.expect(200)
}

/// The steps that are done.
async fn done(shop: &Shop) -> Vec<String> {
    let steps = home(shop).await["onboarding"].clone();
    let steps = steps.as_object().unwrap();
    let done = steps.iter().filter(|(_, done)| **done == json!(true));
    done.map(|(step, _)| step.clone()).collect()
}

async fn analytics(shop: &Shop, query: &str) -> Value {
    shop.get(&format!("/analytics?{query}")).await.expect(200)
}

async fn answered_shop(app: &TestApp) -> (Shop, Account) {
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[KNOWN]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    (shop, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_is_done_when_its_fact_is_there_and_open_again_when_it_goes() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    assert!(done(&shop).await.is_empty());
    shop.patch("", &json!({ "name": "Shapla Store" }))
        .await
        .expect(200);
    assert_eq!(done(&shop).await, ["profile"]);
    let agent = shop.agent(json!({})).await;
    assert_eq!(done(&shop).await, ["agent", "profile"]);
    let entry = json!({ "questions": [KNOWN.0], "answer_bn": KNOWN.1 });
    let entry = shop.post("/knowledge", &entry).await.expect(201);
    assert_eq!(done(&shop).await, ["agent", "knowledge", "profile"]);
    let page = shop
        .account(ChannelKind::Facebook)
        .agent(None)
        .connect()
        .await;
    assert_eq!(
        done(&shop).await,
        ["account", "agent", "knowledge", "profile"]
    );
    let path = format!("/social_accounts/{}", page.id);
    shop.patch(&path, &json!({ "agent_id": agent, "auto_reply": true }))
        .await
        .expect(200);
    assert_eq!(
        done(&shop).await,
        ["account", "agent", "knowledge", "live", "profile"]
    );
    shop.patch(&path, &json!({ "auto_reply": false }))
        .await
        .expect(200);
    assert!(!done(&shop).await.contains(&"live".to_owned()));
    shop.patch(&path, &json!({ "auto_reply": true }))
        .await
        .expect(200);
    shop.patch(&format!("/agents/{agent}"), &json!({ "active": false }))
        .await
        .expect(200);
    assert_eq!(done(&shop).await, ["account", "knowledge", "profile"]);
    shop.delete(&format!("/knowledge/{}", entry["id"].as_str().unwrap()))
        .await
        .expect(204);
    shop.delete(&path).await.expect(204);
    assert_eq!(done(&shop).await, ["profile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn today_counts_who_asked_who_answered_and_who_still_waits() {
    let app = TestApp::start().await;
    let (shop, page) = answered_shop(&app).await;
    let empty = home(&shop).await["today"].clone();
    let nothing = json!({
        "conversations": 0, "customer_messages": 0, "ai_answers": 0, "human_answers": 0, "ai_share": null,
        "first_response_seconds_median": null, "waiting_for_human": 0,
    });
    assert_eq!(empty, nothing);
    for (customer, text) in [
        ("c-1", KNOWN.0),
        ("c-1", KNOWN.0),
        ("c-2", KNOWN.0),
        ("c-3", "ড্রোন ক্যামেরা আছে?"),
    ] {
        page.customer_writes(customer, text).await;
        app.settle().await;
    }
    let today = home(&shop).await["today"].clone();
    assert_eq!(
        (&today["conversations"], &today["customer_messages"]),
        (&json!(3), &json!(4))
    );
    // Calling a person is no answer.
    assert_eq!(
        (&today["ai_answers"], &today["waiting_for_human"]),
        (&json!(3), &json!(1)),
        "{today}"
    );
    assert_eq!(today["ai_share"], 1.0);
    let waited = today["first_response_seconds_median"].as_f64().unwrap();
    assert!((0.0..60.0).contains(&waited), "{today}");
    page.human_writes("c-3", "জি, আছে").await;
    app.settle().await;
    let today = home(&shop).await["today"].clone();
    assert_eq!(
        (
            &today["human_answers"],
            &today["ai_share"],
            &today["waiting_for_human"]
        ),
        (&json!(1), &json!(0.75), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_are_there_as_they_are_until_they_are_disconnected() {
    let app = TestApp::start().await;
    let (shop, page) = answered_shop(&app).await;
    let view = page.view().await;
    let account = home(&shop).await["accounts"][0].clone();
    assert_eq!(account["account_id"], view["id"]);
    for field in [
        "platform",
        "name",
        "health",
        "health_reason",
        "last_event_at",
        "token_expires_at",
        "paused_until",
        "auto_reply",
        "agent_id",
    ] {
        assert_eq!(account[field], view[field], "{field}");
    }
    let (organization, id) = (&shop.id, &page.id);
    app.db
        .execute(&format!("UPDATE social_accounts SET health = 'needs_reconnect', health_reason = 'Enter it again' WHERE organization_id = '{organization}' AND id = '{id}'"))
        .await;
    let account = home(&shop).await["accounts"][0].clone();
    assert_eq!(
        (&account["health"], &account["health_reason"]),
        (&json!("needs_reconnect"), &json!("Enter it again"))
    );
    shop.delete(&format!("/social_accounts/{id}"))
        .await
        .expect(204);
    assert_eq!(home(&shop).await["accounts"], json!([]));
}

/// Dhaka is six hours ahead: its midnight is 18:00 of the day before.
#[tokio::test(flavor = "multi_thread")]
async fn days_begin_and_end_at_midnight_of_the_organizations_zone() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop
        .account(ChannelKind::Facebook)
        .agent(None)
        .connect()
        .await;
    let times = [
        ("2026-03-01T17:59:59.999999Z", "2026-03-01"),
        ("2026-03-01T18:00:00Z", "2026-03-02"),
        ("2026-03-02T17:59:59.999999Z", "2026-03-02"),
        ("2026-03-02T18:00:00Z", "2026-03-03"),
    ];
    for (number, (at, _)) in times.iter().enumerate() {
        let text = format!("message {number}");
        page.customer_writes(&format!("c-{}", number % 3), &text)
            .await;
        app.settle().await;
        app.db
            .execute(&format!(
                "UPDATE messages SET created_at = '{at}' WHERE text = '{text}'"
            ))
            .await;
    }
    let counts = |view: &Value| -> Vec<(String, i64, i64)> {
        let days = view["days"].as_array().unwrap().iter();
        let number = |day: &Value, name: &str| day[name].as_i64().unwrap();
        days.map(|day| {
            (
                day["day"].as_str().unwrap().to_owned(),
                number(day, "customer_messages"),
                number(day, "conversations"),
            )
        })
        .collect()
    };
    let view = analytics(&shop, "from=2026-02-28&to=2026-03-03").await;
    let wanted = [
        ("2026-02-28", 0, 0),
        ("2026-03-01", 1, 1),
        ("2026-03-02", 2, 2),
        ("2026-03-03", 1, 1),
    ];
    assert_eq!(
        counts(&view),
        wanted.map(|(day, messages, conversations)| (day.to_owned(), messages, conversations))
    );
    // The first and the last message are of one conversation, which counts once.
    assert_eq!(
        (
            &view["totals"]["customer_messages"],
            &view["totals"]["conversations"]
        ),
        (&json!(4), &json!(3))
    );
    let one = analytics(&shop, "from=2026-03-02&to=2026-03-02").await;
    assert_eq!(
        (counts(&one).len(), &one["totals"]["customer_messages"]),
        (1, &json!(2))
    );
    shop.patch("", &json!({ "timezone": "UTC" }))
        .await
        .expect(200);
    let view = analytics(&shop, "from=2026-03-01&to=2026-03-02").await;
    let wanted = [("2026-03-01", 2, 2), ("2026-03-02", 2, 2)];
    assert_eq!(
        counts(&view),
        wanted.map(|(day, messages, conversations)| (day.to_owned(), messages, conversations))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_follow_account_agent_and_response_time() {
    let app = TestApp::start().await;
    let (shop, page) = answered_shop(&app).await;
    let first_agent = home(&shop).await["accounts"][0]["agent_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let second_agent = shop.agent(json!({})).await;
    let phone = shop.social_account(ChannelKind::Whatsapp).await;
    for (account, customer, text) in [
        (&page, "c-1", KNOWN.0),
        (&page, "c-2", "ড্রোন ক্যামেরা আছে?"),
        (&phone, "8801711223344", KNOWN.0),
    ] {
        account.customer_writes(customer, text).await;
        app.settle().await;
    }
    // The page's answer took ten seconds, the phone's thirty.
    for (account, seconds) in [(&page, 10), (&phone, 30)] {
        app.db
            .execute(&format!(
                "UPDATE messages SET waited_since = created_at - interval '{seconds} seconds' WHERE account_id = '{}' AND waited_since IS NOT NULL",
                account.id
            ))
            .await;
    }
    let row = app
        .db
        .row("SELECT (now() AT TIME ZONE 'Asia/Dhaka')::date::text AS day")
        .await;
    let day = row["day"].as_str().unwrap();
    let of = async |filter: String| {
        analytics(&shop, &format!("from={day}&to={day}{filter}")).await["totals"].clone()
    };
    let numbers = |totals: &Value| {
        ["customer_messages", "ai_answers", "handoffs"].map(|name| totals[name].as_i64().unwrap())
    };
    let all = of(String::new()).await;
    assert_eq!(numbers(&all), [3, 2, 1]);
    assert_eq!(all["first_response_seconds_median"], 20.0, "{all}");
    assert!(
        all["prompt_tokens"].is_i64() && all["completion_tokens"].is_i64(),
        "{all}"
    );
    let of_phone = of(format!("&account_id={}", phone.id)).await;
    assert_eq!(
        (
            numbers(&of_phone),
            &of_phone["first_response_seconds_median"]
        ),
        ([1, 1, 0], &json!(30.0))
    );
    assert_eq!(
        (&of_phone["prompt_tokens"], &of_phone["cost_usd"]),
        (&Value::Null, &Value::Null)
    );
    let of_first = of(format!("&agent_id={first_agent}")).await;
    assert_eq!(
        (
            numbers(&of_first),
            &of_first["first_response_seconds_median"]
        ),
        ([2, 1, 1], &json!(10.0))
    );
    assert_eq!(
        numbers(&of(format!("&agent_id={second_agent}")).await),
        [1, 1, 0]
    );
    let nobody = of(format!("&account_id={}", uuid::Uuid::now_v7())).await;
    assert_eq!(numbers(&nobody), [0, 0, 0]);
}

/// R88 and the zone: an answer at half past midnight in Dhaka is of that day, not of the day before as in UTC.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_on_the_organizations_day() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("c-1", KNOWN.0).await;
    app.settle().await;
    let used = app
        .db
        .row("SELECT day::text AS day, prompt_tokens FROM usage")
        .await;
    let row = app.db.row("SELECT (created_at AT TIME ZONE 'Asia/Dhaka')::date::text AS day FROM messages WHERE author = 'agent'").await;
    assert_eq!(used["day"], row["day"]);
    let day = used["day"].as_str().unwrap();
    let view = analytics(&shop, &format!("from={day}&to={day}")).await;
    assert_eq!(view["days"][0]["prompt_tokens"], used["prompt_tokens"]);
    assert!(used["prompt_tokens"].as_i64().unwrap() > 0);
    // A zone fourteen hours ahead and one eleven behind: for one of them it is another day than in UTC.
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        shop.patch("", &json!({ "timezone": zone }))
            .await
            .expect(200);
        page.customer_writes("c-1", KNOWN.0).await;
        app.settle().await;
        let day = app
            .db
            .row(&format!(
                "SELECT (now() AT TIME ZONE '{zone}')::date::text AS day"
            ))
            .await["day"]
            .clone();
        let day = day.as_str().unwrap();
        let used = app.db.count(&format!("usage WHERE day = '{day}'")).await;
        assert_eq!(used, 1, "{zone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_too_many_backwards_or_nonsense_are_refused() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    analytics(&shop, "from=2026-01-01&to=2026-04-02").await;
    for wrong in [
        "from=2026-01-01&to=2026-04-03",
        "from=2026-01-02&to=2026-01-01",
        "from=2026-02-30&to=2026-03-01",
        "from=0001-01-01&to=0001-01-01",
        "from=2026-01-01",
        "from=2026-01-01&to=%2B262142-12-31",
    ] {
        shop.get(&format!("/analytics?{wrong}")).await.expect(422);
    }
}
