//! Migrations go up, down and up again (R94), and `schema.rs` is what they make.

use std::collections::BTreeMap;

use banglachat::db::migrate::{migrate, revert_all};
use banglachat_tests::TestApp;
use serde_json::Value;
use tokio_postgres::{Client, NoTls};

/// Everything that migrations make, one line a thing.
const EVERYTHING: &str = "
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
        FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'policy ' || tablename || ' ' || policyname || ' ' || cmd || ' ' || qual FROM pg_policies
    UNION ALL SELECT 'right ' || grantee || ' ' || table_name || '.' || column_name || ' ' || privilege_type
        FROM information_schema.column_privileges WHERE table_schema = 'public' AND grantee LIKE 'banglachat%'
    UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'
    UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ORDER BY 1";

async fn everything(client: &Client) -> Vec<String> {
    client
        .query(EVERYTHING, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_down_and_up_again_on_an_empty_database() {
    let app = TestApp::start().await;
    // The name marks it as this process's, so that it is swept if this test dies.
    let name = format!("{}_updown", app.db.name);
    app.db.execute(&format!("CREATE DATABASE {name}")).await;
    let owner = app.db.owner_url().replace(&app.db.name, &name);
    let login = app.db.app_url().replace(&app.db.name, &name);
    let (client, connection) = tokio_postgres::connect(&owner, NoTls).await.unwrap();
    tokio::spawn(connection);
    let (owner, login) = (owner.into(), login.into());
    let applied = migrate(&owner, &login).await.unwrap();
    assert!(applied.len() >= 3, "{applied:?}");
    let up = everything(&client).await;
    assert!(up.len() > 300, "{up:#?}");
    assert!(
        migrate(&owner, &login).await.unwrap().is_empty(),
        "a second run has nothing to do"
    );
    revert_all(&owner).await.unwrap();
    let left: Vec<_> = everything(&client)
        .await
        .into_iter()
        .filter(|one| !one.contains("__diesel_schema_migrations"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(migrate(&owner, &login).await.unwrap().len(), applied.len());
    assert_eq!(everything(&client).await, up);
    drop(client);
    app.db
        .execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await;
}

/// Table to its key and its columns, in order.
type Tables = BTreeMap<String, (String, Vec<String>)>;

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_file_matches_the_database() {
    let app = TestApp::start().await;
    let written = tables_of(include_str!("../../../api/src/schema.rs"));
    let columns = app
        .db
        .rows(
            "SELECT c.table_name AS name, c.column_name || ' -> ' || CASE WHEN is_nullable = 'YES' THEN 'null ' ELSE '' END || udt_name AS column,
                (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
                    JOIN pg_attribute a ON a.attnum = k.attnum WHERE i.indrelid = c.table_name::regclass AND i.indisprimary AND a.attrelid = i.indrelid) AS key
             FROM information_schema.columns c WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'
             ORDER BY table_name, ordinal_position",
        )
        .await;
    let mut found = Tables::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for column in &columns {
        let table = found
            .entry(text(&column["name"]))
            .or_insert_with(|| (text(&column["key"]), Vec::new()));
        table.1.push(text(&column["column"]));
    }
    assert_eq!(written, found);
}

/// The tables of a `schema.rs`, types in PostgreSQL's names.
fn tables_of(source: &str) -> Tables {
    let mut tables = Tables::new();
    let blocks = source.split("diesel::table! {").skip(1);
    for block in blocks {
        let mut lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
        let (name, key) = lines.next().unwrap().split_once(" (").unwrap();
        let columns = lines.map_while(|line| line.strip_suffix(',')).map(column);
        tables.insert(
            name.to_owned(),
            (key.trim_end_matches(") {").to_owned(), columns.collect()),
        );
    }
    tables
}

fn column(line: &str) -> String {
    let (name, mut kind) = line.split_once(" -> ").unwrap();
    let mut null = "";
    if let Some(inner) = kind.strip_prefix("Nullable<") {
        (kind, null) = (inner.strip_suffix('>').unwrap(), "null ");
    }
    let kind = match kind.strip_prefix("Array<") {
        Some(inner) => format!("_{}", inner.trim_end_matches('>').to_lowercase()),
        None => kind.to_lowercase(),
    };
    format!("{name} -> {null}{kind}")
}
