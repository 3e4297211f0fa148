//! The HTTP side: routes, per-resource handlers, reusable extractors, and the webhooks' entrance.

pub mod agents;
pub mod conversations;
pub mod extract;
pub mod fields;
pub mod health;
pub mod idempotency;
pub mod known_paths;
pub mod middleware;
pub mod operations;
pub mod page;
pub mod routes;
pub mod session;
pub mod webhooks;
