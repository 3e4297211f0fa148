//! Listens to what the server says to PostgreSQL: a relay between the two that notes the SQL of each message.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// A statement, and in which kind of transaction it was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// Inside the cross-organization module, which takes the platform role.
    pub cross: bool,
    pub sql: String,
}

/// The relay; ends with its runtime.
pub struct Wire {
    pub port: u16,
    heard: Arc<Mutex<BTreeSet<Statement>>>,
}

impl Wire {
    /// A relay to the test server.
    pub async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(BTreeSet::new()));
        let wire = Self {
            port,
            heard: Arc::clone(&heard),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, Arc::clone(&heard)));
            }
        });
        wire
    }

    pub fn heard(&self) -> BTreeSet<Statement> {
        self.heard.lock().unwrap().clone()
    }
}

async fn relay(client: TcpStream, heard: Arc<Mutex<BTreeSet<Statement>>>) {
    let (from_client, to_client) = client.into_split();
    let config: tokio_postgres::Config =
        std::env::var("TEST_DATABASE_URL").unwrap().parse().unwrap();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Unix(folder) => {
            let server = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}")))
                .await
                .unwrap();
            let (from_server, to_server) = server.into_split();
            tokio::join!(
                note(from_client, to_server, heard),
                pass(from_server, to_client)
            );
        }
        tokio_postgres::config::Host::Tcp(host) => {
            let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
            let (from_server, to_server) = server.into_split();
            tokio::join!(
                note(from_client, to_server, heard),
                pass(from_server, to_client)
            );
        }
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    // Either side may go at any time.
    let _ended = tokio::io::copy(&mut from, &mut to).await;
    let _closed = to.shutdown().await;
}

/// Passes the client's messages on, and notes the SQL of `Query` and `Parse`.
async fn note(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    heard: Arc<Mutex<BTreeSet<Statement>>>,
) {
    let (mut is_first, mut cross) = (true, false);
    loop {
        // The first message, the start-up, has no type byte.
        let kind = if is_first {
            0
        } else {
            from.read_u8().await.unwrap_or(b'X')
        };
        let Ok(length) = from.read_u32().await else {
            break;
        };
        let mut body = vec![0; length.saturating_sub(4) as usize];
        if from.read_exact(&mut body).await.is_err() {
            break;
        }
        let mut parts = body.split(|byte| *byte == 0);
        let sql = match kind {
            b'Q' => parts.next(),
            b'P' => parts.nth(1),
            _ => None,
        };
        if let Some(sql) = sql.map(|sql| String::from_utf8_lossy(sql).into_owned()) {
            cross = (cross || sql.contains("SET LOCAL ROLE banglachat_platform"))
                && !["COMMIT", "ROLLBACK"].contains(&sql.as_str());
            heard.lock().unwrap().insert(Statement { cross, sql });
        }
        let mut message = if is_first { Vec::new() } else { vec![kind] };
        message.extend(length.to_be_bytes());
        message.extend(body);
        is_first = false;
        if to.write_all(&message).await.is_err() {
            break;
        }
    }
    let _closed = to.shutdown().await;
}
