//! The inbox: what each tab shows and counts, pages, filters, who waits, and what a row tells; contacts.

use std::collections::BTreeMap;
use std::time::Duration;

use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use sandbox::Rule;
use sandbox::graph::Fault;
use serde_json::{Value, json};

const TABS: [&str; 6] = ["needs_human", "mine", "ai", "snoozed", "closed", "all"];
const KNOWN: (&str, &str) = ("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।");

async fn shop_with_page(app: &TestApp) -> (Shop, Account) {
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[KNOWN]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    (shop, page)
}

/// A customer writes, and the conversation as it is when all is done.
async fn writes(app: &TestApp, account: &Account, customer: &str, text: &str) -> Value {
    account.customer_writes(customer, text).await;
    app.settle().await;
    let mut all = account.shop.conversations().await;
    all.remove(0)
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn act(shop: &Shop, conversation: &Value, action: &str, body: Value) -> Value {
    let path = format!("/conversations/{}/{action}", id(conversation));
    let answer = shop.post(&path, &body).await;
    assert!(answer.status < 300, "{action}: {}", answer.text);
    answer.json()
}

async fn reads(shop: &Shop, conversation: &Value) -> Value {
    let path = format!("/conversations/{}", id(conversation));
    shop.get(&path).await.expect(200)
}

async fn ids_of(shop: &Shop, query: &str) -> Vec<String> {
    let found = shop.all(&format!("/conversations?{query}")).await;
    found.iter().map(id).collect()
}

/// What each tab lists; and that the counts say the same.
async fn tabs(shop: &Shop, filter: &str) -> BTreeMap<&'static str, Vec<String>> {
    let counts = shop
        .get(&format!("/conversations/counts?{filter}"))
        .await
        .expect(200);
    let mut found = BTreeMap::new();
    for tab in TABS {
        let ids = ids_of(shop, &format!("tab={tab}&{filter}")).await;
        assert_eq!(counts[tab], ids.len(), "{tab} with {filter}: {counts}");
        found.insert(tab, ids);
    }
    if filter.contains("unread=") {
        return found;
    }
    let unread = ids_of(shop, &format!("unread=true&{filter}")).await;
    assert_eq!(counts["unread"], unread.len(), "{filter}: {counts}");
    found
}

fn in_tabs(tabs: &BTreeMap<&'static str, Vec<String>>, conversation: &Value) -> Vec<&'static str> {
    let id = id(conversation);
    let holds = |(tab, ids): (&&'static str, &Vec<String>)| ids.contains(&id).then_some(*tab);
    tabs.iter().filter_map(holds).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_conversation_stands_in_its_tabs_and_the_counts_agree() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let answered = writes(&app, &page, "c-1", KNOWN.0).await;
    let unknown = writes(&app, &page, "c-2", "ড্রোন ক্যামেরা আছে?").await;
    let taken = writes(&app, &page, "c-3", KNOWN.0).await;
    act(&shop, &taken, "take_over", json!({})).await;
    let taken = writes(&app, &page, "c-3", "apni achen?").await;
    let mine = writes(&app, &page, "c-4", KNOWN.0).await;
    let me = json!({ "user_id": shop.member.id });
    act(&shop, &mine, "assign", me).await;
    let snoozed = writes(&app, &page, "c-5", KNOWN.0).await;
    let until = (app.state.clock.now() + Duration::from_secs(600)).to_rfc3339();
    act(&shop, &snoozed, "snooze", json!({ "until": until })).await;
    let closed = writes(&app, &page, "c-6", KNOWN.0).await;
    act(&shop, &closed, "resolve", json!({})).await;

    let found = tabs(&shop, "").await;
    assert_eq!(in_tabs(&found, &answered), ["ai", "all"]);
    assert_eq!(in_tabs(&found, &unknown), ["all", "needs_human"]);
    assert_eq!(in_tabs(&found, &taken), ["all", "needs_human"]);
    assert_eq!(in_tabs(&found, &mine), ["ai", "all", "mine"]);
    assert_eq!(in_tabs(&found, &snoozed), ["all", "snoozed"]);
    assert_eq!(in_tabs(&found, &closed), ["all", "closed"]);
    assert_eq!(found["all"].len(), 6);

    // `mine` is each one's own.
    let other = shop.invite("operator").await;
    assert!(tabs(&other, "").await["mine"].is_empty());
    // A snooze ends by itself.
    app.pass(Duration::from_secs(601)).await;
    assert_eq!(in_tabs(&tabs(&shop, "").await, &snoozed), ["ai", "all"]);
    // And a closed conversation comes back when its customer writes.
    writes(&app, &page, "c-6", KNOWN.0).await;
    assert_eq!(in_tabs(&tabs(&shop, "").await, &closed), ["ai", "all"]);
}

/// Whoever takes over has not answered yet: the customer still waits, also while the flag is off.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_ai_with_a_customer_who_waits_needs_a_human_until_somebody_answers() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let conversation = writes(&app, &page, "c-1", "ড্রোন ক্যামেরা আছে?").await;
    let since = conversation["waiting_since"].clone();
    assert!(
        since.is_string(),
        "calling a person is no answer: {conversation}"
    );
    let taken = act(&shop, &conversation, "take_over", json!({})).await;
    assert_eq!(
        (&taken["needs_human"], &taken["waiting_since"]),
        (&json!(false), &since)
    );
    let found = tabs(&shop, "").await;
    assert_eq!(in_tabs(&found, &taken), ["all", "needs_human"]);

    // An answer that the platform refuses has answered nobody.
    app.graph.fault(Rule::next(1, Fault::error(400, 551)));
    let answer = json!({ "text": "জি, আছে", "client_id": "a-1" });
    act(&shop, &conversation, "messages", answer).await;
    app.settle().await;
    let failed = reads(&shop, &conversation).await;
    assert_eq!(
        (
            &failed["last_message"]["failure"],
            failed["waiting_since"].is_string()
        ),
        (&json!(true), true),
        "{failed}"
    );
    let answer = json!({ "text": "জি, আছে", "client_id": "a-2" });
    act(&shop, &conversation, "messages", answer).await;
    app.settle().await;
    let answered = reads(&shop, &conversation).await;
    assert_eq!(answered["waiting_since"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_answered_or_put_aside_does_not_wait() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let by_ai = writes(&app, &page, "c-1", KNOWN.0).await;
    assert_eq!(by_ai["waiting_since"], Value::Null);
    let unknown = writes(&app, &page, "c-2", "ড্রোন ক্যামেরা আছে?").await;
    writes(&app, &page, "c-2", "hello?").await;
    let again = reads(&shop, &unknown).await;
    assert_eq!(
        again["waiting_since"], unknown["waiting_since"],
        "since the first"
    );
    // Somebody answers on the platform itself.
    page.human_writes("c-2", "জি, আছে").await;
    app.settle().await;
    assert_eq!(reads(&shop, &unknown).await["waiting_since"], Value::Null);
    let other = writes(&app, &page, "c-3", "ড্রোন ক্যামেরা আছে?").await;
    let closed = act(&shop, &other, "resolve", json!({})).await;
    assert_eq!(closed["waiting_since"], Value::Null);
}

/// Rows by hand: two hundred conversations with few different times, so that pages end inside of one.
#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_each_tab_have_every_conversation_once_and_in_order() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let (organization, me) = (&shop.id, &shop.member.id);
    app.db
        .execute(&format!(
            "INSERT INTO contacts (organization_id, id, created_at, updated_at)
                 SELECT '{organization}', md5(n::text)::uuid, now(), now() FROM generate_series(1, 200) n;
             INSERT INTO conversations (organization_id, id, account_id, contact_id, status, assignee_id, ai_state, needs_human, last_message_at,
                 created_at, updated_at, snoozed_until, unread_count)
             SELECT '{organization}', md5(n || 'v')::uuid, '{account}', md5(n::text)::uuid, CASE WHEN n % 4 = 0 THEN 'resolved' ELSE 'open' END,
                 CASE WHEN n % 3 = 0 THEN '{me}'::uuid END, 'on', n % 4 = 1, now() - make_interval(mins => n / 40), now(), now(),
                 CASE WHEN n % 8 = 2 THEN now() + interval '1 day' END, n % 2
             FROM generate_series(1, 200) n",
            account = page.id,
        ))
        .await;
    let found = tabs(&shop, "").await;
    let sizes: Vec<_> = TABS.iter().map(|tab| found[tab].len()).collect();
    assert_eq!(sizes, [50, 42, 75, 25, 50, 200]);
    for tab in TABS {
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/conversations?tab={tab}&limit=7{cursor}");
            let page = shop.get(&path).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 7, "{path}");
            paged.extend(items.iter().map(id));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged, found[tab], "{tab}");
        let mut once = paged.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), paged.len(), "{tab}: none twice");
    }
    let all = shop.conversations().await;
    let times: Vec<_> = all
        .iter()
        .map(|one| one["last_message_at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
}

/// More than a thousand are not counted, and how many more is not asked.
#[tokio::test(flavor = "multi_thread")]
async fn counts_end_at_a_thousand() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let organization = &shop.id;
    app.db
        .execute(&format!(
            "INSERT INTO contacts (organization_id, id, created_at, updated_at)
                 SELECT '{organization}', md5(n::text)::uuid, now(), now() FROM generate_series(1, 1001) n;
             INSERT INTO conversations (organization_id, id, account_id, contact_id, status, ai_state, last_message_at, created_at, updated_at)
             SELECT '{organization}', md5(n || 'v')::uuid, '{account}', md5(n::text)::uuid, CASE WHEN n <= 999 THEN 'resolved' ELSE 'open' END,
                 'on', now(), now(), now() FROM generate_series(1, 1001) n",
            account = page.id,
        ))
        .await;
    let counts = shop.get("/conversations/counts").await.expect(200);
    let wanted = json!({ "needs_human": 0, "mine": 0, "ai": 2, "snoozed": 0, "closed": 999, "all": 1000, "unread": 0 });
    assert_eq!(counts, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_leave_what_they_name() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let phone = shop.social_account(ChannelKind::Whatsapp).await;
    let on_page = writes(&app, &page, "c-1", KNOWN.0).await;
    let on_phone = writes(&app, &phone, "8801711223344", "ড্রোন ক্যামেরা আছে?").await;
    let (on_page, on_phone) = (id(&on_page), id(&on_phone));
    act(
        &shop,
        &json!({ "id": on_phone }),
        "assign",
        json!({ "user_id": shop.member.id }),
    )
    .await;
    let newest = shop.messages(&json!({ "id": on_page })).await;
    let newest = newest
        .iter()
        .rev()
        .find(|message| message["author"] == "customer")
        .map(id);
    act(
        &shop,
        &json!({ "id": on_page }),
        "read",
        json!({ "message_id": newest }),
    )
    .await;
    let (account, me) = (&page.id, &shop.member.id);
    let stranger = uuid::Uuid::now_v7();
    for (query, wanted) in [
        (format!("account_id={account}"), vec![&on_page]),
        ("platform=whatsapp".to_owned(), vec![&on_phone]),
        ("platform=instagram".to_owned(), vec![]),
        (format!("platform=whatsapp&account_id={account}"), vec![]),
        (format!("assignee_id={me}"), vec![&on_phone]),
        ("unread=true".to_owned(), vec![&on_phone]),
        ("unread=false".to_owned(), vec![&on_page]),
        ("needs_human=true".to_owned(), vec![&on_phone]),
        ("status=resolved".to_owned(), vec![]),
        (format!("account_id={stranger}"), vec![]),
    ] {
        let found = tabs(&shop, &query).await;
        assert_eq!(found["all"].iter().collect::<Vec<_>>(), wanted, "{query}");
    }
    assert_eq!(
        ids_of(&shop, &format!("ids={on_page}")).await,
        std::slice::from_ref(&on_page)
    );
    let both = ids_of(&shop, &format!("ids={stranger},{on_page},{on_phone}")).await;
    assert_eq!(both, [on_phone.clone(), on_page.clone()]);
    let one_of_tab = ids_of(&shop, &format!("tab=needs_human&ids={on_page},{on_phone}")).await;
    assert_eq!(one_of_tab, [on_phone]);
    for wrong in ["ids=x", "tab=nothing", "q=", "platform=fax", "ids="] {
        shop.get(&format!("/conversations?{wrong}"))
            .await
            .expect(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_tells_account_assignee_and_the_last_of_the_talk() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let conversation = writes(&app, &page, "c-1", KNOWN.0).await;
    assert_eq!(conversation["platform"], "facebook");
    assert_eq!(conversation["account_name"], page.view().await["name"]);
    assert_eq!(conversation["last_message"]["author"], "agent");
    assert!(
        conversation["last_message"]["text"]
            .as_str()
            .unwrap()
            .contains("৬০"),
        "{conversation}"
    );
    assert_eq!(conversation["last_message"]["failure"], false);
    assert_eq!(conversation["assignee"], Value::Null);
    // Notes and events are not the talk.
    act(
        &shop,
        &conversation,
        "notes",
        json!({ "text": "পুরোনো গ্রাহক", "client_id": "n-1" }),
    )
    .await;
    let other = shop.invite("operator").await;
    let assigned = act(
        &shop,
        &conversation,
        "assign",
        json!({ "user_id": other.member.id }),
    )
    .await;
    assert_eq!(assigned["assignee"]["user_id"], other.member.id);
    assert_eq!(
        assigned["assignee"]["name"],
        format!("operator of {}", shop.name)
    );
    assert_eq!(assigned["last_message"], conversation["last_message"]);
    // Long texts are cut by letters, not by bytes.
    let long = "ক".repeat(300);
    let cut = writes(&app, &page, "c-1", &long).await;
    let wrote = shop.messages(&cut).await;
    assert!(wrote.iter().any(|message| message["text"] == long));
    let last = cut["last_message"]["text"].as_str().unwrap();
    assert!(last.chars().count() <= 200, "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_has_its_ids_and_talks_and_keeps_the_name_it_is_given() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let phone = shop.social_account(ChannelKind::Whatsapp).await;
    let conversation = writes(&app, &phone, "8801711223344", "দাম কত?").await;
    let path = format!(
        "/contacts/{}",
        conversation["contact"]["id"].as_str().unwrap()
    );
    let contact = shop.get(&path).await.expect(200);
    assert_eq!(contact["name"], "Customer");
    assert_eq!(contact["conversations"], json!([conversation]));
    assert_eq!(contact["messages_total"], 1);
    let phones = contact["identities"].as_array().unwrap();
    assert!(
        phones.iter().any(|one| one["value"] == "8801711223344"
            && one["platform"] == "whatsapp"
            && one["account_id"] == phone.id),
        "{contact}"
    );
    assert!(contact["first_seen_at"].as_str() <= contact["created_at"].as_str());

    shop.invite("viewer")
        .await
        .patch(&path, &json!({ "name": "x" }))
        .await
        .expect(403);
    shop.patch(&path, &json!({ "name": " " })).await.expect(422);
    let renamed = shop
        .patch(&path, &json!({ "name": "রহিম উদ্দিন" }))
        .await
        .expect(200);
    assert_eq!(renamed["name"], "রহিম উদ্দিন");
    let seen = &renamed["conversations"][0];
    assert_eq!(seen["contact"]["name"], "রহিম উদ্দিন");
    assert!(
        seen["changed_at"].as_str() > conversation["changed_at"].as_str(),
        "open inboxes are told"
    );
    writes(&app, &phone, "8801711223344", "ভাই?").await;
    assert_eq!(shop.get(&path).await.expect(200)["name"], "রহিম উদ্দিন");
    let log = shop.all("/audit_log?action=contact.changed").await;
    assert_eq!(log.len(), 1);
    assert!(
        !log[0].to_string().contains("রহিম"),
        "names are no part of the log"
    );
}
