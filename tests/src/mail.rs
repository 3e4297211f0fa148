//! A mail server: speaks SMTP as far as a sender needs it, keeps what it is given, and refuses when told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: String,
    pub headers: String,
    /// Decoded.
    pub body: String,
}

impl Received {
    /// The link in the text, which stands on a line of its own.
    #[track_caller]
    pub fn link(&self) -> String {
        let link = self.body.lines().find(|line| line.starts_with("https://"));
        link.unwrap_or_else(|| panic!("no link in {}", self.body))
            .to_owned()
    }

    /// What stands behind `#token=` in the link.
    #[track_caller]
    pub fn token(&self) -> String {
        let link = self.link();
        let (_, token) = link.split_once("#token=").expect("a token in the link");
        token.to_owned()
    }
}

#[derive(Default)]
struct Kept {
    mails: Vec<Received>,
    /// Answers to the next recipients, instead of taking them.
    refusals: VecDeque<String>,
    connections: usize,
    /// Every command.
    told: Vec<String>,
}

/// Runs until it is dropped.
pub struct MailServer {
    port: u16,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl MailServer {
    pub async fn start() -> Self {
        Self::at(0).await
    }

    /// A port at which nobody listens now, for a server that comes later.
    pub async fn unused_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address").port()
    }

    pub async fn at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a port for the mail server");
        let port = listener.local_addr().expect("an address").port();
        let kept = Arc::<Mutex<Kept>>::default();
        let shared = Arc::clone(&kept);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                lock(&shared).connections += 1;
                let kept = Arc::clone(&shared);
                // A sender that goes away is no trouble of ours.
                tokio::spawn(async move { drop(talk(stream, &kept).await) });
            }
        });
        Self { port, kept, task }
    }

    /// For `SMTP_URL`.
    pub fn url(&self) -> String {
        Self::url_at(self.port)
    }

    pub fn url_at(port: u16) -> String {
        format!("smtp://127.0.0.1:{port}?tls=none")
    }

    /// What arrived so far, oldest first.
    pub fn mails(&self) -> Vec<Received> {
        lock(&self.kept).mails.clone()
    }

    /// What arrived for an address.
    pub fn mails_to(&self, address: &str) -> Vec<Received> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.to == address);
        mails
    }

    /// Answers the next recipient with this line instead of taking it.
    pub fn refuse_next(&self, answer: &str) {
        lock(&self.kept).refusals.push_back(answer.to_owned());
    }

    /// Every command that senders gave.
    pub fn told(&self) -> Vec<String> {
        lock(&self.kept).told.clone()
    }

    pub fn connections(&self) -> usize {
        lock(&self.kept).connections
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().expect("the mails")
}

async fn talk(stream: TcpStream, kept: &Mutex<Kept>) -> std::io::Result<()> {
    let (input, mut output) = stream.into_split();
    let mut lines = BufReader::new(input).lines();
    let mut to = String::new();
    output.write_all(b"220 mail.example.com ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        lock(kept).told.push(line.clone());
        let command = line.to_ascii_uppercase();
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-mail.example.com\r\n250-8BITMIME\r\n250 SMTPUTF8".to_owned(),
            "MAIL" | "RSET" | "NOOP" => "250 fine".to_owned(),
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let refusal = lock(kept).refusals.pop_front();
                refusal.unwrap_or_else(|| "250 fine".to_owned())
            }
            "DATA" => {
                output.write_all(b"354 go ahead\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                lock(kept).mails.push(received(&to, &text));
                "250 taken".to_owned()
            }
            "QUIT" => {
                output.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "500 what?".to_owned(),
        };
        output.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn received(to: &str, text: &str) -> Received {
    let (headers, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let encoding = headers
        .lines()
        .find_map(|line| line.strip_prefix("Content-Transfer-Encoding: "));
    let body = match encoding {
        Some("base64") => from_base64(body),
        Some("quoted-printable") => from_quoted_printable(body),
        _ => body.as_bytes().to_vec(),
    };
    Received {
        to: to.to_owned(),
        headers: headers.to_owned(),
        body: String::from_utf8(body)
            .expect("UTF-8")
            .replace("\r\n", "\n"),
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut decoded = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == byte) else {
            continue;
        };
        bits = (bits << 6) | u32::try_from(value).expect("six bits");
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from((bits >> count) & 0xff).expect("eight bits"));
        }
    }
    decoded
}

fn from_quoted_printable(text: &str) -> Vec<u8> {
    let joined = text.replace("=\n", "");
    let mut bytes = joined.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'=' {
            decoded.push(byte);
            continue;
        }
        let digits: Vec<u8> = bytes.by_ref().take(2).collect();
        decoded.extend(hex::decode(digits).expect("two hex digits"));
    }
    decoded
}
