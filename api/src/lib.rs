//! The BanglaChatPro server, one library and one binary. The table of contents:

pub mod admin; // what only the operator does
pub mod auth; // who asks, what they may do
pub mod channels; // messaging platforms as pure functions
pub mod clock; // the only caller of Utc::now
pub mod db; // the database: tenant, platform and cross-organization access
pub mod error; // ApiError and problem documents
pub mod fail_points; // where tests make it fail
pub mod http; // the REST API and the webhooks
pub mod ids; // id newtypes
pub mod intake; // stores webhook events in batches
pub mod language_model; // who writes the answers
pub mod live; // what open browsers are told at once
pub mod mail; // what mail says, and the mail server
pub mod metrics; // what is counted, and the endpoint that shows it
pub mod models; // rows and their queries
pub mod openapi; // the document's head
pub mod pipeline; // process, reply, deliver
pub mod platform_api; // calls to the platforms
pub mod schema; // tables as diesel sees them
pub mod seal; // secrets at rest
pub mod settings; // typed settings
pub mod startup; // settings to running server, and graceful stop
pub mod state; // what handlers and steps share
pub mod telemetry; // logs
pub mod text; // Bangla and Banglish: normal forms, search, detection
pub mod worker; // leases, loop, retries
