//! R29: passwords are hashed in a pool of their own with a queue of 16; who comes when it is full is told to come back, and nothing
//! else waits for the hashing.

use banglachat_tests::{ChannelKind, TestApp};
use futures_util::future::join_all;
use serde_json::json;

use super::{count, post};

/// Below the thirty failures after which a network address is refused for another reason (R38).
const SIGN_INS: usize = 29;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_hash_pool_refuses_and_webhooks_do_not_wait_for_it() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let places = (cores / 2).max(1) + 16;
    if places >= SIGN_INS {
        println!("{cores} cores hash more at once than one address may try: nothing to see here");
        return;
    }
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let sign_ins = (0..SIGN_INS).map(|number| {
        let email = format!("nobody-{number}@example.com");
        let body = json!({ "email": email, "password": "not the password" });
        let api = app.api.clone();
        async move { api.post("/api/v1/auth/login", &body).await }
    });
    let (answers, acks) = tokio::join!(join_all(sign_ins), post(&page, "beside", 10));
    let refused = answers.iter().filter(|answer| answer.status == 503);
    for answer in refused.clone() {
        assert_eq!(answer.header("retry-after"), Some("2"), "{}", answer.text);
    }
    let (refused, wrong) = (
        refused.count(),
        answers.iter().filter(|answer| answer.status == 401).count(),
    );
    println!("{SIGN_INS} sign-ins at once, {places} places: {wrong} hashed, {refused} refused");
    assert_eq!(refused + wrong, SIGN_INS);
    assert!(
        refused > 0 && wrong >= places,
        "{refused} refused, {wrong} hashed"
    );
    assert_eq!(count(&acks, 200), 10, "{acks:?}");
}
