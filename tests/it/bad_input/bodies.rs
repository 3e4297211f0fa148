//! Bad bodies for any operation.

use serde_json::{Value, json};

use crate::document::Operation;
use crate::furnished::Furnished;

/// A request that must be refused, and what is wrong with it.
pub struct Bad {
    pub what: String,
    pub kind: &'static str,
    pub body: Vec<u8>,
    /// The statuses that tell the truth.
    pub wanted: &'static [u16],
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

/// What to try with an operation, made from its schema and its example.
pub fn bad_bodies(operation: &Operation<'static>, shop: &Furnished) -> Vec<Bad> {
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
