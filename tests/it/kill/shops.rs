//! The shops that the customers of the kill test write to.

use std::collections::{BTreeMap, BTreeSet};

use banglachat_tests::{Account, ChannelKind, TestApp};
use chaos::facts::Owner;
use chaos::load::{ANSWER, Line, QUESTION};

/// Where customers write.
pub fn lines(accounts: &[Account]) -> Vec<Line> {
    let line = |account: &Account| Line {
        platform: account.simulated(),
        external_id: account.external_id.clone(),
        webhook_url: account.webhook_url(),
        app_secret: account.app_secret.clone(),
    };
    accounts.iter().map(line).collect()
}

/// Whose the accounts are.
pub fn owners(accounts: &[Account]) -> BTreeMap<String, Owner> {
    let owner = |account: &Account| Owner {
        organization: account.shop.id.clone(),
        tokens: BTreeSet::from([account.token.clone()]),
    };
    let owners = accounts.iter();
    owners
        .map(|account| (account.external_id.clone(), owner(account)))
        .collect()
}

/// The accounts of the conversations, in turn: the three platforms of a shop that answers from its knowledge, and a page of another
/// that asks a model.
pub async fn connect(app: &TestApp) -> Vec<Account> {
    let shop = app.shop().await;
    shop.post(
        "/knowledge",
        &serde_json::json!({ "questions": [QUESTION], "answer_bn": ANSWER }),
    )
    .await
    .expect(201);
    shop.agent(serde_json::json!({ "quiet_ms": 50 })).await;
    let mut accounts = Vec::new();
    for platform in [
        ChannelKind::Facebook,
        ChannelKind::Instagram,
        ChannelKind::Whatsapp,
    ] {
        // Echoes of pages and Instagram accounts, statuses of WhatsApp numbers: what tells the server that a message went out.
        let statuses = platform == ChannelKind::Whatsapp;
        accounts.push(
            shop.account(platform)
                .simulate(move |mut spec| {
                    spec.receipts = statuses;
                    spec
                })
                .connect()
                .await,
        );
    }
    let other = app.shop().await;
    let agent = other.agent_with_model().await;
    other
        .patch(
            &format!("/agents/{agent}"),
            &serde_json::json!({ "quiet_ms": 50 }),
        )
        .await
        .expect(200);
    accounts.push(
        other
            .account(ChannelKind::Facebook)
            .simulate(|mut spec| {
                spec.receipts = false;
                spec
            })
            .connect()
            .await,
    );
    accounts
}
