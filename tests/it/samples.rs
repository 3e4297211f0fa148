//! All webhook samples of the three platforms, through the real webhook, against what their index says of them.

use std::collections::BTreeSet;

use banglachat_tests::fixtures::{self, Sample, samples};
use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use reqwest::Method;
use sandbox::wire::sign;
use serde_json::{Value, json};

const PLATFORMS: [ChannelKind; 3] = [
    ChannelKind::Facebook,
    ChannelKind::Instagram,
    ChannelKind::Whatsapp,
];
const INSTALLATION_SECRET: &str = "installation-app-secret-0123456789";

/// The organization that the samples were written for. It has no agent: what comes in is kept, and nothing else happens.
struct SampleShop {
    shop: Shop,
    accounts: Vec<Account>,
}

impl SampleShop {
    async fn new(app: &TestApp) -> Self {
        let shop = app.shop().await;
        let mut accounts = Vec::new();
        for (platform, id) in fixtures::ACCOUNTS {
            accounts.push(
                shop.account(platform)
                    .external_id(id)
                    .app_secret(fixtures::SECRET)
                    .connect()
                    .await,
            );
        }
        Self { shop, accounts }
    }

    fn of(&self, platform: ChannelKind) -> &Account {
        self.accounts
            .iter()
            .find(|account| account.platform == platform)
            .unwrap()
    }

    /// Every message with its account and the ids of its contact.
    async fn rows(&self, app: &TestApp) -> Vec<Value> {
        app.db
            .rows(&format!(
                "SELECT a.platform, a.external_id AS account, m.external_id, m.author, m.kind, m.text, m.payload, m.comment_id,
                        m.reply_to_external_id, m.platform_time, jsonb_array_length(m.attachments) AS attachments,
                        (SELECT jsonb_agg(i.kind || ' ' || i.value ORDER BY i.kind, i.value) FROM contact_identities i
                         WHERE i.organization_id = c.organization_id AND i.contact_id = c.contact_id) AS contact
                 FROM messages m
                 JOIN conversations c ON (c.organization_id, c.id) = (m.organization_id, m.conversation_id)
                 JOIN social_accounts a ON (a.organization_id, a.id) = (c.organization_id, c.account_id)
                 WHERE m.organization_id = '{}' ORDER BY a.platform, a.external_id, m.external_id COLLATE \"C\"",
                self.shop.id
            ))
            .await
    }

    async fn customer_messages(&self, app: &TestApp) -> i64 {
        app.db
            .count(&format!(
                "messages WHERE author = 'customer' AND organization_id = '{}'",
                self.shop.id
            ))
            .await
    }
}

/// The rows that come of the samples in the index's order, each in a POST of its own.
async fn rows_in_order() -> Vec<Value> {
    let app = TestApp::start().await;
    let shop = SampleShop::new(&app).await;
    for sample in samples() {
        assert_eq!(
            shop.of(sample.platform).receive(&sample.body).await,
            200,
            "{}",
            sample.file
        );
        app.settle().await;
    }
    shop.rows(&app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_yields_what_its_index_says_and_nothing_more_when_it_comes_again() {
    let app = TestApp::start().await;
    let shop = SampleShop::new(&app).await;
    let mut wrong = Vec::new();
    for sample in samples() {
        let before = shop.customer_messages(&app).await;
        assert_eq!(
            shop.of(sample.platform).receive(&sample.body).await,
            200,
            "{}",
            sample.file
        );
        app.settle().await;
        let new = shop.customer_messages(&app).await - before;
        if new != i64::try_from(sample.yields).unwrap() {
            wrong.push(format!(
                "{}: {new} instead of {}",
                sample.file, sample.yields
            ));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let rows = shop.rows(&app).await;
    for sample in samples() {
        assert_eq!(
            shop.of(sample.platform).receive(&sample.body).await,
            200,
            "{}",
            sample.file
        );
        // Other bytes with the same events: it is not the body's hash alone that keeps them from counting twice.
        assert_eq!(
            shop.of(sample.platform)
                .receive(&format!("{}\n ", sample.body))
                .await,
            200,
            "{}",
            sample.file
        );
    }
    app.settle().await;
    assert_same(&shop.rows(&app).await, &rows, "each sample again");
    assert_eq!(
        app.db.count("webhook_events WHERE state <> 'done'").await,
        0
    );
    assert_eq!(app.db.rows("SELECT kind, raw, quarantine_reason FROM inbound_events WHERE state = 'quarantined'").await, Vec::<Value>::new());
    assert_eq!(app.graph.ledger(), [], "nobody asked for an answer");
}

/// The index says it in words: "one choice message", "one comment".
fn kind_in_words(sample: &Sample) -> Option<String> {
    let index = fixtures::body("index.md");
    let line = index
        .lines()
        .find(|line| line.contains(&format!("`{}`", sample.file)))?
        .to_lowercase();
    let words = line.split("| one ").nth(1)?;
    let first = words.split([' ', ';']).next()?;
    let is_kind = words.starts_with("comment") || words.split(' ').nth(1)?.starts_with("message");
    is_kind.then(|| first.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_has_the_kind_that_its_index_names() {
    let app = TestApp::start().await;
    let shop = SampleShop::new(&app).await;
    let mut checked = BTreeSet::new();
    for sample in samples().into_iter().filter(|sample| sample.yields == 1) {
        let Some(expected) = kind_in_words(&sample) else {
            continue;
        };
        assert_eq!(
            shop.of(sample.platform).receive(&sample.body).await,
            200,
            "{}",
            sample.file
        );
        app.settle().await;
        let newest = app
            .db
            .row("SELECT kind, text FROM messages ORDER BY created_at DESC, id DESC LIMIT 1")
            .await;
        assert_eq!(
            newest["kind"].as_str(),
            Some(expected.as_str()),
            "{}",
            sample.file
        );
        assert!(
            expected != "text" || newest["text"].is_string(),
            "{}: a text message has text",
            sample.file
        );
        checked.insert(expected);
    }
    assert!(
        checked.len() >= 15,
        "the index was read wrongly: {checked:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_kept_exactly_as_it_was_decoded() {
    let app = TestApp::start().await;
    let shop = SampleShop::new(&app).await;
    for file in [
        "messenger-text.json",
        "messenger-text-banglish-emoji.json",
        "messenger-raw-escaped.json",
    ] {
        let body = fixtures::body(file);
        let sent: Value = serde_json::from_str(&body).unwrap();
        let message = &sent["entry"][0]["messaging"][0]["message"];
        assert_eq!(shop.of(ChannelKind::Facebook).receive(&body).await, 200);
        app.settle().await;
        let stored = app
            .db
            .row(&format!(
                "SELECT text FROM messages WHERE external_id = '{}'",
                message["mid"].as_str().unwrap()
            ))
            .await;
        assert_eq!(stored["text"], message["text"], "{file}");
    }
}

/// A small generator that repeats itself: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Not waited for in between: several are processed at once, as in life.
#[tokio::test(flavor = "multi_thread")]
async fn shuffled_and_repeated_samples_make_the_same_rows() {
    let expected = rows_in_order().await;
    let seed = std::env::var("TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    for seed in seed.map_or(vec![1, 2], |seed| vec![seed]) {
        println!("TEST_SEED={seed}");
        let app = TestApp::start().await;
        let shop = SampleShop::new(&app).await;
        let mut bodies: Vec<Sample> = samples()
            .into_iter()
            .flat_map(|sample| [sample.clone(), sample])
            .collect();
        Random(seed).shuffle(&mut bodies);
        for sample in bodies {
            assert_eq!(
                shop.of(sample.platform).receive(&sample.body).await,
                200,
                "{}",
                sample.file
            );
        }
        app.settle().await;
        assert_same(&shop.rows(&app).await, &expected, &format!("seed {seed}"));
    }
}

/// All entries of a platform's samples, and `more`, in one body.
fn batch(platform: ChannelKind, more: &[Value]) -> String {
    let bodies: Vec<Value> = samples()
        .iter()
        .filter(|sample| sample.platform == platform)
        .map(|sample| serde_json::from_str(&sample.body).unwrap())
        .collect();
    let entries: Vec<&Value> = bodies
        .iter()
        .chain(more)
        .flat_map(|body| body["entry"].as_array().unwrap())
        .collect();
    json!({ "object": bodies[0]["object"], "entry": entries }).to_string()
}

/// Another organization with an account on each platform, and an event of each of these.
async fn neighbour(app: &TestApp) -> (Shop, Vec<(ChannelKind, Value)>) {
    let shop = app.shop().await;
    let mut events = Vec::new();
    for platform in PLATFORMS {
        let account = shop.social_account(platform).await;
        let sample = match platform {
            ChannelKind::Facebook => "messenger-text.json",
            ChannelKind::Instagram => "instagram-text.json",
            _ => "whatsapp-text.json",
        };
        let (_, own) = fixtures::ACCOUNTS
            .iter()
            .find(|known| known.0 == platform)
            .unwrap();
        let body = fixtures::body(sample).replace(own, &account.external_id);
        events.push((platform, serde_json::from_str(&body).unwrap()));
    }
    (shop, events)
}

fn event_of(events: &[(ChannelKind, Value)], platform: ChannelKind) -> Value {
    events
        .iter()
        .find(|event| event.0 == platform)
        .unwrap()
        .1
        .clone()
}

/// R44.
#[tokio::test(flavor = "multi_thread")]
async fn one_batch_makes_the_same_rows_and_drops_another_organizations_entry() {
    let expected = rows_in_order().await;
    let app = TestApp::start().await;
    let shop = SampleShop::new(&app).await;
    let (neighbour, events) = neighbour(&app).await;
    for platform in PLATFORMS {
        let body = batch(platform, &[event_of(&events, platform)]);
        assert_eq!(shop.of(platform).receive(&body).await, 200, "{platform}");
    }
    app.settle().await;
    assert_same(&shop.rows(&app).await, &expected, "one batch per platform");
    assert_eq!(neighbour.conversations().await, Vec::<Value>::new());
    assert_eq!(
        app.db
            .count(&format!(
                "inbound_events WHERE organization_id = '{}'",
                neighbour.id
            ))
            .await,
        0
    );
    assert_eq!(
        app.db.count("webhook_events WHERE ignored_items > 0").await,
        3,
        "what was dropped is counted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installations_route_gives_each_entry_to_its_organization() {
    let expected = rows_in_order().await;
    let app = TestApp::start().await;
    let shop = SampleShop::new(&app).await;
    let (neighbour, events) = neighbour(&app).await;
    for (platform, last_slash) in PLATFORMS.into_iter().zip(["/", "", "/"]) {
        let body = batch(platform, &[event_of(&events, platform)]);
        let signature = sign(INSTALLATION_SECRET, body.as_bytes());
        let headers = [
            ("content-type", "application/json"),
            ("x-hub-signature-256", signature.as_str()),
        ];
        let path = format!("/social/webhook/{platform}{last_slash}");
        app.api
            .send(Method::POST, &path, &headers, Some(body.into_bytes()))
            .await
            .expect_text(200);
    }
    app.settle().await;
    assert_same(
        &shop.rows(&app).await,
        &expected,
        "the installation's route",
    );
    assert_eq!(
        neighbour.conversations().await.len(),
        3,
        "one customer on each platform"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_accounts_that_nobody_connected_are_taken_and_dropped() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    for platform in PLATFORMS {
        let account = shop
            .account(platform)
            .app_secret(fixtures::SECRET)
            .connect()
            .await;
        assert_eq!(account.receive(&batch(platform, &[])).await, 200);
    }
    app.settle().await;
    assert_eq!(app.db.count("messages").await, 0);
    assert_eq!(app.db.count("contacts").await, 0);
    assert_eq!(
        app.db
            .count("webhook_events WHERE state = 'done' AND ignored_items > 0")
            .await,
        3
    );
}

/// Says which rows differ, not only that some do.
#[track_caller]
fn assert_same(found: &[Value], expected: &[Value], how: &str) {
    let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
    let unexpected: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
    assert!(
        missing.is_empty() && unexpected.is_empty(),
        "{how}\nmissing {missing:#?}\nunexpected {unexpected:#?}"
    );
    assert_eq!(found.len(), expected.len(), "{how}");
}
