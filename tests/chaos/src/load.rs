//! The customers: an open loop that signs and posts each message at its time, whatever the server does, and again, byte for byte, until
//! it is answered with 200, as Meta does (R3). What was acknowledged, and when, is what the oracle holds the server to.

use std::time::Duration;

use sandbox::bodies::{self, Number};
use sandbox::graph::Platform;
use sandbox::wire::{sign, to_wire};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::facts::{Customer, Posted};
use crate::now_ms;
use crate::plan::{self, Planned, Size};

/// Meta gives up after days; here a message that nobody took for this long is a failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// Messenger gives the receiver five seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const PAUSES_MS: [u64; 5] = [50, 100, 200, 400, 800];

/// What customers ask, and what the shop's knowledge says to it.
pub const QUESTION: &str = "ডেলিভারি চার্জ কত?";
pub const ANSWER: &str = "ঢাকায় ডেলিভারি চার্জ ৬০ টাকা।";

/// An account that customers write to, and where its events go.
#[derive(Debug, Clone)]
pub struct Line {
    pub platform: Platform,
    pub external_id: String,
    pub webhook_url: String,
    pub app_secret: String,
}

/// What became of the posts.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    pub posted: Vec<Posted>,
    /// Posts that were not answered with 200.
    pub refused: usize,
}

impl Traffic {
    pub fn acknowledged(&self) -> usize {
        let taken = |posted: &&Posted| posted.acknowledged_ms.is_some();
        self.posted.iter().filter(taken).count()
    }
}

/// Customers of these lines, in turn; `run` tells the messages of one run from those of another.
#[derive(Clone)]
pub struct Load {
    client: reqwest::Client,
    lines: Vec<Line>,
    run: String,
}

impl Load {
    pub fn new(lines: Vec<Line>, run: &str) -> crate::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(2))
            .timeout(ANSWER_WITHIN)
            .no_proxy()
            .user_agent("facebookexternalua")
            .build()?;
        Ok(Self {
            client,
            lines,
            run: run.to_owned(),
        })
    }

    /// Posts everything that the seed says; ends when everything is taken or given up.
    pub async fn post_all(&self, seed: u64, size: Size) -> Traffic {
        let (began, began_ms) = (Instant::now(), now_ms());
        let mut posts = JoinSet::new();
        for (index, planned) in plan::messages(seed, size).into_iter().enumerate() {
            let letter = self.letter(&planned, began_ms);
            sleep_until(began + planned.at).await;
            let load = self.clone();
            posts.spawn(async move { (index, load.post_until_taken(letter).await) });
        }
        let mut ended = posts.join_all().await;
        ended.sort_by_key(|(index, _)| *index);
        Traffic {
            refused: ended.iter().map(|(_, (_, refused))| refused).sum(),
            posted: ended.into_iter().map(|(_, (posted, _))| posted).collect(),
        }
    }

    fn letter(&self, planned: &Planned, began_ms: i64) -> Letter {
        let line = self.lines[planned.conversation % self.lines.len()].clone();
        let time_ms = began_ms + i64::try_from(planned.at.as_millis()).unwrap_or_default();
        let (run, conversation) = (&self.run, planned.conversation);
        let customer = match line.platform {
            Platform::Whatsapp => format!("88017{conversation:08}"),
            _ => format!("73192846{conversation:08}"),
        };
        let posted = Posted {
            external_id: format!("m_{run}-{conversation}-{}", planned.number),
            customer: Customer {
                account: line.external_id.clone(),
                id: customer,
            },
            // What the shop's knowledge answers, and what tells this message from all others.
            text: format!("{QUESTION} ({conversation}-{})", planned.number),
            platform_time_ms: match line.platform {
                Platform::Whatsapp => time_ms / 1000 * 1000,
                _ => time_ms,
            },
            acknowledged_ms: None,
        };
        let body = body(&line, &posted, time_ms);
        Letter { line, posted, body }
    }

    async fn post_until_taken(&self, letter: Letter) -> (Posted, usize) {
        let Letter {
            line,
            mut posted,
            body,
        } = letter;
        let end = Instant::now() + PATIENCE;
        let mut refused = 0;
        while Instant::now() < end {
            if self.post(&line, &body).await == Some(200) {
                posted.acknowledged_ms = Some(now_ms());
                break;
            }
            let pause = PAUSES_MS[refused.min(PAUSES_MS.len() - 1)];
            sleep(Duration::from_millis(pause)).await;
            refused += 1;
        }
        (posted, refused)
    }

    /// One signed post; the status, or none where no answer came.
    pub async fn post(&self, line: &Line, body: &str) -> Option<u16> {
        let answer = self
            .client
            .post(&line.webhook_url)
            .header("Content-Type", "application/json")
            .header(
                "X-Hub-Signature-256",
                sign(&line.app_secret, body.as_bytes()),
            )
            .body(body.to_owned())
            .send()
            .await;
        answer.ok().map(|answer| answer.status().as_u16())
    }
}

/// A message on its way.
struct Letter {
    line: Line,
    posted: Posted,
    body: String,
}

fn body(line: &Line, posted: &Posted, time_ms: i64) -> String {
    let (account, customer) = (line.external_id.as_str(), posted.customer.id.as_str());
    let (id, text) = (posted.external_id.as_str(), posted.text.as_str());
    to_wire(&match line.platform {
        Platform::Whatsapp => {
            let number = Number {
                business_account_id: "220033445566778",
                phone_number_id: account,
                display: "8801700000000",
            };
            bodies::whatsapp_text(number, customer, "Customer", id, text, time_ms)
        }
        Platform::Instagram => bodies::instagram_text(account, customer, id, text, time_ms),
        Platform::Facebook => bodies::messenger_text(account, customer, id, text, time_ms),
    })
}
