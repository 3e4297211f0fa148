//! The customers: an open loop that posts each message at its time, whatever the server does, and again until it is taken.

use std::time::Duration;

use banglachat_tests::{Account, ChannelKind};
use sandbox::bodies::{self, Number};
use sandbox::graph::Graph;
use sandbox::wire::to_wire;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::facts::{Customer, Posted};
use super::plan::{Plan, Planned};

/// Meta gives up after days; here a message that nobody took for this long is a failure.
const PATIENCE: Duration = Duration::from_secs(45);
const PAUSES_MS: [u64; 5] = [50, 100, 200, 400, 800];

/// What became of the posts.
pub struct Traffic {
    pub posted: Vec<Posted>,
    /// Posts that were not answered with 200.
    pub refused: usize,
}

/// Where a conversation takes place.
fn account(accounts: &[Account], conversation: usize) -> &Account {
    &accounts[conversation % accounts.len()]
}

fn customer_id(account: &Account, conversation: usize) -> String {
    match account.platform {
        ChannelKind::Whatsapp => format!("88017{conversation:08}"),
        _ => format!("73192846{conversation:08}"),
    }
}

fn body(account: &Account, customer: &str, planned: &Planned, id: &str, time_ms: i64) -> String {
    // What the shop's knowledge answers, and what tells this message from all others.
    let text = format!(
        "{} ({}-{})",
        super::QUESTION,
        planned.conversation,
        planned.number
    );
    let external_id = account.external_id.as_str();
    to_wire(&match account.platform {
        ChannelKind::Whatsapp => {
            let number = Number {
                business_account_id: "220033445566778",
                phone_number_id: external_id,
                display: "8801700000000",
            };
            bodies::whatsapp_text(number, customer, "Customer", id, &text, time_ms)
        }
        ChannelKind::Instagram => bodies::instagram_text(external_id, customer, id, &text, time_ms),
        _ => bodies::messenger_text(external_id, customer, id, &text, time_ms),
    })
}

/// Posts everything the plan says; ends when everything is taken or given up.
pub async fn post_all(
    graph: &Graph,
    accounts: &[Account],
    plan: &Plan,
    began: Instant,
    began_ms: i64,
) -> Traffic {
    let mut posts = JoinSet::new();
    for (index, planned) in plan.messages.iter().enumerate() {
        let account = account(accounts, planned.conversation);
        let customer = customer_id(account, planned.conversation);
        let time_ms = began_ms + i64::try_from(planned.at.as_millis()).expect("a short time");
        let id = format!("m_{}-{}", planned.conversation, planned.number);
        let body = body(account, &customer, planned, &id, time_ms);
        let platform_time_ms = if account.platform == ChannelKind::Whatsapp {
            time_ms / 1000 * 1000
        } else {
            time_ms
        };
        let posted = Posted {
            external_id: id,
            customer: Customer {
                account: account.external_id.clone(),
                token: account.token.clone(),
                id: customer,
            },
            platform_time_ms,
            acknowledged: false,
        };
        let (graph, platform) = (graph.clone(), account.simulated());
        sleep_until(began + planned.at).await;
        posts.spawn(async move {
            (
                index,
                post_until_taken(&graph, platform, posted, body).await,
            )
        });
    }
    let mut ended = posts.join_all().await;
    ended.sort_by_key(|(index, _)| *index);
    let refused = ended.iter().map(|(_, (_, refused))| refused).sum();
    Traffic {
        posted: ended.into_iter().map(|(_, (posted, _))| posted).collect(),
        refused,
    }
}

async fn post_until_taken(
    graph: &Graph,
    platform: sandbox::graph::Platform,
    mut posted: Posted,
    body: String,
) -> (Posted, usize) {
    let end = Instant::now() + PATIENCE;
    let mut refused = 0;
    while Instant::now() < end {
        let status = graph
            .post_webhook(platform, &posted.customer.account, body.clone())
            .await
            .expect("the account has a webhook");
        if status == Some(200) {
            posted.acknowledged = true;
            break;
        }
        sleep(Duration::from_millis(
            PAUSES_MS[refused.min(PAUSES_MS.len() - 1)],
        ))
        .await;
        refused += 1;
    }
    (posted, refused)
}

/// The accounts of the conversations, in turn: the three platforms of a shop that answers from its knowledge, and a page of another
/// that asks a model.
pub async fn connect(app: &banglachat_tests::TestApp) -> Vec<Account> {
    let shop = app.shop().await;
    shop.post(
        "/knowledge",
        &serde_json::json!({ "questions": [super::QUESTION], "answer_bn": super::ANSWER }),
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
