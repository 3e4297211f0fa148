//! The OpenAPI document is kept to: schemathesis invents calls of every operation, good and bad ones, and compares the answers with the
//! document. Run by `tests/contract`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use banglachat_tests::TestApp;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::document::operations;
use crate::furnished::Furnished;

/// Two minutes on a free machine, and six were seen on a busy one; longer than this is a hang.
const PATIENCE: Duration = Duration::from_secs(900);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs schemathesis and minutes: tests/contract runs it"]
async fn the_server_keeps_to_its_openapi_document() {
    let app = TestApp::start().await;
    let (shop, spares) = (Furnished::new(&app).await, spares(&app).await);
    let folder = work_folder();
    let answers = folder.join("answers.json");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                  response_schema_conformance,unsupported_method,negative_data_rejection";
    let run = Command::new("schemathesis")
        .current_dir(&folder)
        .args([
            "run",
            &format!("{}/api/v1/openapi.json", app.url),
            "--url",
            &app.url,
        ])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            // Before 3.11.8, Python's parser is not safe in threads (gh-106905: "AST constructor recursion depth mismatch").
            "--workers",
            "1",
            "--no-color",
            "--checks",
            checks,
            // It never ends; tests/it/live.rs follows it.
            "--exclude-operation-id",
            "stream_events",
        ])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CONTRACT_ANSWERS", &answers)
        .env("CONTRACT_TOKEN", shop.shop.member.api.token().unwrap())
        .env("CONTRACT_IDS", json!(shop.ids()).to_string())
        .env("CONTRACT_SPARES", spares.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status();
    let run = tokio::time::timeout(PATIENCE, run)
        .await
        .expect("schemathesis ends in time")
        .expect("schemathesis is on the PATH; `make test` installs it");
    assert!(run.success(), "schemathesis found something: see above");
    let seen: BTreeMap<String, BTreeMap<u16, usize>> =
        serde_json::from_slice(&std::fs::read(&answers).unwrap()).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        never_succeeded(&seen),
        HARD.iter().copied().collect(),
        "{seen:#?}"
    );
}

/// What no invented call can do: each wants a secret (password, refresh token, invitation, verify token) or a signature, the id of a
/// message in its body; or it never ends. Their success is left to the Rust tests; their refusals are checked here like all others.
const HARD: [&str; 11] = [
    "accept_invitation",
    "change_password",
    "look_up_invitation",
    "read_conversation",
    "receive_installation_webhook",
    "receive_organization_webhook",
    "refresh_session",
    "reset_password",
    "stream_events",
    "verify_installation_webhook",
    "verify_organization_webhook",
];

/// An operation that only ever refused was not tested.
fn never_succeeded(seen: &BTreeMap<String, BTreeMap<u16, usize>>) -> BTreeSet<&str> {
    let succeeded = |id: &str| {
        seen.get(id)
            .is_some_and(|statuses| statuses.keys().any(|status| *status < 300))
    };
    operations()
        .iter()
        .map(|operation| operation.id())
        .filter(|id| !succeeded(id))
        .collect()
}

/// A copy of `tests/schemathesis`, because schemathesis keeps notes where it runs.
fn work_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("banglachat-contract-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    for file in ["schemathesis.toml", "hooks.py"] {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis");
        std::fs::copy(Path::new(source).join(file), folder.join(file)).unwrap();
    }
    folder
}

/// Whom the operations are called as that would end a sign-in or remove what the others need.
async fn spares(app: &TestApp) -> Value {
    let mut spares = serde_json::Map::new();
    for operation in [
        "delete",
        "delete_organization",
        "log_out_everywhere",
        "end_my_session",
        "change_password",
        "resend_message",
        "suspend_organization",
        "disable_user",
    ] {
        let shop = Furnished::new(app).await;
        // An agent that answers an account could not be archived.
        shop.shop
            .patch(
                &format!("/social_accounts/{}", shop.id("account_id")),
                &json!({"agent_id": null}),
            )
            .await
            .expect(200);
        let spare = json!({"token": shop.shop.member.api.token(), "ids": shop.ids()});
        spares.insert(operation.to_owned(), spare);
    }
    spares.into()
}
