//! The HTTP side: routes, per-resource handlers, reusable extractors, and the webhooks' entrance.

pub mod admin;
pub mod agents;
pub mod api_keys;
pub mod audit_log;
pub mod conversations;
pub mod events;
pub mod extract;
pub mod fields;
pub mod health;
pub mod idempotency;
pub mod installation;
pub mod invitations;
pub mod knowledge;
pub mod known_paths;
pub mod members;
pub mod middleware;
pub mod operations;
pub mod organizations;
pub mod page;
pub mod password_reset;
pub mod platform_apps;
pub mod profile;
pub mod routes;
pub mod session;
pub mod social_accounts;
pub mod webhooks;
