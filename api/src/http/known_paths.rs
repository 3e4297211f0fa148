//! The addresses of the OpenAPI document and their methods, to tell "no such address" from "not with this method".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Path templates with the methods they take.
pub struct KnownPaths(Vec<(Vec<String>, Vec<&'static str>)>);

/// What of the document is looked at; the rest is passed over without being built.
#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

impl KnownPaths {
    /// Those of an OpenAPI document in JSON.
    pub fn read(document: &str) -> serde_json::Result<Self> {
        let split = |path: &str| {
            path.trim_matches('/')
                .split('/')
                .map(str::to_owned)
                .collect()
        };
        let document: Document = serde_json::from_str(document)?;
        let paths = document.paths.iter();
        Ok(Self(
            paths
                .map(|(path, item)| (split(path), methods(item)))
                .collect(),
        ))
    }

    /// The methods of every template that fits the path; none if nothing fits.
    pub fn methods(&self, path: &str) -> Option<Vec<&'static str>> {
        let asked: Vec<&str> = path.trim_matches('/').split('/').collect();
        let fits = |template: &[String]| {
            template.len() == asked.len()
                && template
                    .iter()
                    .zip(&asked)
                    .all(|(part, asked)| part.starts_with('{') || part == asked)
        };
        let found: Vec<_> = self
            .0
            .iter()
            .filter(|(template, _)| fits(template))
            .flat_map(|(_, methods)| methods.clone())
            .collect();
        (!found.is_empty()).then_some(found)
    }
}

fn methods(item: &BTreeMap<String, IgnoredAny>) -> Vec<&'static str> {
    let all = ["get", "post", "put", "patch", "delete"].into_iter();
    let upper = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    all.zip(upper)
        .filter(|(name, _)| item.contains_key(*name))
        .map(|(_, upper)| upper)
        .collect()
}
