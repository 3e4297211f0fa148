//! The client against a real HTTP server that answers from a script.

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::language_model::prompt::tests::{hit, request, turn};
use crate::language_model::{Handoff, Speaker};

/// Answers each connection with the next response and keeps what was asked.
struct Server {
    address: String,
    asked: tokio::task::JoinHandle<Vec<String>>,
}

async fn server(responses: Vec<String>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for response in responses {
            let (mut stream, _) = listener.accept().await.unwrap();
            asked.push(read_request(&mut stream).await);
            stream.write_all(response.as_bytes()).await.unwrap();
            stream.shutdown().await.ok();
        }
        asked
    });
    Server { address, asked }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 8192];
        let count = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length: ")
                .map(str::to_owned)
        });
        if count == 0 || body.len() >= length.unwrap().parse::<usize>().unwrap() {
            return text;
        }
    }
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn ok(content: &str) -> String {
    let body = serde_json::json!({"model": "tiny-1", "choices": [{"message": {"content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3}});
    http("200 OK", "", &body.to_string())
}

fn model(server: &Server, key: Option<&str>) -> OpenAiCompatible {
    let policy = EgressPolicy {
        allowed_hosts: vec![server.address.clone()],
    };
    let api_key = key.map(|key| SecretString::from(key.to_owned()));
    let endpoint = Endpoint {
        base_url: format!("http://{}/v1/", server.address),
        model: "tiny".to_owned(),
        api_key,
    };
    OpenAiCompatible::new(policy.client().unwrap(), &policy, endpoint)
        .unwrap()
        .with_total_limit(Duration::from_secs(5))
}

fn asked() -> AnswerRequest {
    request(
        vec![turn(Speaker::Customer, "শাড়ির দাম কত?")],
        vec![hit("saree dam", "১২৫০ টাকা", "1250 taka", 0.9)],
    )
}

async fn outcome(responses: Vec<String>) -> (Result<Answer, ModelError>, Vec<String>) {
    let server = server(responses).await;
    let answer = model(&server, Some("sk-test")).answer(&asked()).await;
    (answer, server.asked.await.unwrap())
}

#[test]
fn a_base_url_may_have_the_version_or_not() {
    for (base, expected) in [
        (
            "https://api.openai.com",
            "https://api.openai.com/v1/chat/completions",
        ),
        (
            "https://api.openai.com/",
            "https://api.openai.com/v1/chat/completions",
        ),
        (
            "https://api.openai.com/v1",
            "https://api.openai.com/v1/chat/completions",
        ),
        (
            "https://api.openai.com/v1/",
            "https://api.openai.com/v1/chat/completions",
        ),
        (
            "https://gate.example/openai/v2",
            "https://gate.example/openai/v2/chat/completions",
        ),
        (
            "https://gate.example/v1/chat/completions",
            "https://gate.example/v1/chat/completions",
        ),
    ] {
        assert_eq!(completions_url(base), expected);
    }
}

#[tokio::test]
async fn an_answer_comes_back_with_its_usage() {
    let (answer, asked) = outcome(vec![ok("১২৫০ টাকা।")]).await;
    let answer = answer.unwrap();
    assert_eq!(answer.text, "১২৫০ টাকা।");
    assert_eq!((answer.model.as_str(), answer.handoff), ("tiny-1", None));
    assert_eq!(
        answer.usage,
        Usage {
            prompt_tokens: 12,
            completion_tokens: 3,
            estimated: false
        }
    );
    assert!(asked[0].starts_with("POST /v1/chat/completions HTTP/1.1"));
    assert!(asked[0].contains("authorization: Bearer sk-test"));
    assert!(asked[0].contains("\"temperature\":0.3,") && asked[0].contains("\"max_tokens\":200"));
}

#[tokio::test]
async fn without_a_key_there_is_no_authorization_header() {
    let server = server(vec![ok("ঠিক আছে।")]).await;
    model(&server, Some("")).answer(&asked()).await.unwrap();
    assert!(
        !server.asked.await.unwrap()[0]
            .to_lowercase()
            .contains("authorization")
    );
}

#[tokio::test]
async fn missing_usage_is_estimated() {
    let body = r#"{"choices":[{"message":{"content":"ok then."}}]}"#;
    let (answer, _) = outcome(vec![http("200 OK", "", body)]).await;
    let usage = answer.unwrap().usage;
    assert!(usage.estimated && usage.prompt_tokens > 100 && usage.completion_tokens > 0);
}

#[tokio::test]
async fn a_handoff_without_words_gets_ours() {
    let (answer, _) = outcome(vec![ok("<think>no idea</think>[[HANDOFF]]")]).await;
    let answer = answer.unwrap();
    assert_eq!(answer.handoff, Some(Handoff::NotKnown));
    assert!(answer.text.contains("সহকর্মী"), "{}", answer.text);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_shortened_once() {
    let too_long = || {
        http(
            "400 Bad Request",
            "",
            r#"{"error":{"code":"context_length_exceeded"}}"#,
        )
    };
    let (answer, asked) = outcome(vec![too_long(), ok("এখন হলো।")]).await;
    assert_eq!(answer.unwrap().text, "এখন হলো।");
    assert_eq!(asked.len(), 2);
    let (answer, _) = outcome(vec![too_long(), too_long()]).await;
    assert!(
        matches!(answer, Err(ModelError::BadRequest(_))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn refused_parameters_are_given_up_once_each() {
    let refuse = |name: &str| {
        http(
            "400 Bad Request",
            "",
            &format!(r#"{{"error":{{"param":"{name}"}}}}"#),
        )
    };
    let (answer, asked) =
        outcome(vec![refuse("max_tokens"), refuse("temperature"), ok("হ্যাঁ।")]).await;
    assert_eq!(answer.unwrap().text, "হ্যাঁ।");
    assert!(
        asked[2].contains("\"max_completion_tokens\":200")
            && !asked[2].contains("\"max_tokens\"")
            && !asked[2].contains("\"temperature\"")
    );
}

#[tokio::test]
async fn failures_have_their_class() {
    let limited = http(
        "429 Too Many Requests",
        "retry-after: 7\r\n",
        r#"{"error":{"code":"rate_limit_exceeded"}}"#,
    );
    assert_eq!(
        outcome(vec![limited]).await.0,
        Err(ModelError::RateLimited {
            retry_after: Some(Duration::from_secs(7))
        })
    );
    let quota = http(
        "429 Too Many Requests",
        "",
        r#"{"error":{"code":"insufficient_quota"}}"#,
    );
    assert!(matches!(
        outcome(vec![quota]).await.0,
        Err(ModelError::Refused(_))
    ));
    assert!(matches!(
        outcome(vec![http("503 Busy", "", "<html>")]).await.0,
        Err(ModelError::Unavailable(_))
    ));
    assert!(matches!(
        outcome(vec![http("401 No", "", "{}")]).await.0,
        Err(ModelError::Refused(_))
    ));
    assert!(matches!(
        outcome(vec![http("200 OK", "", "<html>")]).await.0,
        Err(ModelError::Garbage(_))
    ));
    assert!(matches!(
        outcome(vec![http("200 OK", "", r#"{"choices":[]}"#)])
            .await
            .0,
        Err(ModelError::Garbage(_))
    ));
    assert!(matches!(
        outcome(vec![ok("")]).await.0,
        Err(ModelError::Unusable { .. })
    ));
    assert!(matches!(
        outcome(vec![ok("see https://evil.example/")]).await.0,
        Err(ModelError::Unusable { .. })
    ));
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"choices\"".to_owned();
    assert!(matches!(
        outcome(vec![cut]).await.0,
        Err(ModelError::Unavailable(_))
    ));
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_it() {
    let (answer, _) = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server {
            address: listener.local_addr().unwrap().to_string(),
            asked: tokio::spawn(async { Vec::new() }),
        };
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            while stream.write_all(&[b' '; 65536]).await.is_ok() {}
        });
        (model(&server, None).answer(&asked()).await, ())
    };
    assert_eq!(
        answer,
        Err(ModelError::Garbage("the answer is too large".to_owned()))
    );
}

#[tokio::test]
async fn silence_ends_at_the_total_limit_and_nobody_listening_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        address: listener.local_addr().unwrap().to_string(),
        asked: tokio::spawn(async { Vec::new() }),
    };
    let slow = model(&server, None)
        .with_total_limit(Duration::from_millis(100))
        .answer(&asked())
        .await;
    assert!(matches!(slow, Err(ModelError::Unavailable(_))));
    drop(listener);
    let nobody = model(&server, None).answer(&asked()).await;
    assert_eq!(
        nobody,
        Err(ModelError::Unavailable("no connection".to_owned()))
    );
}

#[tokio::test]
async fn a_private_address_is_refused_before_any_call() {
    let policy = EgressPolicy::default();
    let endpoint = Endpoint {
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        model: "m".to_owned(),
        api_key: None,
    };
    assert_eq!(
        OpenAiCompatible::new(policy.client().unwrap(), &policy, endpoint).unwrap_err(),
        EgressRefused::Scheme
    );
}
