//! The OpenAPI document as the generated tests read it: every operation with its parameters, body and role.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(banglachat::openapi::document()).unwrap());

/// The document of the code under test.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// One method of one path.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    pub path: &'static str,
    pub method: &'static str,
    pub value: &'static Value,
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let paths = document()["paths"].as_object().unwrap();
    let operations = |(path, item): (&'static String, &'static Value)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, value)| Operation { path: path.as_str(), method: method.as_str(), value })
    };
    let found: Vec<_> = paths.iter().flat_map(operations).collect();
    assert!(found.len() > 50, "the document has lost its operations");
    found
}

impl Operation {
    pub fn id(&self) -> &'static str {
        self.value["operationId"].as_str().unwrap_or_default()
    }

    pub fn method(&self) -> Method {
        self.method.to_uppercase().parse().unwrap()
    }

    /// Below an organization: members only.
    pub fn is_tenant(&self) -> bool {
        self.path.starts_with("/api/v1/organizations/{organization_id}")
    }

    pub fn tag(&self) -> &'static str {
        self.value["tags"][0].as_str().unwrap_or_default()
    }

    pub fn role(&self) -> Option<&'static str> {
        self.value["x-required-role"].as_str()
    }

    /// Whether it wants an access token: what it says itself, else what the document says.
    pub fn is_signed_in(&self) -> bool {
        let security = self.value.get("security").unwrap_or(&document()["security"]);
        security.as_array().unwrap().iter().any(|way| way.get("access_token").is_some())
    }

    pub fn parameters(&self, place: &str) -> Vec<&'static Value> {
        let all = self.value["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|parameter| parameter["in"] == place).collect()
    }

    /// The names in braces of the path.
    pub fn path_names(&self) -> Vec<&'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }

    /// The path with each name in braces replaced.
    pub fn fill(&self, mut value: impl FnMut(&str) -> String) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => value(name),
            None => part.to_owned(),
        };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// The media types of its request body with their content.
    pub fn bodies(&self) -> Vec<(&'static str, &'static Value)> {
        let content = self.value["requestBody"]["content"].as_object();
        content.into_iter().flatten().map(|(kind, content)| (kind.as_str(), content)).collect()
    }

    /// The schema of its JSON body, if it takes one that is not just raw text.
    pub fn json_schema(&self) -> Option<&'static Value> {
        let (_, content) = self.bodies().into_iter().find(|(kind, _)| *kind == "application/json")?;
        let schema = resolve(&content["schema"]);
        (schema["type"] != "string").then_some(schema)
    }

    /// The body of the document's own example.
    pub fn example(&self) -> Option<Value> {
        let (_, content) = self.bodies().into_iter().find(|(kind, _)| *kind == "application/json")?;
        content.get("example").cloned().or_else(|| example_of(&content["schema"]))
    }
}

/// The schema that a reference names; others as they are. `oneOf [X, null]` is X.
pub fn resolve(schema: &'static Value) -> &'static Value {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.strip_prefix('#').unwrap();
        return resolve(document().pointer(pointer).unwrap_or_else(|| panic!("{name} is not defined")));
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let others: Vec<_> = ways.iter().filter(|way| way["type"] != "null").collect();
        if others.len() == 1 && others.len() < ways.len() {
            return resolve(others[0]);
        }
    }
    schema
}

/// The example of a schema: its own, or put together from its required fields.
pub fn example_of(schema: &'static Value) -> Option<Value> {
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    let schema = resolve(schema);
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    let properties = schema["properties"].as_object()?;
    let wanted = |name: &String| schema["required"].as_array().is_some_and(|required| required.contains(&Value::from(name.as_str())));
    let mut example = serde_json::Map::new();
    for (name, property) in properties {
        match example_of(property) {
            Some(value) => drop(example.insert(name.clone(), value)),
            None if wanted(name) => return None,
            None => {}
        }
    }
    Some(Value::Object(example))
}
