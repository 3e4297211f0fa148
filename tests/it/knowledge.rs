//! Knowledge: entries one by one and in bulk, the search that agents use, and the limits.

use std::fmt::Write;

use banglachat_tests::{Answer, Shop, TestApp};
use futures_util::future::join_all;
use reqwest::Url;
use serde_json::{Value, json};

const DELIVERY: &str = "ঢাকার ভিতরে ৬০ টাকা, বাইরে ১২০ টাকা।";

async fn import(shop: &Shop, body: Value) -> Answer {
    shop.post("/knowledge/import", &body).await
}

/// The wrong fields of a refused request, in their order.
#[track_caller]
fn wrong_fields(answer: Answer) -> Vec<String> {
    let problem = answer.expect(422);
    let errors = problem["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["field"].as_str().unwrap().to_owned())
        .collect()
}

/// What a search finds, best first.
async fn search(shop: &Shop, question: &str) -> Vec<Value> {
    let mut url = Url::parse("http://server/knowledge/search").unwrap();
    url.query_pairs_mut().append_pair("q", question);
    let below = format!("{}?{}", url.path(), url.query().unwrap());
    let found = shop.get(&below).await.expect(200);
    found["items"].as_array().unwrap().clone()
}

/// Whether the entry with this answer is the first one found, and sure enough to be answered with.
#[track_caller]
fn answers_with(found: &[Value], answer: &str) -> bool {
    found
        .first()
        .is_some_and(|best| best["would_answer"] == true && best["entry"]["answer_bn"] == answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_created_read_changed_and_deleted() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let body =
        json!({ "title": "Delivery", "questions": ["ডেলিভারি চার্জ কত?"], "answer_bn": DELIVERY });
    let made = shop.post("/knowledge", &body).await.expect(201);
    let path = format!("/knowledge/{}", made["id"].as_str().unwrap());
    assert_eq!(shop.get(&path).await.expect(200), made);
    let change = json!({ "title": null, "answer_en": "60 taka inside Dhaka" });
    let changed = shop.patch(&path, &change).await.expect(200);
    assert_eq!(
        [
            &changed["title"],
            &changed["questions"],
            &changed["answer_bn"],
            &changed["answer_en"]
        ],
        [
            &Value::Null,
            &made["questions"],
            &json!(DELIVERY),
            &json!("60 taka inside Dhaka")
        ]
    );
    shop.delete(&path).await.expect(204);
    shop.get(&path).await.expect(404);
    shop.patch(&path, &change).await.expect(404);
    shop.delete(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_answer_of_an_entry_cannot_be_taken_away() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let none = json!({ "questions": ["দাম কত?"] });
    assert_eq!(
        wrong_fields(shop.post("/knowledge", &none).await),
        ["answer_bn"]
    );
    let body = json!({ "questions": ["দাম কত?"], "answer_bn": "৫০০ টাকা" });
    let made = shop.post("/knowledge", &body).await.expect(201);
    let path = format!("/knowledge/{}", made["id"].as_str().unwrap());
    let refused = shop.patch(&path, &json!({ "answer_bn": null })).await;
    assert_eq!(wrong_fields(refused), ["answer_bn"]);
    assert_eq!(shop.get(&path).await.expect(200), made);
    let swapped = json!({ "answer_bn": null, "answer_en": "500 taka" });
    shop.patch(&path, &swapped).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_question_is_found_and_the_old_one_is_not() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let body = json!({ "questions": ["পাঞ্জাবির দাম কত?"], "answer_bn": "১২০০ টাকা" });
    let made = shop.post("/knowledge", &body).await.expect(201);
    assert!(answers_with(
        &search(&shop, "panjabir dam koto").await,
        "১২০০ টাকা"
    ));
    let path = format!("/knowledge/{}", made["id"].as_str().unwrap());
    shop.patch(&path, &json!({ "questions": ["দোকান কখন খোলা?"] }))
        .await
        .expect(200);
    assert!(!answers_with(
        &search(&shop, "panjabir dam koto").await,
        "১২০০ টাকা"
    ));
    assert!(answers_with(
        &search(&shop, "dokan kokhon khola?").await,
        "১২০০ টাকা"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_and_a_json_list_with_the_same_entries_are_imported_alike() {
    let app = TestApp::start().await;
    let (one, other) = (app.shop().await, app.shop().await);
    // As spreadsheets save it: byte order mark, CRLF, quotes around commas and line breaks.
    let csv = "\u{feff}question,title,answer,language\r\n\
               দাম কত?|dam koto?,Price,৫০০ টাকা,\r\n\
               \"Size, colour?\",,\"S, M, L\nred\",en\r\n";
    let entries = json!([
        { "questions": ["দাম কত?", "dam koto?"], "title": "Price", "answer_bn": "৫০০ টাকা" },
        { "questions": ["Size, colour?"], "answer_en": "S, M, L\nred" },
    ]);
    for (shop, body) in [
        (&one, json!({ "csv": csv })),
        (&other, json!({ "entries": entries })),
    ] {
        assert_eq!(import(shop, body).await.expect(200)["created"], 2);
    }
    let contents = async |shop: &Shop| {
        let mut entries = shop.all("/knowledge").await;
        for entry in &mut entries {
            let fields = entry.as_object_mut().unwrap();
            fields.retain(|name, _| {
                !matches!(
                    name.as_str(),
                    "id" | "created_at" | "updated_at" | "created_by" | "updated_by"
                )
            });
        }
        entries
    };
    let stored = contents(&one).await;
    assert_eq!(stored.len(), 2);
    assert_eq!(stored, contents(&other).await);
    assert_eq!(
        one.all("/audit_log?action=knowledge.imported").await[0]["details"],
        json!({ "entries": 2 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_tells_every_row_that_it_leaves_out_and_a_dry_run_tells_the_same() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let known = json!({ "questions": ["রং কী?"], "answer_bn": "লাল" });
    shop.post("/knowledge", &known).await.expect(201);
    let csv = "question,answer_bn,language\nদাম কত?,৫০০ টাকা,\n,৬০০ টাকা,\nকবে আসবে?,,\nরং  কী,লাল,\nরং কী?,নীল,\nদাম কত?,৫০০ টাকা,\nq,a,x,y\n";
    let mut dry = json!({ "csv": csv, "dry_run": true });
    let told = import(&shop, dry.clone()).await.expect(200);
    assert_eq!(shop.all("/knowledge").await.len(), 1);
    assert!(
        shop.all("/audit_log?action=knowledge.imported")
            .await
            .is_empty()
    );
    let counts = ["created", "skipped_duplicates", "failed"].map(|name| told[name].as_u64());
    assert_eq!(counts, [Some(1), Some(2), Some(4)]);
    let errors: Vec<_> = told["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["row"].as_u64().unwrap(),
                error["field"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            (3, "questions"),
            (4, "answer_bn"),
            (6, "questions"),
            (8, "csv")
        ]
    );
    assert_eq!(told["errors"][2]["code"], "answered_differently");
    let shown: Vec<_> = told["preview"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["row"].as_u64().unwrap(), row["duplicate"] == true))
        .collect();
    assert_eq!(shown, [(2, false), (5, true), (7, true)]);

    dry["dry_run"] = json!(false);
    assert_eq!(import(&shop, dry).await.expect(200), told);
    assert_eq!(shop.all("/knowledge").await.len(), 2);
    for nothing in [
        json!({}),
        json!({ "entries": [] }),
        json!({ "entries": [known], "csv": csv }),
        json!({ "csv": "price,answer_bn\nx,y\n" }),
        json!({ "csv": "" }),
    ] {
        import(&shop, nothing).await.expect(422);
    }
    let list = json!([known, { "questions": [], "answer_en": "a" }]);
    let told = import(&shop, json!({ "entries": list })).await.expect(200);
    assert_eq!(told["errors"][0]["row"], 2);
    assert_eq!(shop.all("/knowledge").await.len(), 2);
}

/// What is shown beside a hit is why it was found.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_names_the_question_that_matched() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let entry = json!({ "questions": ["দোকান কোথায়?", "ডেলিভারি চার্জ কত?"], "answer_bn": DELIVERY });
    shop.post("/knowledge", &entry).await.expect(201);
    let found = search(&shop, "delivery charge koto").await;
    assert_eq!(found[0]["matched_question"], "ডেলিভারি চার্জ কত?");
    assert_eq!(found[0]["would_answer"], true);
}

/// Customers write as they like; the shop wrote its entries once, in Bangla.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_finds_its_entry_in_bangla_banglish_and_english() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let entries = json!([
        { "questions": ["ডেলিভারি চার্জ কত?"], "answer_bn": DELIVERY },
        { "questions": ["শাড়ির দাম কত?"], "answer_bn": "৮৫০ টাকা থেকে শুরু।" },
        { "questions": ["দোকান কখন খোলা?"], "answer_bn": "সকাল ১০টা থেকে রাত ৮টা।" },
        { "questions": ["পণ্য ফেরত দেওয়া যায়?"], "answer_bn": "৭ দিনের মধ্যে।" },
    ]);
    import(&shop, json!({ "entries": entries }))
        .await
        .expect(200);
    for question in [
        "ডেলিভারি চার্জ কত?",
        "ভাই, ডেলিভারি চার্জ কত টাকা?",
        "delivery charge koto?",
        "vai delivari charj koto",
        "How much is the delivery charge?",
    ] {
        let found = search(&shop, question).await;
        assert!(answers_with(&found, DELIVERY), "{question}: {found:#?}");
    }
    let found = search(&shop, "what time does the rocket to the moon leave").await;
    assert!(
        found.iter().all(|hit| hit["would_answer"] == false),
        "{found:#?}"
    );
    // Another shop's knowledge is nobody else's.
    assert!(
        search(&app.shop().await, "ডেলিভারি চার্জ কত?")
            .await
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_narrowed_by_language_and_by_words_in_either_spelling() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let entries = json!([
        { "questions": ["ডেলিভারি চার্জ কত?"], "answer_bn": DELIVERY },
        { "questions": ["return policy"], "answer_en": "7 days" },
        { "questions": ["শাড়ির দাম কত?"], "answer_bn": "৮৫০ টাকা", "answer_en": "850 taka" },
    ]);
    import(&shop, json!({ "entries": entries }))
        .await
        .expect(200);
    for (query, count) in [
        ("language=bn", 2),
        ("language=en", 2),
        ("q=delivery", 1),
        ("q=DAYS", 1),
        ("q=%E0%A7%AE%E0%A7%AB%E0%A7%A6", 1), // ৮৫০
        ("language=en&q=delivery", 0),
        ("q=%25", 0), // a wildcard means itself
    ] {
        assert_eq!(
            shop.all(&format!("/knowledge?{query}")).await.len(),
            count,
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_answers_may_have_their_full_length_and_no_more() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    // Limits count characters: one of these has three bytes.
    let entry = |questions: usize, question: usize, answer: usize, title: usize| json!({ "questions": vec!["ক".repeat(question); questions], "answer_bn": "খ".repeat(answer), "title": "গ".repeat(title) });
    shop.post("/knowledge", &entry(20, 500, 4000, 200))
        .await
        .expect(201);
    for (body, field) in [
        (entry(21, 1, 1, 1), "questions"),
        (entry(0, 1, 1, 1), "questions"),
        (entry(1, 501, 1, 1), "questions"),
        (entry(1, 1, 4001, 1), "answer_bn"),
        (entry(1, 1, 1, 201), "title"),
        (entry(1, 1, 0, 1), "answer_bn"),
    ] {
        assert_eq!(wrong_fields(shop.post("/knowledge", &body).await), [field]);
    }
}

/// Far more than other requests may have, and still a limit (R27).
#[tokio::test(flavor = "multi_thread")]
async fn an_import_may_have_megabytes_but_not_more_than_four() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let entries = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({ "questions": [format!("q{number}")], "answer_en": "a".repeat(4000) }))
            .collect()
    };
    import(&shop, json!({ "entries": entries(500) }))
        .await
        .expect(200);
    import(&shop, json!({ "entries": entries(1100) }))
        .await
        .expect(413);
    assert_eq!(app.db.count("knowledge_entries").await, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_collection_is_searched_and_its_limit_holds_for_many_at_once() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let mut csv = "question,answer_bn\n".to_owned();
    for number in 1..4999 {
        writeln!(csv, "পণ্য m{number} এর দাম কত?,{number} টাকা").unwrap();
    }
    writeln!(csv, "ডেলিভারি চার্জ কত?,\"{DELIVERY}\"").unwrap();
    import(&shop, json!({ "csv": csv })).await.expect(200);
    assert!(answers_with(
        &search(&shop, "delivery charge koto?").await,
        DELIVERY
    ));
    let found = search(&shop, "m4321 er dam koto?").await;
    assert_eq!(found[0]["entry"]["answer_bn"], "4321 টাকা");

    let body = json!({ "questions": ["q"], "answer_en": "a" });
    let creates = (0..4).map(|_| shop.post("/knowledge", &body));
    let mut statuses: Vec<u16> = join_all(creates)
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    let said = import(&shop, json!({ "entries": [body] })).await;
    assert_eq!(said.expect(200)["skipped_duplicates"], 1);
    let another = json!({ "questions": ["another"], "answer_en": "a" });
    let full = import(&shop, json!({ "entries": [another] }))
        .await
        .expect(409);
    assert_eq!(full["code"], "knowledge_full");
    assert_eq!(app.db.count("knowledge_entries").await, 5000);
}
