//! The program `sandbox`, as `make run` starts it, and the phone page.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sandbox::graph::Platform;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::{SOON, http, page_message, post};

struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
            .args(["--no-demo", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let printed: Vec<String> = lines.take(2).map(|line| line.expect("text")).collect();
        assert_eq!(printed[0], "sandbox: nothing here leaves this machine");
        let address = printed[1]
            .split("Graph API ")
            .nth(1)
            .and_then(|rest| rest.split("/graph").next());
        Self {
            url: address.expect("an address").to_owned(),
            child,
        }
    }

    /// How long it took to end after SIGTERM, and whether it ended well.
    fn terminate(&mut self) -> (Duration, bool) {
        let start = Instant::now();
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .expect("kill runs")
                .success()
        );
        while start.elapsed() < SOON {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return (start.elapsed(), status.success());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        (start.elapsed(), false)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn get(url: String) -> Value {
    http()
        .get(url)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON")
}

#[actix_web::test]
async fn everything_is_on_one_port_and_a_signal_ends_it_at_once() {
    let mut program = Program::start();
    let url = program.url.clone();
    let models = get(format!("{url}/model/v1/models")).await;
    assert_eq!(models["object"], "list");
    let spec = json!({ "platform": "facebook", "external_id": "1", "token": "token" });
    assert_eq!(
        post(&format!("{url}/_sandbox/accounts"), "", &spec).await.0,
        204
    );
    assert_eq!(
        post(
            &format!("{url}/graph/v25.0/1/messages"),
            "token",
            &page_message("73", "x")
        )
        .await
        .0,
        200
    );
    assert_eq!(get(format!("{url}/_sandbox/ledger")).await["total"], 1);

    // A held call does not keep it.
    let hold = json!({ "fault": { "kind": "hold", "ms": 60_000 } });
    assert_eq!(
        post(&format!("{url}/_sandbox/faults"), "", &hold).await.0,
        204
    );
    let held = tokio::spawn(async move {
        let call = http()
            .post(format!("{url}/graph/v25.0/1/messages"))
            .bearer_auth("token");
        call.json(&page_message("73", "x")).send().await.is_err()
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (took, well) = tokio::task::spawn_blocking(move || program.terminate())
        .await
        .expect("no panic");
    assert!(
        well && took < Duration::from_secs(3),
        "ended well: {well}, after {took:?}"
    );
    assert!(held.await.expect("no panic"));
}

#[actix_web::test]
async fn a_customer_writes_on_the_phone_and_sees_the_answer() {
    let (program, receiver) = (Program::start(), Receiver::start().await);
    let url = &program.url;
    let webhook = json!({ "url": receiver.url(), "app_secret": "s" });
    let spec = json!({ "platform": "whatsapp", "external_id": "1", "token": "token", "name": "শিউলিতলা", "webhook": webhook, "receipts": false });
    assert_eq!(
        post(&format!("{url}/_sandbox/accounts"), "", &spec).await.0,
        204
    );
    let shops = get(format!("{url}/_sandbox/phone/accounts")).await;
    assert_eq!(
        shops["items"][0],
        json!({ "platform": Platform::Whatsapp, "account": "1", "name": "শিউলিতলা" })
    );

    let written =
        json!({ "platform": "whatsapp", "account": "1", "name": "Rahim", "text": "<b>দাম?</b>" });
    assert_eq!(
        post(&format!("{url}/_sandbox/phone/messages"), "", &written)
            .await
            .0,
        202
    );
    let body = receiver.bodies(1, "s").await.remove(0);
    let message = &body["entry"][0]["changes"][0]["value"]["messages"][0];
    let answer = json!({ "messaging_product": "whatsapp", "to": message["from"], "type": "text", "text": { "body": "১৮৫০ টাকা" } });
    assert_eq!(
        post(&format!("{url}/graph/v25.0/1/messages"), "token", &answer)
            .await
            .0,
        200
    );

    let thread = get(format!(
        "{url}/_sandbox/phone/thread?platform=whatsapp&account=1&name=Rahim"
    ))
    .await;
    let lines: Vec<_> = thread["items"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| (line["from"].clone(), line["text"].clone()))
        .collect();
    assert_eq!(
        lines,
        [
            (json!("customer"), json!("<b>দাম?</b>")),
            (json!("shop"), json!("১৮৫০ টাকা"))
        ]
    );
}

#[actix_web::test]
async fn the_page_loads_nothing_from_elsewhere_and_never_makes_markup_of_text() {
    let program = Program::start();
    for (path, kind) in [
        ("/", "text/html"),
        ("/phone.js", "text/javascript"),
        ("/phone.css", "text/css"),
    ] {
        let answer = http()
            .get(format!("{}{path}", program.url))
            .send()
            .await
            .expect("an answer");
        assert!(
            answer.headers()["content-type"]
                .to_str()
                .expect("ASCII")
                .starts_with(kind)
        );
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .expect("ASCII")
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let text = answer.text().await.expect("text");
        assert!(
            !text.contains("http://") && !text.contains("https://") && !text.contains("innerHTML"),
            "{path}"
        );
    }
}
