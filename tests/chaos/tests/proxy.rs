//! The proxy's faults, each on its own, over real connections; switched over HTTP as well.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chaos::proxy::{CommitCut, Direction, Faults, Proxy, control};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SHORT: Duration = Duration::from_millis(300);

/// Says back whatever it hears.
async fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ended = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn proxy(faults: Faults) -> Proxy {
    let proxy = Proxy::start(vec![echo_server().await], 7).await.unwrap();
    proxy.set(faults);
    proxy
}

async fn say(proxy: &Proxy, text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(proxy.address()).await?;
    exchange(&mut stream, text).await
}

/// What comes back of what is said; shorter when the connection ends before.
async fn exchange(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(text).await?;
    let mut heard = vec![0; text.len()];
    stream.read_exact(&mut heard).await?;
    Ok(heard)
}

fn down(direction: Direction) -> Faults {
    Faults {
        down: direction,
        ..Faults::default()
    }
}

#[tokio::test]
async fn healthy_it_passes_everything_and_takes_the_next_upstream_where_one_is_gone() {
    assert_eq!(
        say(&proxy(Faults::default()).await, b"hello")
            .await
            .unwrap(),
        b"hello"
    );
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let two = Proxy::start(vec![gone, echo_server().await], 7)
        .await
        .unwrap();
    for _ in 0..4 {
        assert_eq!(say(&two, b"hello").await.unwrap(), b"hello");
    }
}

#[tokio::test]
async fn delay_and_rate_take_their_time() {
    for direction in [
        Direction {
            delay_ms: 200,
            ..Direction::default()
        },
        Direction {
            bytes_per_second: 5_000,
            ..Direction::default()
        },
    ] {
        let proxy = proxy(down(direction)).await;
        let began = Instant::now();
        assert_eq!(say(&proxy, &[1; 1000]).await.unwrap(), vec![1; 1000]);
        assert!(
            began.elapsed() >= Duration::from_millis(190),
            "{direction:?}"
        );
    }
}

#[tokio::test]
async fn a_cut_connection_is_reset_after_so_many_bytes() {
    let cut = Direction {
        cut_after_bytes: Some(10),
        ..Direction::default()
    };
    let proxy = proxy(down(cut)).await;
    let error = say(&proxy, &[1; 100]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(proxy.cuts(), 1);
}

#[tokio::test]
async fn refused_connections_are_reset_and_half_open_ones_are_silent() {
    let refusing = proxy(Faults {
        refuse: true,
        ..Faults::default()
    })
    .await;
    assert!(say(&refusing, b"hello").await.is_err());
    let silent = proxy(Faults {
        half_open: true,
        ..Faults::default()
    })
    .await;
    assert!(timeout(SHORT, say(&silent, b"hello")).await.is_err());
}

#[tokio::test]
async fn a_black_hole_takes_one_direction_and_a_reset_ends_what_is_open() {
    let hole = Direction {
        black_hole: true,
        ..Direction::default()
    };
    let proxy = proxy(down(hole)).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(
        timeout(SHORT, exchange(&mut stream, b"hello"))
            .await
            .is_err()
    );
    proxy.reset_all();
    let ended = timeout(SHORT, stream.read(&mut [0])).await.expect("an end");
    assert_eq!(
        ended.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
}

#[tokio::test]
async fn a_commit_is_cut_before_it_or_before_its_answer() {
    for (commit, heard) in [(CommitCut::Before, 0), (CommitCut::After, 6)] {
        let faults = Faults {
            commit: Some(commit),
            commit_share: 1.0,
            ..Faults::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(vec![listener.local_addr().unwrap()], 7)
            .await
            .unwrap();
        proxy.set(faults);
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        client.write_all(b"COMMIT").await.unwrap();
        let mut got = Vec::new();
        // Ends with the reset.
        let _reset = server.read_to_end(&mut got).await;
        assert_eq!(got.len(), heard, "{commit:?}");
        assert!(client.read(&mut [0]).await.is_err());
    }
}

#[tokio::test]
async fn faults_are_switched_over_http_and_unknown_ones_refused() {
    let proxy = proxy(Faults::default()).await;
    let control = control::start([("database".to_owned(), proxy.clone())].into())
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/proxy/database", control.url());
    let put = |body: &'static str| {
        client
            .put(&url)
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    assert_eq!(
        put(r#"{"down":{"black_hole":true}}"#)
            .await
            .unwrap()
            .status(),
        204
    );
    assert!(proxy.faults().down.black_hole);
    assert_eq!(put(r#"{"dwn":{}}"#).await.unwrap().status(), 400);
    assert_eq!(put("{}").await.unwrap().status(), 204);
    assert_eq!(proxy.faults(), Faults::default());
    let unknown = client
        .post(format!("{}/proxy/nothing/reset", control.url()))
        .send();
    assert_eq!(unknown.await.unwrap().status(), 404);
    let all = client
        .get(format!("{}/proxy", control.url()))
        .send()
        .await
        .unwrap();
    assert!(all.text().await.unwrap().contains("database"));
}
