//! R92: what is counted is shown inside only, holds nobody's data, and the alert rules ask for what is there.

use std::collections::BTreeSet;
use std::net::TcpListener;

use banglachat_tests::{Api, ChannelKind, TestApp};
use yaml_rust2::{Yaml, YamlLoader};

use super::post;

/// An address that nobody listens at.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

async fn shown(address: &str) -> String {
    let api = Api::new(&format!("http://{address}"));
    api.get("/metrics").await.expect_text(200)
}

fn value(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{series} is not shown:\n{text}"));
    line.parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted_and_shown_at_its_own_address_only() {
    let address = free_address();
    let app = TestApp::builder()
        .set("METRICS_ADDR", &address)
        .start()
        .await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    post(&page, "counted", 3).await;
    let (path, json) = (page.webhook_path(), [("content-type", "application/json")]);
    let unsigned = app
        .api
        .send(reqwest::Method::POST, &path, &json, Some(b"{}".to_vec()));
    assert_eq!(unsigned.await.status, 401);
    let wrong =
        serde_json::json!({ "email": "nobody@example.com", "password": "not the password" });
    app.api.post("/api/v1/auth/login", &wrong).await.expect(401);
    let text = shown(&address).await;
    assert_eq!(
        value(&text, "banglachat_acks_total{result=\"stored\"}"),
        3.0
    );
    assert_eq!(
        value(&text, "banglachat_acks_total{result=\"refused\"}"),
        1.0
    );
    assert_eq!(value(&text, "banglachat_ack_seconds_count"), 4.0);
    assert_eq!(
        value(
            &text,
            "banglachat_sign_in_failures_total{reason=\"wrong_password\"}"
        ),
        1.0
    );
    assert_eq!(
        value(&text, "banglachat_sheds_total{class=\"webhooks\"}"),
        0.0
    );
    assert!(value(&text, "banglachat_connections") >= 1.0);
    assert!(value(&text, "banglachat_pool_wait_seconds_count") > 0.0);
    assert!(text.ends_with("# EOF\n"));
    for private in [&shop.id, &page.external_id, "nobody@example.com"] {
        assert!(!text.contains(private), "{private} is shown");
    }
    app.api.get("/metrics").await.expect(404);
}

/// Names of metrics in an expression.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    expression
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("banglachat_"))
}

fn rules() -> Vec<Yaml> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../deploy/prometheus/alerts.yml"
    );
    let text = std::fs::read_to_string(file).expect("the alert rules");
    let document = YamlLoader::load_from_str(&text).expect("YAML").remove(0);
    let groups = document["groups"].clone().into_vec().expect("groups");
    let rules = groups.into_iter().flat_map(|group| {
        assert!(group["name"].as_str().is_some());
        group["rules"].clone().into_vec().expect("rules")
    });
    rules.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alert_asks_for_metrics_that_are_there() {
    let address = free_address();
    let _app = TestApp::builder()
        .set("METRICS_ADDR", &address)
        .start()
        .await;
    let text = shown(&address).await;
    let series: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let (rules, mut alerts) = (rules(), BTreeSet::new());
    for rule in &rules {
        let alert = rule["alert"].as_str().expect("a name");
        assert!(alerts.insert(alert), "{alert} is there twice");
        let expression = rule["expr"].as_str().expect("an expression");
        assert!(names(expression).count() > 0, "{alert}: {expression}");
        for name in names(expression) {
            assert!(
                series.contains(name),
                "{alert} asks for {name}, which is not shown"
            );
        }
        let severity = rule["labels"]["severity"].as_str();
        assert!(
            matches!(severity, Some("page" | "ticket")),
            "{alert}: {severity:?}"
        );
        assert!(rule["annotations"]["summary"].as_str().is_some(), "{alert}");
    }
    assert!(rules.len() > 10, "{} rules", rules.len());
}
