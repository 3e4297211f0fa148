//! The main job on each platform: a customer writes, the agent answers, people can read it.

use banglachat_tests::{ChannelKind, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_from_the_shops_knowledge() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।")]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("7319284650112233", "ডেলিভারি চার্জ কত?").await;
    app.settle().await;
    let ledger = app.graph.ledger();
    assert_eq!(ledger.len(), 1, "{ledger:#?}");
    assert!(ledger[0].text.as_ref().unwrap().contains("৬০"), "{ledger:#?}");
    println!("{:?}", shop.talk().await);
}
