//! The harness of the black-box tests: a real server over a database of its own, the simulators beside it, and a small client that
//! does what an integrator would do.
//!
//! ```no_run
//! # use banglachat_tests::*;
//! # async fn example() {
//! let app = TestApp::start().await;
//! let shop = app.shop().await;
//! shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।")]).await;
//! let page = shop.social_account(ChannelKind::Facebook).await;
//! page.customer_writes("customer-1", "ডেলিভারি চার্জ কত?").await;
//! app.settle().await;
//! assert_eq!(app.graph.ledger().len(), 1);
//! # }
//! ```
//!
//! Tests are `#[tokio::test(flavor = "multi_thread")]` and need `TEST_DATABASE_URL`, which `tests/run` exports: a superuser's
//! connection string (key=value) of a PostgreSQL that may be thrown away.

mod account;
mod app;
mod client;
mod db;
mod events;
pub mod fixtures;
mod mail;
mod shop;
mod world;

pub use account::{Account, AccountPlan};
pub use app::{TestApp, TestAppBuilder};
pub use banglachat::channels::ChannelKind;
pub use client::{Answer, Api};
pub use db::TestDatabase;
pub use events::{Event, Events};
pub use mail::{MailServer, Received};
pub use shop::{Member, Shop};
pub use world::World;

use std::time::Duration;

/// Waits until `condition` holds; panics with `what` when it does not within `patience`.
#[track_caller]
pub fn eventually<'a, F, Fut>(
    what: &'a str,
    patience: Duration,
    mut condition: F,
) -> impl Future<Output = ()> + use<'a, F, Fut>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let caller = std::panic::Location::caller();
    async move {
        let end = tokio::time::Instant::now() + patience;
        while !condition().await {
            assert!(
                tokio::time::Instant::now() < end,
                "{caller}: waited {patience:?} in vain: {what}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
