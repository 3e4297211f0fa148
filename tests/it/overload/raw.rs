//! Connections by hand: clients that send as no library would.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to the server at `url`.
pub async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://"))
        .await
        .expect("a connection")
}

/// A POST whose head is sent and whose body, of this length, is still to come.
pub async fn begin(url: &str, path: &str, length: usize) -> TcpStream {
    let mut stream = connect(url).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream
        .write_all(head.as_bytes())
        .await
        .expect("the head is sent");
    stream
}

/// The answer up to the end of the connection, or what came of it.
pub async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = async {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            text.extend_from_slice(&buffer[..count]);
            let so_far = String::from_utf8_lossy(&text);
            if so_far.contains("\r\n\r\n") && so_far.trim_end().ends_with('}') {
                break;
            }
        }
    };
    let _ended = tokio::time::timeout(PATIENCE, read).await;
    String::from_utf8_lossy(&text).into_owned()
}
