//! A webhook receiver that keeps what it gets and answers what it is told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use sandbox::server::Running;
use sandbox::wire::sign;
use serde_json::Value;

use crate::SOON;

#[derive(Default)]
struct Kept {
    bodies: Mutex<Vec<(String, String)>>,
    refuse: AtomicU32,
}

pub struct Receiver {
    server: Running,
    kept: Arc<Kept>,
}

impl Receiver {
    pub async fn start() -> Self {
        let kept = Arc::new(Kept::default());
        let shared = Arc::clone(&kept);
        let routes = move |config: &mut web::ServiceConfig| {
            config
                .app_data(Data::from(Arc::clone(&shared)))
                .default_service(web::to(receive));
        };
        Self {
            server: Running::start(0, routes).await.expect("a free port"),
            kept,
        }
    }

    pub fn url(&self) -> String {
        self.server.url() + "/webhook/"
    }

    /// Answers 503 to the next calls.
    pub fn refuse_next(&self, calls: u32) {
        self.kept.refuse.store(calls, Ordering::SeqCst);
    }

    /// The bodies so far, each checked to be signed with this secret, once there are so many.
    pub async fn bodies(&self, count: usize, secret: &str) -> Vec<Value> {
        let deadline = tokio::time::Instant::now() + SOON;
        while self.kept.bodies.lock().expect("no panic").len() < count {
            assert!(
                tokio::time::Instant::now() < deadline,
                "fewer than {count} webhooks came"
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let bodies = self.kept.bodies.lock().expect("no panic").clone();
        let read = |(signature, body): &(String, String)| {
            assert_eq!(*signature, sign(secret, body.as_bytes()));
            assert!(body.is_ascii(), "Meta escapes everything else: {body}");
            serde_json::from_str(body).expect("JSON")
        };
        bodies.iter().map(read).collect()
    }
}

async fn receive(request: HttpRequest, body: Bytes, kept: Data<Kept>) -> HttpResponse {
    let less = |left: u32| left.checked_sub(1);
    if kept
        .refuse
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
    {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let header = request
        .headers()
        .get("X-Hub-Signature-256")
        .expect("a signature");
    let signature = header.to_str().expect("ASCII").to_owned();
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    kept.bodies
        .lock()
        .expect("no panic")
        .push((signature, body));
    HttpResponse::Ok().finish()
}
