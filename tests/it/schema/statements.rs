//! Each statement that the server sends names the organization, and no setting outlives its transaction (scale-out, R47).

use banglachat_tests::TestApp;
use serde_json::json;

use super::tenant_tables;
use super::wire::{Statement, Wire};
use crate::document::operations;
use crate::furnished::Furnished;

/// Tables that the cross-organization module may touch.
const CROSSED: [&str; 4] = ["jobs", "memberships", "organizations", "platform_apps"];

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_on_a_tenant_table_names_the_organization() {
    let wire = Wire::listen().await;
    let url = format!(
        "host=127.0.0.1 port={} user=banglachat_test password=banglachat_test dbname={{database}}",
        wire.port
    );
    let app = TestApp::builder().set("DATABASE_URL", url).start().await;
    use_everything(&app).await;
    let (tables, heard) = (tenant_tables(&app).await, wire.heard());
    assert!(
        heard.len() > 150,
        "only {} statements were heard",
        heard.len()
    );
    for table in &tables {
        let is_heard = heard
            .iter()
            .any(|statement| !statement.cross && touches(&statement.sql, table));
        assert!(is_heard, "no statement on {table} was heard");
    }
    let faults: Vec<_> = heard
        .iter()
        .filter_map(|statement| fault(statement, &tables))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every operation once, with all that it sets off.
async fn use_everything(app: &TestApp) {
    let (shop, other) = (Furnished::new(app).await, Furnished::new(app).await);
    let model = json!({"model": {"provider": "openai_compatible", "base_url": app.model.base_url(), "model": "m", "api_key": "sk-0123456789"}});
    shop.shop
        .patch(&format!("/agents/{}", shop.id("agent_id")), &model)
        .await
        .expect(200);
    let mut all = operations();
    // What ends the sign-in or the organization comes last.
    all.sort_by_key(|operation| {
        (
            operation.id().starts_with("log_out"),
            operation.method == "delete",
            operation.path_names().len() == 1,
        )
    });
    for operation in all {
        let path = operation.call_path(|name| shop.id(name));
        let api = &shop.shop.member.api;
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", operation.id()),
        ];
        let body = operation
            .example()
            .map(|body| shop.at_home(body).to_string().into_bytes());
        api.send(operation.method(), &path, &headers, body).await;
    }
    app.settle().await;
    drop(other);
}

/// What is wrong with a statement.
fn fault(statement: &Statement, tables: &[String]) -> Option<String> {
    let sql = statement.sql.as_str();
    let touched: Vec<_> = tables.iter().filter(|table| touches(sql, table)).collect();
    let why = if sql.contains("set_config") {
        "uses set_config"
    } else if sql
        .split(';')
        .map(str::trim)
        .any(|one| one.starts_with("SET ") && !one.starts_with("SET LOCAL "))
        && sql.contains("app.")
    {
        "sets for longer than the transaction"
    } else if statement.cross
        && touched
            .iter()
            .any(|table| !CROSSED.contains(&table.as_str()))
    {
        "crosses organizations where it may not"
    } else if !statement.cross && !touched.is_empty() && !sql.contains("organization_id") {
        "does not name the organization"
    } else {
        return None;
    };
    Some(format!("{why}: {sql}"))
}

/// Whether the table's name stands behind a word that a table follows.
fn touches(sql: &str, table: &str) -> bool {
    let sql = sql.replace(['"', '(', ','], " ");
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.windows(2).any(|pair| {
        ["FROM", "JOIN", "INTO", "UPDATE", "ONLY"].contains(&pair[0].to_uppercase().as_str())
            && pair[1].trim_end_matches([')', ';']) == table
    })
}

#[test]
fn faulty_statements_are_found() {
    let tables = ["messages".to_owned(), "jobs".to_owned()];
    let find = |cross, sql: &str| {
        fault(
            &Statement {
                cross,
                sql: sql.to_owned(),
            },
            &tables,
        )
    };
    for (cross, sql) in [
        (false, "SELECT id FROM \"messages\" WHERE id = $1"),
        (false, "UPDATE messages SET state = $1"),
        (false, "SELECT 1 FROM contacts JOIN messages ON true"),
        (false, "DELETE FROM messages; COMMIT"),
        (true, "SELECT id FROM messages WHERE organization_id = $1"),
        (false, "SELECT set_config('app.organization_id', $1, true)"),
        (false, "SET app.organization_id = 'x'"),
        (
            false,
            "SET LOCAL statement_timeout = 1; SET SESSION app.organization_id = 'x'",
        ),
    ] {
        assert!(find(cross, sql).is_some(), "{sql}");
    }
    for (cross, sql) in [
        (false, "SELECT id FROM messages WHERE organization_id = $1"),
        (
            false,
            "SET LOCAL app.organization_id = 'x'; SET LOCAL statement_timeout = 1",
        ),
        (false, "SELECT messages FROM webhook_events"),
        (true, "UPDATE jobs SET state = 'running'"),
    ] {
        assert_eq!(find(cross, sql), None, "{sql}");
    }
}
