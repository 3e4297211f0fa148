//! The OpenAPI document is kept to: schemathesis invents calls of every operation, good and bad ones, and compares the answers with the
//! document. Run by `tests/contract`.

use std::process::Stdio;

use banglachat_tests::TestApp;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::furnished::Furnished;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs schemathesis and minutes: tests/contract runs it"]
async fn the_server_keeps_to_its_openapi_document() {
    let app = TestApp::start().await;
    let (shop, spares) = (Furnished::new(&app).await, spares(&app).await);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                  response_schema_conformance,unsupported_method,negative_data_rejection";
    let run = Command::new("schemathesis")
        .current_dir(folder)
        .args(["run", &format!("{}/api/v1/openapi.json", app.url), "--url", &app.url])
        .args(["--phases", "examples,coverage,fuzzing", "--workers", "2", "--no-color", "--checks", checks])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CONTRACT_TOKEN", shop.shop.member.api.token().unwrap())
        .env("CONTRACT_IDS", json!(shop.ids()).to_string())
        .env("CONTRACT_SPARES", spares.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .expect("schemathesis is on the PATH; `make test` installs it");
    assert!(run.success(), "schemathesis found something: see above");
}

/// Whom the operations are called as that would end a sign-in or remove what the others need.
async fn spares(app: &TestApp) -> Value {
    let mut spares = serde_json::Map::new();
    for operation in ["delete", "delete_organization", "log_out_everywhere", "end_my_session", "change_password"] {
        let shop = Furnished::new(app).await;
        let spare = json!({"token": shop.shop.member.api.token(), "ids": shop.ids()});
        spares.insert(operation.to_owned(), spare);
    }
    spares.into()
}
