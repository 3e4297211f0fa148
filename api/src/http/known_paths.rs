//! The addresses of the OpenAPI document and their methods, to tell "no such address" from "not with this method".

use utoipa::openapi::{OpenApi, PathItem};

/// Path templates with the methods they take.
pub struct KnownPaths(Vec<(Vec<String>, Vec<&'static str>)>);

impl KnownPaths {
    pub fn new(document: &OpenApi) -> Self {
        let split = |path: &str| {
            path.trim_matches('/')
                .split('/')
                .map(str::to_owned)
                .collect()
        };
        Self(
            document
                .paths
                .paths
                .iter()
                .map(|(path, item)| (split(path), methods(item)))
                .collect(),
        )
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

fn methods(item: &PathItem) -> Vec<&'static str> {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    all.into_iter()
        .filter(|(_, operation)| operation.is_some())
        .map(|(name, _)| name)
        .collect()
}
