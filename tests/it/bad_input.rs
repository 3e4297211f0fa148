//! What no client should send, at every endpoint: the answer is a 4xx problem document and nothing has changed (R27, R43, R66, R71).

use std::collections::BTreeMap;

use banglachat_tests::{Answer, Api, TestApp};
use serde_json::{Value, json};

use crate::document::{Operation, operations};
use crate::furnished::Furnished;

/// A request that must be refused, and what is wrong with it.
struct Bad {
    what: String,
    kind: &'static str,
    body: Vec<u8>,
    /// The statuses that tell the truth.
    wanted: &'static [u16],
}

impl Bad {
    fn json(what: impl Into<String>, body: &Value, wanted: &'static [u16]) -> Self {
        Self::raw(what, "application/json", body.to_string(), wanted)
    }

    fn raw(
        what: impl Into<String>,
        kind: &'static str,
        body: impl Into<Vec<u8>>,
        wanted: &'static [u16],
    ) -> Self {
        Self {
            what: what.into(),
            kind,
            body: body.into(),
            wanted,
        }
    }
}

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

fn bad_bodies(operation: &Operation<'static>, shop: &Furnished) -> Vec<Bad> {
    let good = shop.at_home(operation.example().unwrap());
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let huge = format!("{{\"x\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
    let mut bad = vec![
        Bad::raw("broken JSON", "application/json", "{\"name\": ", &[400]),
        Bad::raw(
            "two documents",
            "application/json",
            format!("{good}{good}"),
            &[400],
        ),
        Bad::raw("200 levels", "application/json", deep.clone(), &[400, 422]),
        Bad::raw("5 MiB", "application/json", huge, &[413]),
        Bad::raw(
            "bad UTF-8",
            "application/json",
            [b"{\"x\": \"\xff\xfe\"}".to_vec()].concat(),
            &[400],
        ),
        Bad::raw(
            "half a surrogate pair",
            "application/json",
            "{\"x\": \"\\ud800\"}",
            &[400, 422],
        ),
        Bad::raw(
            "another content type",
            "text/plain",
            good.to_string(),
            &[415],
        ),
        Bad::raw(
            "a form",
            "application/x-www-form-urlencoded",
            "name=x",
            &[415],
        ),
        Bad::json("a list", &json!([good]), &[422]),
        Bad::json("a text", &json!("text"), &[422]),
        Bad::json("a number", &json!(7), &[422]),
    ];
    if operation.value["requestBody"]["required"] == true {
        bad.push(Bad::raw("nothing", "application/json", "", &[400, 422]));
        bad.push(Bad::json("null", &Value::Null, &[422]));
    }
    let with = |pointer: &[String], value: Value| set(good.clone(), pointer, value);
    for (at, schema) in fields(operation, operation.json_schema().unwrap(), &good, &[]) {
        let name = at.join(".");
        for wrong in wrong_types(operation, schema) {
            bad.push(Bad::json(
                format!("{name} = {wrong}"),
                &with(&at, wrong),
                &[422],
            ));
        }
        if types(operation, schema).contains(&"string") {
            bad.push(Bad::json(
                format!("{name} with NUL"),
                &with(&at, json!("nul \0 in it")),
                &[422],
            ));
            let longest = operation.resolve(schema)["maxLength"]
                .as_u64()
                .unwrap_or(4096);
            if longest < 200_000 {
                let long = "ম".repeat(usize::try_from(longest).unwrap() + 1);
                bad.push(Bad::json(
                    format!("{name} of {longest} + 1 characters"),
                    &with(&at, json!(long)),
                    &[422, 413],
                ));
            }
        }
        let deep = with(&at, json!("DEEP"))
            .to_string()
            .replace("\"DEEP\"", &deep);
        bad.push(Bad::raw(
            format!("{name} of 200 levels"),
            "application/json",
            deep,
            &[400, 422],
        ));
    }
    for at in objects(&good, &[]) {
        let mut inside = at.clone();
        inside.push("no_such_field".to_owned());
        bad.push(Bad::json(
            format!("unknown field at {}", at.join(".")),
            &with(&inside, json!(1)),
            &[422],
        ));
        inside.pop();
        inside.push("nul\0".to_owned());
        bad.push(Bad::json(
            format!("NUL in a name at {}", at.join(".")),
            &with(&inside, json!(1)),
            &[422],
        ));
    }
    for required in operation.json_schema().unwrap()["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(required);
        bad.push(Bad::json(format!("without {required}"), &without, &[422]));
    }
    bad
}

/// The fields of a body that the schema names, down to where the example ends.
fn fields(
    operation: &Operation<'static>,
    schema: &'static Value,
    example: &Value,
    at: &[String],
) -> Vec<(Vec<String>, &'static Value)> {
    let schema = operation.resolve(schema);
    let mut found = Vec::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let below: Vec<String> = at.iter().cloned().chain([name.clone()]).collect();
        if let Some(inner) = example.get(name).filter(|inner| inner.is_object()) {
            found.extend(fields(operation, property, inner, &below));
        }
        found.push((below, property));
    }
    found
}

/// Where the objects of an example are.
fn objects(example: &Value, at: &[String]) -> Vec<Vec<String>> {
    let Some(fields) = example.as_object() else {
        return Vec::new();
    };
    let below = fields
        .iter()
        .flat_map(|(name, value)| objects(value, &[at, std::slice::from_ref(name)].concat()));
    [at.to_vec()].into_iter().chain(below).collect()
}

fn set(mut body: Value, at: &[String], value: Value) -> Value {
    let (last, parents) = at.split_last().unwrap();
    let place = parents
        .iter()
        .fold(&mut body, |place, name| &mut place[name]);
    place[last] = value;
    body
}

/// The JSON types that a schema takes; none where it takes any.
fn types<'d>(operation: &Operation<'d>, schema: &'d Value) -> Vec<&'d str> {
    let own = |schema: &'d Value| match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut found = own(schema);
    let ways = ["oneOf", "anyOf", "allOf"]
        .iter()
        .flat_map(|ways| schema[ways].as_array())
        .flatten();
    found.extend(ways.flat_map(|way| types(operation, way)));
    let target = operation.resolve(schema);
    if !std::ptr::eq(target, schema) {
        found.extend(types(operation, target));
    }
    found
}

fn wrong_types(operation: &Operation<'static>, schema: &'static Value) -> Vec<Value> {
    let taken = types(operation, schema);
    let values = [
        ("string", json!("text")),
        ("integer", json!(7)),
        ("number", json!(7.5)),
        ("boolean", json!(true)),
        ("array", json!([])),
        ("object", json!({"a": 1})),
        ("null", Value::Null),
    ];
    let mut wrong: Vec<Value> = values
        .into_iter()
        .filter(|(kind, _)| !taken.is_empty() && !fits(kind, &taken))
        .map(|(_, value)| value)
        .collect();
    let schema = operation.resolve(schema);
    if schema.get("enum").is_some() {
        wrong.push(json!("no such choice"));
    }
    if let Some(limit) = schema["maximum"].as_f64() {
        wrong.extend([json!(limit + 1.0), json!(1e300), json!(u64::MAX)]);
    }
    if let Some(limit) = schema["minimum"].as_f64() {
        wrong.push(json!(limit - 1.0));
    }
    if let Some(limit) = schema["maxItems"].as_u64().filter(|limit| *limit < 1000) {
        wrong.push(json!(vec!["x"; usize::try_from(limit).unwrap() + 1]));
    }
    wrong
}

fn fits(kind: &str, taken: &[&str]) -> bool {
    taken.contains(&kind) || kind == "integer" && taken.contains(&"number")
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
