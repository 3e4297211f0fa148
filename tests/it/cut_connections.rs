//! The database ends every connection of the server, as a restart or a fail-over does: nobody notices.

use banglachat_tests::{ChannelKind, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_work_go_on_after_the_database_has_cut_every_connection() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।")])
        .await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    for round in 1..=3 {
        app.db
            .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'banglachat_test'")
            .await;
        page.customer_writes("rahim", "ডেলিভারি চার্জ কত?").await;
        shop.get("/conversations").await.expect(200);
        app.settle().await;
        assert_eq!(app.graph.ledger().len(), round);
    }
}
