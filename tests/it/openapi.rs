//! The OpenAPI document: it is committed as the code makes it, and it says of every operation what a client has to know.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::document::{Operation, document, operations_of};

#[test]
fn the_committed_document_is_the_one_of_the_code() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    let made = banglachat::openapi::document().to_pretty_json().unwrap();
    let differs = committed
        .lines()
        .zip(made.lines())
        .position(|(committed, made)| committed != made);
    let same = committed.trim_end() == made.trim_end();
    assert!(
        same,
        "openapi/openapi.json is not what the code makes (first at line {differs:?}); run `make openapi` and commit the file"
    );
}

#[test]
fn every_operation_says_what_a_client_has_to_know() {
    assert_eq!(faults(document()), Vec::<String>::new());
}

/// Everything that is wrong with a document, a line each.
fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeMap::<&str, usize>::new();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    for operation in operations_of(document) {
        *ids.entry(operation.id()).or_default() += 1;
        let mut fault =
            |text: String| faults.push(format!("{} {}: {text}", operation.method, operation.path));
        head(&operation, &tags, &mut fault);
        parameters(&operation, &mut fault);
        answers(&operation, &mut fault);
        body(&operation, &mut fault);
    }
    faults.extend(
        ids.iter()
            .filter(|(_, uses)| **uses > 1)
            .map(|(id, _)| format!("operation id {id} is used twice")),
    );
    faults
}

type Fault<'f> = &'f mut dyn FnMut(String);

/// Name, tag, summary, security, role (R42).
fn head(operation: &Operation<'_>, tags: &BTreeSet<&str>, fault: Fault<'_>) {
    let id = operation.id();
    let is_snake = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if id.is_empty() || !id.bytes().all(is_snake) {
        fault(format!("operation id {id:?} is not in snake_case"));
    }
    if operation.value["tags"]
        .as_array()
        .is_none_or(|own| own.len() != 1)
        || !tags.contains(operation.tag())
    {
        fault("needs one tag of the document's list".to_owned());
    }
    let summary = operation.value["summary"].as_str().unwrap_or_default();
    if summary.is_empty() || summary.len() > 80 || summary.ends_with('.') {
        fault(format!(
            "summary {summary:?} is not one short line without a full stop"
        ));
    }
    let is_open = ["session", "webhooks", "health"].contains(&operation.tag());
    if !operation.is_signed_in() && !is_open {
        fault("may be called by anybody".to_owned());
    }
    let roles = ["viewer", "operator", "admin", "owner"];
    if operation.is_tenant() && operation.role().is_none_or(|role| !roles.contains(&role)) {
        fault("has no role; name it in api/src/openapi/finish.rs".to_owned());
    }
}

fn parameters<'d>(operation: &Operation<'d>, fault: Fault<'_>) {
    let mut documented: Vec<&str> = operation
        .parameters("path")
        .iter()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let mut named = operation.path_names();
    documented.sort_unstable();
    named.sort_unstable();
    if documented != named {
        fault(format!("documents the path parameters {documented:?}"));
    }
    for parameter in operation.value["parameters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = parameter["name"].as_str().unwrap_or_default();
        // What a platform or a browser sends is not ours to bound; the server's limit on addresses and headers holds (R27).
        let is_ours = operation.tag() != "webhooks" && parameter["in"] != "header";
        if is_ours {
            bounded(operation, name, &parameter["schema"], fault);
        }
    }
}

fn answers(operation: &Operation<'_>, fault: Fault<'_>) {
    let answers = operation.value["responses"].as_object().unwrap();
    let mut wanted = vec!["400", "404", "405", "429", "500", "503"];
    if operation.is_signed_in() {
        wanted.push("401");
    }
    if operation.is_tenant() {
        wanted.push("403");
    }
    if !operation.bodies().is_empty() {
        wanted.extend(["413", "415", "422"]);
    }
    if !operation.parameters("query").is_empty() && operation.tag() != "webhooks" {
        wanted.push("422");
    }
    for status in wanted
        .into_iter()
        .filter(|status| !answers.contains_key(*status))
    {
        fault(format!("does not say that it may answer {status}"));
    }
    if !answers.keys().any(|status| status.starts_with('2')) {
        fault("does not say what success looks like".to_owned());
    }
    for (status, answer) in answers {
        let content = answer["content"].as_object();
        let is_problem = content.is_some_and(|content| {
            content.len() == 1
                && content
                    .get("application/problem+json")
                    .is_some_and(|it| it["schema"]["$ref"] == "#/components/schemas/Problem")
        });
        if status.starts_with('2') {
            // "Asked for" and "done" have nothing more to say.
            if !["202", "204"].contains(&status.as_str())
                && content
                    .is_none_or(|content| content.values().any(|one| one.get("schema").is_none()))
            {
                fault(format!("{status} has no schema"));
            }
        } else if !is_problem {
            fault(format!("{status} is not a problem document"));
        }
    }
}

fn body<'d>(operation: &Operation<'d>, fault: Fault<'_>) {
    let Some(schema) = operation.json_schema() else {
        return;
    };
    bounded(operation, "body", schema, fault);
    match operation.example() {
        None => fault("its body has no example".to_owned()),
        Some(example) => fits(operation, "body", schema, &example, fault),
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// R71: whatever a client may send has a limit, and the document states it.
fn bounded<'d>(operation: &Operation<'d>, at: &str, schema: &'d Value, fault: Fault<'_>) {
    let schema = operation.resolve(schema);
    for way in ["oneOf", "anyOf", "allOf"]
        .iter()
        .flat_map(|ways| schema[ways].as_array())
        .flatten()
    {
        bounded(operation, at, way, fault);
    }
    let has = |name: &str| schema.get(name).is_some();
    let is_fixed = has("enum")
        || has("const")
        || ["uuid", "date-time", "date"]
            .iter()
            .any(|format| schema["format"] == *format);
    let is_short = has("maxLength")
        || schema["pattern"]
            .as_str()
            .is_some_and(|pattern| pattern.ends_with("}$"));
    for kind in types(schema) {
        match kind {
            "string" if !is_fixed && !is_short => fault(format!("{at}: a text without maxLength")),
            "integer" | "number" if !(is_fixed || has("minimum") && has("maximum")) => {
                fault(format!("{at}: a number without minimum and maximum"))
            }
            "array" => {
                if !has("maxItems") {
                    fault(format!("{at}: a list without maxItems"));
                }
                bounded(operation, &format!("{at}[]"), &schema["items"], fault);
            }
            "object" => {
                if schema["additionalProperties"] != false {
                    fault(format!("{at}: takes unknown fields"));
                }
                for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                    bounded(operation, &format!("{at}.{name}"), property, fault);
                }
            }
            _ => {}
        }
    }
}

/// An example that the server would refuse helps nobody. Checks what a reader would trip over, not all of JSON schema.
fn fits<'d>(
    operation: &Operation<'d>,
    at: &str,
    schema: &'d Value,
    example: &Value,
    fault: Fault<'_>,
) {
    let schema = operation.resolve(schema);
    if let Some(ways) = schema["oneOf"].as_array() {
        let fits_one = ways.iter().any(|way| {
            let mut wrong = 0;
            fits(operation, at, way, example, &mut |_| wrong += 1);
            wrong == 0
        });
        if !fits_one {
            fault(format!("{at}: the example is none of the alternatives"));
        }
        return;
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|allowed| !allowed.contains(example))
    {
        fault(format!(
            "{at}: the example is not one of the allowed values"
        ));
    }
    match example {
        Value::Object(fields) => {
            for name in schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                if !fields.contains_key(name) {
                    fault(format!("{at}.{name}: the example lacks it"));
                }
            }
            for (name, value) in fields {
                match schema["properties"].get(name) {
                    Some(property) => {
                        fits(operation, &format!("{at}.{name}"), property, value, fault)
                    }
                    None => fault(format!(
                        "{at}.{name}: the example has a field that does not exist"
                    )),
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| fits(operation, &format!("{at}[]"), &schema["items"], item, fault)),
        Value::String(text) => {
            let length = text.chars().count() as u64;
            let is_long = schema["maxLength"].as_u64().is_some_and(|max| length > max);
            if is_long || schema["minLength"].as_u64().is_some_and(|min| length < min) {
                fault(format!("{at}: the example has the wrong length"));
            }
        }
        _ => {}
    }
}

#[test]
fn faults_of_each_kind_are_found() {
    let agents = "/paths/~1api~1v1~1organizations~1{organization_id}~1agents";
    let at = |rest: &str| format!("{agents}{rest}");
    let planted: Vec<(String, Value, &str)> = vec![
        (at("/get/operationId"), json!("listAgents"), "snake_case"),
        (at("/get/operationId"), json!("get_agent"), "used twice"),
        (at("/get/tags"), json!(["other"]), "one tag"),
        (at("/get/summary"), json!(""), "short line"),
        (at("/get/security"), json!([{}]), "by anybody"),
        (at("/get/x-required-role"), json!(null), "has no role"),
        (at("/get/parameters"), json!([]), "path parameters"),
        (
            at("/get/responses/403"),
            json!({"description": "no"}),
            "403 is not a problem",
        ),
        (
            at("/get/responses/200/content/application~1json"),
            json!({}),
            "200 has no schema",
        ),
        (at("/get/responses"), json!({}), "may answer 401"),
        (
            at("/post/requestBody/content/application~1json/schema"),
            json!({"type": "object", "example": {}}),
            "unknown fields",
        ),
        (
            "/components/schemas/SendMessage/properties/text".to_owned(),
            json!({"type": "string"}),
            "without maxLength",
        ),
        (
            "/components/schemas/CreateAgent/properties/quiet_ms".to_owned(),
            json!({"type": "integer"}),
            "minimum and maximum",
        ),
        (
            "/components/schemas/CreateAgent/example".to_owned(),
            json!({"nam": "x"}),
            "does not exist",
        ),
    ];
    for (pointer, value, expected) in planted {
        let mut document = document().clone();
        let (place, name) = pointer.rsplit_once('/').unwrap();
        let place = document
            .pointer_mut(place)
            .unwrap_or_else(|| panic!("{pointer} is not in the document"));
        place[name.replace("~1", "/")] = value;
        let found = faults(&document);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{pointer}: {expected:?} is not in {found:?}"
        );
    }
}
