//! The search of the inbox: three writings of a word find each other, names too, and nobody else's rows ever.

use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use reqwest::Url;
use sandbox::graph::Platform;
use serde_json::{Value, json};

/// The texts of the conversations' last messages that a search finds, sorted.
async fn finds(shop: &Shop, question: &str) -> Vec<String> {
    let mut url = Url::parse("http://server/conversations").unwrap();
    url.query_pairs_mut().append_pair("q", question);
    let query = url.query().unwrap();
    let found = shop.all(&format!("/conversations?{query}")).await;
    let counts = shop
        .get(&format!("/conversations/counts?{query}"))
        .await
        .expect(200);
    assert_eq!(counts["all"], found.len(), "{question}: {counts}");
    let mut texts: Vec<_> = found
        .iter()
        .map(|one| one["last_message"]["text"].as_str().unwrap().to_owned())
        .collect();
    texts.sort_unstable();
    texts
}

/// A shop that nobody answers for, with a conversation for each text.
async fn shop_that_heard(app: &TestApp, texts: &[&str]) -> (Shop, Account) {
    let shop = app.shop().await;
    let page = shop
        .account(ChannelKind::Facebook)
        .agent(None)
        .connect()
        .await;
    for (number, text) in texts.iter().enumerate() {
        page.customer_writes(&format!("customer-{number}"), text)
            .await;
    }
    app.settle().await;
    (shop, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn bangla_banglish_and_english_find_each_other() {
    let app = TestApp::start().await;
    let texts = [
        "ভাই এটার দাম কত?",
        "apu daam kotto eitar",
        "price bolen",
        "ডেলিভারি চার্জ আছে?",
        "delivery kobe pabo",
        "লাল শাড়িটা আছে?",
        "cream lagbe",
        "আমার নম্বর ০১৭১১২২৩৩৪৪",
    ];
    let (shop, _) = shop_that_heard(&app, &texts).await;
    let of = |wanted: &[usize]| {
        let mut wanted: Vec<_> = wanted.iter().map(|at| texts[*at].to_owned()).collect();
        wanted.sort_unstable();
        wanted
    };
    for (question, wanted) in [
        ("dam koto", of(&[0, 1])),
        ("দাম কত", of(&[0, 1])),
        ("কত দাম", of(&[0, 1])),
        ("delivery", of(&[3, 4])),
        ("ডেলিভারি", of(&[3, 4])),
        ("deliv", of(&[3, 4])),
        ("delivery charge", of(&[3])),
        ("প্রাইস", of(&[2])),
        ("shari", of(&[5])),
        ("01711", of(&[7])),
        ("০১৭১১", of(&[7])),
        ("CREAM!", of(&[6])),
        // Neither a part of a word nor a word that only sounds a bit like it.
        ("karim", of(&[])),
        ("ream", of(&[])),
        ("?!", of(&[])),
        ("dam delivery", of(&[])),
    ] {
        assert_eq!(finds(&shop, question).await, wanted, "{question}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_notes_and_names_are_found_and_an_old_name_is_not() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let phone = shop
        .account(ChannelKind::Whatsapp)
        .agent(None)
        .connect()
        .await;
    let (customer, account) = ("8801711223344", &phone.external_id);
    app.graph
        .customer_message_named(
            Platform::Whatsapp,
            account,
            customer,
            "Nusrat Jahan",
            "দাম কত?",
        )
        .await
        .expect("the account has a webhook");
    app.settle().await;
    let conversation = shop.conversation().await;
    let path = format!("/conversations/{}", conversation["id"].as_str().unwrap());
    for (below, text) in [("messages", "পাঞ্জাবি ১২০০ টাকা"), ("notes", "baki ache 500")]
    {
        let body = json!({ "text": text, "client_id": text });
        shop.post(&format!("{path}/{below}"), &body)
            .await
            .expect(201);
    }
    app.settle().await;
    let found = async |question| finds(&shop, question).await.len();
    for question in [
        "panjabi",
        "1200",
        "baki",
        "নুসরাত",
        "nusrat jahan",
        "nusrat dam",
    ] {
        assert_eq!(found(question).await, 1, "{question}");
    }
    let contact = format!(
        "/contacts/{}",
        conversation["contact"]["id"].as_str().unwrap()
    );
    shop.patch(&contact, &json!({ "name": "Mitu Akter" }))
        .await
        .expect(200);
    assert_eq!((found("mitu").await, found("nusrat").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_keeps_to_tab_filter_and_page() {
    let app = TestApp::start().await;
    let texts: Vec<_> = (0..5).map(|number| format!("dam koto {number}")).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let (shop, _) = shop_that_heard(&app, &texts).await;
    let closed = shop.conversations().await.remove(2);
    let path = format!("/conversations/{}/resolve", closed["id"].as_str().unwrap());
    shop.post(&path, &json!({})).await.expect(200);
    let counts = shop.get("/conversations/counts?q=dam").await.expect(200);
    assert_eq!(
        (&counts["closed"], &counts["needs_human"], &counts["all"]),
        (&json!(1), &json!(4), &json!(5))
    );
    let found = shop
        .get("/conversations?q=dam&tab=closed")
        .await
        .expect(200);
    assert_eq!(
        (
            found["items"].as_array().unwrap().len(),
            &found["items"][0]["id"]
        ),
        (1, &closed["id"])
    );
    let first = shop.get("/conversations?q=dam&limit=3").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = shop
        .get(&format!("/conversations?q=dam&limit=3&cursor={cursor}"))
        .await
        .expect(200);
    let ids = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = shop
        .conversations()
        .await
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!([ids(&first), ids(&rest)].concat(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_finds_nothing_of_ours() {
    let app = TestApp::start().await;
    let (ours, page) = shop_that_heard(&app, &["gopon kotha"]).await;
    let (theirs, _) = shop_that_heard(&app, &["onno kotha"]).await;
    assert_eq!(finds(&theirs, "kotha").await, ["onno kotha"]);
    assert!(finds(&theirs, "gopon").await.is_empty());
    let foreign = format!("/conversations?q=gopon&account_id={}", page.id);
    assert_eq!(theirs.get(&foreign).await.expect(200)["items"], json!([]));
    let conversation = ours.conversation().await["id"].as_str().unwrap().to_owned();
    let foreign = format!("/conversations?ids={conversation}");
    assert_eq!(theirs.get(&foreign).await.expect(200)["items"], json!([]));
}
