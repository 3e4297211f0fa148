//! The customer's phone: a small page to write as a Messenger, Instagram or WhatsApp customer and see the answers arrive.
//!
//! The page asks every second. Only threads that were opened on the phone are kept, so that a benchmark fills no memory.

use std::collections::VecDeque;

use actix_web::http::header;
use actix_web::web::{self, Data, Json, Query, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::clock::{lock, now_ms};
use crate::graph::{Graph, Platform};

const MAX_THREADS: usize = 500;
const MAX_LINES: usize = 300;
/// The longest text that all three platforms let a customer write.
const MAX_TEXT: usize = 4096;
const MAX_NAME: usize = 60;

/// The conversations of the phone.
#[derive(Debug, Default)]
pub struct Threads {
    threads: VecDeque<Thread>,
    next: u64,
}

#[derive(Debug)]
struct Thread {
    account: String,
    customer: String,
    lines: VecDeque<Line>,
}

/// One message of a thread.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Grows over all threads.
    pub number: u64,
    pub from: Author,
    pub text: String,
    pub time_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    Customer,
    Shop,
}

impl Threads {
    /// The customer wrote on the phone; opens the thread.
    fn wrote(&mut self, account: &str, customer: &str, text: &str, time_ms: i64) {
        if self.find(account, customer).is_none() {
            if self.threads.len() >= MAX_THREADS {
                self.threads.pop_front();
            }
            self.threads.push_back(Thread {
                account: account.into(),
                customer: customer.into(),
                lines: VecDeque::new(),
            });
        }
        self.add(account, customer, Author::Customer, text, time_ms);
    }

    /// The shop wrote to somebody; kept if the phone shows them.
    pub(crate) fn answered(&mut self, account: &str, customer: &str, text: &str, time_ms: i64) {
        self.add(account, customer, Author::Shop, text, time_ms);
    }

    fn add(&mut self, account: &str, customer: &str, from: Author, text: &str, time_ms: i64) {
        self.next += 1;
        let line = Line {
            number: self.next,
            from,
            text: text.into(),
            time_ms,
        };
        if let Some(thread) = self.find(account, customer) {
            if thread.lines.len() >= MAX_LINES {
                thread.lines.pop_front();
            }
            thread.lines.push_back(line);
        }
    }

    fn find(&mut self, account: &str, customer: &str) -> Option<&mut Thread> {
        let same = |thread: &&mut Thread| thread.account == account && thread.customer == customer;
        self.threads.iter_mut().find(same)
    }

    fn lines_after(&mut self, account: &str, customer: &str, number: u64) -> Vec<Line> {
        let lines = self
            .find(account, customer)
            .map(|thread| thread.lines.iter());
        lines
            .into_iter()
            .flatten()
            .filter(|line| line.number > number)
            .cloned()
            .collect()
    }
}

/// The page at `/` and what it asks. Needs [`Graph::routes`] on the same server.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(page))
        .route("/phone.js", web::get().to(script))
        .route("/phone.css", web::get().to(style))
        .route("/_sandbox/phone/accounts", web::get().to(list_accounts))
        .route("/_sandbox/phone/thread", web::get().to(read_thread))
        .route("/_sandbox/phone/messages", web::post().to(write_message));
}

/// Everything the page may load comes from here, and nothing inline: a message can never become code.
fn asset(content_type: &'static str, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ))
        .body(body)
}

async fn page() -> impl Responder {
    asset("text/html; charset=utf-8", include_str!("phone/page.html"))
}

async fn script() -> impl Responder {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("phone/phone.js"),
    )
}

async fn style() -> impl Responder {
    asset("text/css; charset=utf-8", include_str!("phone/phone.css"))
}

async fn list_accounts(graph: Data<Graph>) -> impl Responder {
    let accounts = graph.accounts();
    let reachable = accounts.iter().filter(|account| account.webhook.is_some());
    let shown = reachable.map(|account| json!({ "platform": account.platform, "account": account.external_id, "name": account.name }));
    Json(json!({ "items": shown.collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
struct ThreadOf {
    platform: Platform,
    account: String,
    name: String,
    #[serde(default)]
    after: u64,
}

async fn read_thread(graph: Data<Graph>, query: Query<ThreadOf>) -> impl Responder {
    let customer = customer_id(query.platform, &query.name);
    let lines = lock(&graph.core.threads).lines_after(&query.account, &customer, query.after);
    Json(json!({ "items": lines }))
}

#[derive(Deserialize)]
struct NewMessage {
    platform: Platform,
    account: String,
    name: String,
    text: String,
}

async fn write_message(graph: Data<Graph>, message: Json<NewMessage>) -> impl Responder {
    let NewMessage {
        platform,
        account,
        name,
        text,
    } = message.into_inner();
    let name = name.trim();
    let fits = (1..=MAX_NAME).contains(&name.chars().count())
        && text.chars().count() <= MAX_TEXT
        && !text.trim().is_empty();
    if !fits {
        return HttpResponse::UnprocessableEntity().json(
            json!({ "error": "a name and a text are needed, not longer than the platform allows" }),
        );
    }
    let customer = customer_id(platform, name);
    // Redelivered until the server takes it: it may be restarting.
    match graph.customer_message_until_taken(platform, &account, &customer, name, &text) {
        Ok(_) => {
            lock(&graph.core.threads).wrote(&account, &customer, &text, now_ms());
            HttpResponse::Accepted().json(json!({}))
        }
        Err(problem) => HttpResponse::NotFound().json(json!({ "error": problem.to_string() })),
    }
}

/// The same name on the same platform is the same person, also after a restart.
fn customer_id(platform: Platform, name: &str) -> String {
    // FNV-1a: spreads names well enough, and never changes with the compiler.
    let hash = name
        .trim()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    match platform {
        Platform::Facebook => format!("73{:014}", hash % 100_000_000_000_000),
        Platform::Instagram => format!("11{:014}", hash % 100_000_000_000_000),
        Platform::Whatsapp => format!("88018{:08}", hash % 100_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_threads_of_the_phone_are_kept() {
        let mut threads = Threads::default();
        threads.answered("1", "stranger", "hello", 1);
        assert_eq!(threads.lines_after("1", "stranger", 0), []);
        threads.wrote("1", "rahim", "দাম কত?", 1);
        threads.answered("1", "rahim", "১৮৫০ টাকা", 2);
        let lines = threads.lines_after("1", "rahim", 0);
        assert_eq!(
            lines.iter().map(|line| line.from).collect::<Vec<_>>(),
            [Author::Customer, Author::Shop]
        );
        assert_eq!(threads.lines_after("1", "rahim", lines[0].number).len(), 1);
    }

    #[test]
    fn a_thread_forgets_its_oldest_lines() {
        let mut threads = Threads::default();
        for number in 0..MAX_LINES + 5 {
            threads.wrote("1", "rahim", &number.to_string(), 1);
        }
        let lines = threads.lines_after("1", "rahim", 0);
        assert_eq!((lines.len(), lines[0].text.as_str()), (MAX_LINES, "5"));
    }

    #[test]
    fn a_name_is_always_the_same_person_and_looks_like_the_platforms_ids() {
        let id = customer_id(Platform::Whatsapp, "রহিম");
        assert_eq!(id, customer_id(Platform::Whatsapp, " রহিম "));
        assert_ne!(id, customer_id(Platform::Whatsapp, "করিম"));
        assert_eq!((id.len(), &id[..5]), (13, "88018"));
    }
}
