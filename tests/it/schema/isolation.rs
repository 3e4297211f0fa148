//! Row level security as the second wall (R47): what a statement without the right organization sees and may write.

use banglachat::db::{DbError, InOrganization, PlatformTx, TenantTx};
use banglachat::ids::OrganizationId;
use banglachat_tests::TestApp;
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use serde_json::json;
use tokio_postgres::{Client, NoTls};

use super::tenant_tables;
use crate::furnished::Furnished;

/// A connection with the server's own login.
async fn as_server(app: &TestApp) -> Client {
    let (client, connection) = tokio_postgres::connect(&app.db.app_url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_organization_no_row_of_a_table_is_seen_and_none_is_taken() {
    let app = TestApp::start().await;
    let (ours, theirs) = (Furnished::new(&app).await, Furnished::new(&app).await);
    let agent = json!({"name": "With a key", "model": {"provider": "knowledge"}});
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "k-1"),
    ];
    let made = ours
        .shop
        .member
        .api
        .send(
            reqwest::Method::POST,
            &ours.shop.path("/agents"),
            &headers,
            Some(agent.to_string().into_bytes()),
        )
        .await;
    made.expect(201);
    let client = as_server(&app).await;
    for table in tenant_tables(&app).await {
        let own = format!(
            "SELECT t.*, md5(t::text) AS row_hash FROM {table} t WHERE organization_id = '{}'",
            ours.shop.id
        );
        let rows = app.db.rows(&own).await;
        let [row, ..] = rows.as_slice() else {
            panic!("the shop has nothing in {table}; furnish it")
        };
        for setting in [
            "",
            "SET LOCAL app.organization_id = ''; ",
            &format!("SET LOCAL app.organization_id = '{}'; ", theirs.shop.id),
        ] {
            client
                .batch_execute(&format!("BEGIN; {setting}"))
                .await
                .unwrap();
            let seen = format!(
                "SELECT count(*) FROM {table} WHERE organization_id = '{}'",
                ours.shop.id
            );
            assert_eq!(
                client.query_one(&seen, &[]).await.unwrap().get::<_, i64>(0),
                0,
                "{table} is seen with {setting:?}"
            );
            let all: i64 = client
                .query_one(&format!("SELECT count(*) FROM {table}"), &[])
                .await
                .unwrap()
                .get(0);
            assert!(
                all == 0 || setting.contains(&theirs.shop.id),
                "{table} shows rows with {setting:?}"
            );
            let insert = format!(
                "INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $${row}$$::jsonb)"
            );
            let refused = client.batch_execute(&insert).await.expect_err(&table);
            let why = refused
                .as_db_error()
                .map(|error| error.message().to_owned())
                .unwrap_or_default();
            assert!(
                why.contains("row-level security policy"),
                "{table} with {setting:?}: {why}"
            );
            client.batch_execute("ROLLBACK").await.unwrap();
        }
        // The right setting shows the rows: otherwise the above proves nothing.
        client
            .batch_execute(&format!(
                "BEGIN; SET LOCAL app.organization_id = '{}'",
                ours.shop.id
            ))
            .await
            .unwrap();
        let seen: i64 = client
            .query_one(&format!("SELECT count(*) FROM {table}"), &[])
            .await
            .unwrap()
            .get(0);
        client.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(usize::try_from(seen).unwrap(), rows.len(), "{table}");
    }
}

/// An organization, as the server's own proofs name one.
struct Proof(OrganizationId);

impl InOrganization for Proof {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Nullable<Text>)]
    setting: Option<String>,
}

const SETTING: &str = "SELECT current_setting('app.organization_id', true) AS setting";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_the_organization_on_the_next_use_of_a_connection() {
    let app = TestApp::builder()
        .set("DATABASE_POOL_SIZE", 2)
        .start()
        .await;
    let proof = Proof(OrganizationId(app.shop().await.id.parse().unwrap()));
    let db = &app.state.db;
    for ending in ["commit", "error", "cut off"] {
        let work = db.tenant(&proof, async |tx: &mut TenantTx<'_>| {
            let inside: Setting = diesel::sql_query(SETTING).get_result(tx.conn()).await?;
            assert_eq!(inside.setting, Some(proof.0.to_string()));
            match ending {
                "commit" => Ok(()),
                "error" => Err(DbError::Unavailable("as if".to_owned())),
                _ => std::future::pending().await,
            }
        });
        let _ended = tokio::time::timeout(std::time::Duration::from_millis(200), work).await;
        for _ in 0..4 {
            let next = db.platform(async |tx: &mut PlatformTx<'_>| {
                diesel::sql_query(SETTING)
                    .get_result::<Setting>(tx.conn())
                    .await
                    .map_err(DbError::from)
            });
            let left = next.await.unwrap().setting.unwrap_or_default();
            assert_eq!(left, "", "after {ending}");
        }
    }
}
