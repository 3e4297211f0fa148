//! What no client should send, at every endpoint: the answer is a 4xx problem document and nothing has changed (R27, R43, R66, R71).

mod bodies;

use std::collections::BTreeMap;

use banglachat_tests::{Answer, Api, TestApp};
use serde_json::{Value, json};

use crate::document::{Operation, operations};
use crate::furnished::Furnished;

use bodies::bad_bodies;

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_refused_by_every_endpoint_and_change_nothing() {
    let app = TestApp::start().await;
    let shop = Furnished::new(&app).await;
    let before = (counts(&app).await, shop.rows(&app).await);
    let mut tried = 0;
    for operation in operations()
        .iter()
        .filter(|operation| operation.json_schema().is_some())
    {
        let path = operation.call_path(|name| shop.id(name));
        for bad in bad_bodies(operation, &shop) {
            let headers = [("content-type", bad.kind)];
            let answer = shop
                .shop
                .member
                .api
                .send(operation.method(), &path, &headers, Some(bad.body))
                .await;
            check(operation, &bad.what, &answer, bad.wanted);
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} bad bodies were tried");
    assert_eq!(before, (counts(&app).await, shop.rows(&app).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_queries_and_paths_are_refused_by_every_endpoint_and_change_nothing() {
    let app = TestApp::start().await;
    let shop = Furnished::new(&app).await;
    let before = (counts(&app).await, shop.rows(&app).await);
    for operation in operations()
        .iter()
        .filter(|operation| operation.tag() != "webhooks")
    {
        let path = operation.fill(|name| shop.id(name));
        let strict = !operation.parameters("query").is_empty();
        let queries = operation
            .parameters("query")
            .into_iter()
            .flat_map(bad_values);
        for query in queries.chain(strict.then(|| "no_such_parameter=1".to_owned())) {
            let answer = call(&shop.shop.member.api, operation, &format!("{path}?{query}")).await;
            check(operation, &query, &answer, &[400, 422]);
        }
        for name in operation.path_names() {
            for bad in [
                "x",
                "%00",
                "%ff",
                "..%2f",
                "00000000-0000-0000-0000-00000000000g",
                "%E0%A6%95",
            ] {
                let path = operation.call_path(|other| {
                    if other == name {
                        bad.to_owned()
                    } else {
                        shop.id(other)
                    }
                });
                let answer = call(&shop.shop.member.api, operation, &path).await;
                check(operation, &format!("{name} = {bad}"), &answer, &[400, 404]);
            }
        }
    }
    assert_eq!(before, (counts(&app).await, shop.rows(&app).await));
}

async fn call(api: &Api, operation: &Operation<'_>, path: &str) -> Answer {
    match operation.example() {
        Some(body) => api.send_json(operation.method(), path, &body).await,
        None => api.send(operation.method(), path, &[], None).await,
    }
}

/// `name=value` pairs that the parameter must not take.
fn bad_values(parameter: &Value) -> Vec<String> {
    let name = parameter["name"].as_str().unwrap();
    let schema = &parameter["schema"];
    let is_text = schema["type"]
        .as_array()
        .map_or(schema["type"] == "string", |types| {
            types.contains(&json!("string"))
        });
    let is_free = is_text
        && schema.get("enum").is_none()
        && schema.get("pattern").is_none()
        && schema["format"] != "uuid"
        && name != "cursor";
    let mut bad = vec!["%00".to_owned(), "x".repeat(5000)];
    if !is_free {
        bad.extend(
            [
                "x",
                "",
                "%F0%9F%98%80",
                "1e400",
                "-1",
                "99999999999999999999",
                "%5B%5D",
            ]
            .map(str::to_owned),
        );
    }
    bad.into_iter()
        .map(|value| format!("{name}={value}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_limits_of_the_server_are_refused_with_a_problem_document() {
    let app = TestApp::start().await;
    let get = operations()
        .into_iter()
        .find(|operation| operation.id() == "list_organizations")
        .unwrap();
    let long = app
        .api
        .get(&format!("/api/v1/organizations?x={}", "x".repeat(9 * 1024)))
        .await;
    check(&get, "an address of 9 KiB", &long, &[414]);
    let value = "x".repeat(33 * 1024);
    let headers = app
        .api
        .send(
            get.method(),
            "/api/v1/organizations",
            &[("x-filler", value.as_str())],
            None,
        )
        .await;
    check(&get, "headers of 33 KiB", &headers, &[431]);
    let missing = app.api.get("/api/v1/no/such/address").await;
    check(&get, "no such address", &missing, &[404]);
    for method in ["DELETE", "PUT", "PATCH", "TRACE", "OPTIONS"] {
        let answer = app
            .api
            .send(method.parse().unwrap(), "/api/v1/organizations", &[], None)
            .await;
        check(&get, method, &answer, &[405]);
    }
    let odd = app
        .api
        .send(
            get.method(),
            "/api/v1/organizations",
            &[("authorization", "Bearer \u{e9}\u{0995}")],
            None,
        )
        .await;
    check(&get, "an odd token", &odd, &[401]);
}

/// A refusal: the right status, and the problem document that the OpenAPI document promises.
#[track_caller]
fn check(operation: &Operation<'_>, what: &str, answer: &Answer, wanted: &[u16]) {
    let asked = format!(
        "{} with {what:.80}: {} {:.300}",
        operation.id(),
        answer.status,
        answer.text
    );
    assert!(
        wanted.contains(&answer.status),
        "{asked}\nwanted: {wanted:?}"
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{asked}"
    );
    let problem = answer.json();
    let known = [
        "type",
        "title",
        "status",
        "detail",
        "code",
        "errors",
        "request_id",
    ];
    assert!(
        problem
            .as_object()
            .unwrap()
            .keys()
            .all(|name| known.contains(&name.as_str())),
        "{asked}"
    );
    assert_eq!(problem["status"], answer.status, "{asked}");
    assert!(
        problem["type"]
            .as_str()
            .unwrap()
            .starts_with("urn:banglachat:problem:"),
        "{asked}"
    );
    assert!(
        ["title", "detail", "request_id"]
            .iter()
            .all(|name| problem[name].as_str().is_some_and(|text| !text.is_empty())),
        "{asked}"
    );
    assert_eq!(
        answer.status == 422,
        problem["errors"].is_array(),
        "{asked}"
    );
    let documented = &operation.value["responses"][answer.status.to_string()];
    assert!(documented.is_object(), "{asked}: not in the document");
}

/// How many rows each table has. What counts failed sign-ins may grow: a refused password is one.
async fn counts(app: &TestApp) -> BTreeMap<String, i64> {
    let tables = app
        .db
        .rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
        .await;
    let mut counts = BTreeMap::new();
    for table in tables
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .filter(|name| *name != "sign_in_failures")
    {
        counts.insert(table.to_owned(), app.db.count(table).await);
    }
    counts
}
