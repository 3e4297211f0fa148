//! The OpenAPI document as the generated tests read it: every operation with its parameters, body and role.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Map, Value};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(banglachat::openapi::document()).unwrap());

/// The document of the code under test.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Every operation of the code under test.
pub fn operations() -> Vec<Operation<'static>> {
    let found = operations_of(document());
    assert!(found.len() > 50, "the document has lost its operations");
    found
}

/// Every operation of a document.
pub fn operations_of(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        let methods = item.as_object().unwrap().iter();
        found.extend(methods.map(|(method, value)| Operation {
            document,
            path,
            method,
            value,
        }));
    }
    found
}

/// One method of one path.
#[derive(Clone, Copy)]
pub struct Operation<'d> {
    document: &'d Value,
    pub path: &'d str,
    pub method: &'d str,
    pub value: &'d Value,
}

impl<'d> Operation<'d> {
    pub fn id(&self) -> &'d str {
        self.value["operationId"].as_str().unwrap_or_default()
    }

    pub fn method(&self) -> Method {
        self.method.to_uppercase().parse().unwrap()
    }

    /// Below an organization: for its members only.
    pub fn is_tenant(&self) -> bool {
        self.path
            .starts_with("/api/v1/organizations/{organization_id}")
    }

    pub fn tag(&self) -> &'d str {
        self.value["tags"][0].as_str().unwrap_or_default()
    }

    pub fn role(&self) -> Option<&'d str> {
        self.value["x-required-role"].as_str()
    }

    /// Whether it wants an access token: by its own word, else by the document's.
    pub fn is_signed_in(&self) -> bool {
        let security = self
            .value
            .get("security")
            .unwrap_or(&self.document["security"]);
        security
            .as_array()
            .is_some_and(|ways| ways.iter().any(|way| way.get("access_token").is_some()))
    }

    /// Its parameters in `place`: path, query or header.
    pub fn parameters(&self, place: &str) -> Vec<&'d Value> {
        let all = self.value["parameters"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        all.iter()
            .filter(|parameter| parameter["in"] == place)
            .collect()
    }

    /// The names in braces of its path.
    pub fn path_names(&self) -> Vec<&'d str> {
        self.path.split('/').filter_map(name_in_braces).collect()
    }

    /// Its path with each name in braces replaced.
    pub fn fill(&self, mut value: impl FnMut(&str) -> String) -> String {
        let parts = self
            .path
            .split('/')
            .map(|part| name_in_braces(part).map_or_else(|| part.to_owned(), &mut value));
        parts.collect::<Vec<_>>().join("/")
    }

    /// Its path with each name replaced, and the examples of the query parameters that it demands.
    pub fn call_path(&self, value: impl FnMut(&str) -> String) -> String {
        let demanded = self
            .parameters("query")
            .into_iter()
            .filter(|parameter| parameter["required"] == true);
        let pairs: Vec<String> = demanded
            .map(|parameter| {
                let example = parameter
                    .get("example")
                    .or_else(|| parameter["schema"].get("example"));
                let example = example
                    .and_then(Value::as_str)
                    .unwrap_or_else(|| panic!("{} needs an example of {parameter}", self.id()));
                let escaped: String = example.bytes().map(|byte| format!("%{byte:02x}")).collect();
                format!("{}={escaped}", parameter["name"].as_str().unwrap())
            })
            .collect();
        let question = if pairs.is_empty() { "" } else { "?" };
        format!("{}{question}{}", self.fill(value), pairs.join("&"))
    }

    /// The media types of its body, each with its content object.
    pub fn bodies(&self) -> Vec<(&'d str, &'d Value)> {
        let content = self.value["requestBody"]["content"].as_object();
        content
            .into_iter()
            .flatten()
            .map(|(kind, content)| (kind.as_str(), content))
            .collect()
    }

    fn json_content(&self) -> Option<&'d Value> {
        self.bodies()
            .into_iter()
            .find(|(kind, _)| *kind == "application/json")
            .map(|(_, content)| content)
    }

    /// The schema of its JSON body, unless that is taken raw, as webhooks are.
    pub fn json_schema(&self) -> Option<&'d Value> {
        let schema = self.resolve(&self.json_content()?["schema"]);
        (schema["type"] != "string").then_some(schema)
    }

    /// The example of its JSON body.
    pub fn example(&self) -> Option<Value> {
        let content = self.json_content()?;
        content
            .get("example")
            .cloned()
            .or_else(|| self.example_of(&content["schema"]))
    }

    /// What a schema stands for: the target of a reference, and of "X or null" X.
    pub fn resolve(&self, schema: &'d Value) -> &'d Value {
        if let Some(name) = schema["$ref"].as_str() {
            let target = name
                .strip_prefix('#')
                .and_then(|pointer| self.document.pointer(pointer));
            return self.resolve(target.unwrap_or_else(|| panic!("{name} is not defined")));
        }
        let ways = schema["oneOf"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        match ways
            .iter()
            .filter(|way| way["type"] != "null")
            .collect::<Vec<_>>()[..]
        {
            [only] if ways.len() > 1 => self.resolve(only),
            _ => schema,
        }
    }

    /// The example of a schema: its own, or put together from those of its fields.
    fn example_of(&self, schema: &'d Value) -> Option<Value> {
        let resolved = self.resolve(schema);
        if let Some(example) = schema.get("example").or_else(|| resolved.get("example")) {
            return Some(example.clone());
        }
        let mut example = Map::new();
        for (name, property) in resolved["properties"].as_object()? {
            let is_required = resolved["required"]
                .as_array()
                .is_some_and(|names| names.iter().any(|one| one == name));
            match self.example_of(property) {
                Some(value) => drop(example.insert(name.clone(), value)),
                None if is_required => return None,
                None => {}
            }
        }
        Some(Value::Object(example))
    }
}

fn name_in_braces(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}
