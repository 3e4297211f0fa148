//! The schema: its rules (scale-out), row level security (R47), the SQL that the server sends, and the migrations themselves.

mod catalogue;
mod isolation;
mod migrations;
mod statements;
pub(crate) mod wire;

/// Tables that belong to no organization, although some mention one.
const PLATFORM_TABLES: [&str; 11] = [
    "__diesel_schema_migrations",
    "account_directory",
    "identity_audit_log",
    "invitations",
    "mails",
    "password_resets",
    "refresh_tokens",
    "sessions",
    "sign_in_failures",
    "users",
    "webhook_events",
];

/// All other tables are an organization's.
async fn tenant_tables(app: &banglachat_tests::TestApp) -> Vec<String> {
    let found = app
        .db
        .rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        .await;
    let names = found
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned());
    let found: Vec<_> = names
        .filter(|name| !PLATFORM_TABLES.contains(&name.as_str()))
        .collect();
    assert!(found.len() >= 19, "tables have gone: {found:?}");
    found
}
