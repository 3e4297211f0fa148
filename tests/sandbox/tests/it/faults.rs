//! Each fault of the Graph simulator, before and after the effect.

use std::time::{Duration, Instant};

use sandbox::Rule;
use sandbox::graph::{AccountSpec, Fault, FaultKind, Graph, Platform, Scope};
use serde_json::Value;

use crate::{http, page_message};

async fn graph() -> Graph {
    let graph = Graph::start().await.expect("a free port");
    graph.add_account(AccountSpec::new(Platform::Facebook, "1", "token"));
    graph
}

async fn send(graph: &Graph) -> Result<reqwest::Response, reqwest::Error> {
    let url = format!("{}/v25.0/1/messages", graph.base_url());
    http()
        .post(url)
        .bearer_auth("token")
        .json(&page_message("73", "x"))
        .send()
        .await
}

#[actix_web::test]
async fn an_error_has_metas_body_and_the_asked_headers() {
    let graph = graph().await;
    graph.fault(Rule::next(1, Fault::throttled(Some("7"))));
    let answer = send(&graph).await.expect("an answer");
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(
        (
            body["error"]["code"].as_i64(),
            body["error"]["type"].as_str()
        ),
        (Some(4), Some("OAuthException"))
    );
    assert!(body["error"]["fbtrace_id"].is_string());

    graph.fault(Rule::next(1, Fault::throttled(None)));
    assert!(
        !send(&graph)
            .await
            .expect("an answer")
            .headers()
            .contains_key("retry-after")
    );
    graph.fault(Rule::next(1, Fault::before(FaultKind::TokenInvalid)));
    let body: Value = send(&graph)
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        (
            body["error"]["code"].as_i64(),
            body["error"]["error_subcode"].as_i64()
        ),
        (Some(190), Some(460))
    );
    assert_eq!((graph.effect_count(), graph.refusals().len()), (0, 3));
    assert_eq!(send(&graph).await.expect("an answer").status(), 200);
}

#[actix_web::test]
async fn a_gateways_page_comes_before_or_after_the_effect() {
    let graph = graph().await;
    graph.fault(Rule::next(
        1,
        Fault::before(FaultKind::ServerError { status: 502 }),
    ));
    let answer = send(&graph).await.expect("an answer");
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.expect("a page").contains("<html>"));
    assert_eq!(graph.effect_count(), 0);
    graph.fault(Rule::next(
        1,
        Fault::after(FaultKind::ServerError { status: 500 }),
    ));
    assert_eq!(send(&graph).await.expect("an answer").status(), 500);
    assert_eq!(graph.effect_count(), 1);
}

#[actix_web::test]
async fn an_unreadable_success_may_have_had_its_effect() {
    let graph = graph().await;
    graph.fault(Rule::next(1, Fault::after(FaultKind::Html)));
    graph.fault(Rule::next(1, Fault::before(FaultKind::Empty)));
    let page = send(&graph).await.expect("an answer");
    assert_eq!(page.status(), 200);
    assert!(page.text().await.expect("a page").contains("<html>"));
    let nothing = send(&graph).await.expect("an answer");
    assert_eq!(
        (
            nothing.status().as_u16(),
            nothing.text().await.expect("nothing").as_str()
        ),
        (200, "")
    );
    assert_eq!(graph.effect_count(), 1);
}

#[actix_web::test]
async fn a_reset_ends_the_connection_without_an_answer() {
    let graph = graph().await;
    for (fault, effects) in [
        (Fault::before(FaultKind::Reset), 0),
        (Fault::after(FaultKind::Reset), 1),
    ] {
        graph.fault(Rule::next(1, fault));
        let error = send(&graph).await.expect_err("no answer");
        assert!(!error.is_timeout(), "{error:?}");
        assert_eq!(graph.effect_count(), effects);
    }
}

#[actix_web::test]
async fn a_held_call_times_out_at_the_caller_after_the_effect() {
    let graph = graph().await;
    graph.fault(Rule::next(1, Fault::after(FaultKind::Hold { ms: 60_000 })));
    let url = format!("{}/v25.0/1/messages", graph.base_url());
    let call = http()
        .post(url)
        .bearer_auth("token")
        .json(&page_message("73", "x"))
        .timeout(Duration::from_millis(400));
    assert!(call.send().await.expect_err("no answer").is_timeout());
    assert_eq!(graph.effect_count(), 1);
    // A held call does not hold the simulator.
    let start = Instant::now();
    graph.stop().await;
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[actix_web::test]
async fn a_delayed_answer_is_right() {
    let graph = graph().await;
    graph.fault(Rule::next(1, Fault::before(FaultKind::Delay { ms: 300 })));
    let start = Instant::now();
    assert_eq!(send(&graph).await.expect("an answer").status(), 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(graph.effect_count(), 1);
}

#[actix_web::test]
async fn faults_keep_to_their_account_and_kind_of_call() {
    let graph = graph().await;
    graph.fault(Rule::always(Fault::error(400, 551)).of("2"));
    graph.fault(Rule::always(Fault::error(400, 190).scope(Scope::Others)));
    assert_eq!(send(&graph).await.expect("an answer").status(), 200);
    let url = format!("{}/v25.0/1?fields=name", graph.base_url());
    let read = || async {
        http()
            .get(&url)
            .bearer_auth("token")
            .send()
            .await
            .expect("an answer")
            .status()
    };
    assert_eq!(read().await, 400);
    graph.clear_faults();
    assert_eq!(read().await, 200);
}
