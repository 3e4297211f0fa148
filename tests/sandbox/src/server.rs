//! One HTTP server on a thread of its own, so that it can be started from any runtime and dropped from anywhere.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use futures_util::stream;

/// Largest request body; the longest genuine one is a few kilobytes.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// A running server. Stops, without waiting for anybody, when the last clone is dropped.
#[derive(Clone)]
pub struct Running(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Running {
    /// Listens on the loopback interface; port 0 takes a free one.
    pub async fn start(
        port: u16,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let (tell_handle, handle) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("sandbox-http".into())
            .spawn(move || {
                actix_web::rt::System::new().block_on(run(listener, routes, tell_handle))
            })?;
        let handle = handle
            .await
            .map_err(|_| std::io::Error::other("the sandbox server ended at its start"))??;
        Ok(Self(Arc::new(Inner { address, handle })))
    }

    /// `http://127.0.0.1:port`, without a last slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Stops at once: held calls and open streams are cut.
    pub async fn stop(&self) {
        self.0.handle.stop(false).await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The command is sent by the call itself; there is nothing to wait for.
        drop(self.handle.stop(false));
    }
}

async fn run(
    listener: TcpListener,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    tell_handle: tokio::sync::oneshot::Sender<std::io::Result<ServerHandle>>,
) {
    let app = move || {
        App::new()
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .app_data(web::JsonConfig::default().limit(BODY_LIMIT))
            .configure(routes.clone())
    };
    let server = HttpServer::new(app)
        .workers(2)
        .disable_signals()
        .shutdown_timeout(0)
        .listen(listener);
    match server {
        Ok(server) => {
            let server = server.run();
            // Nobody waits any more when the starter was cancelled: then the handle is dropped and nothing is served.
            if tell_handle.send(Ok(server.handle())).is_ok() {
                let _ = server.await;
            }
        }
        Err(error) => drop(tell_handle.send(Err(error))),
    }
}

/// An answer that never comes: the connection is closed instead. The body fails before the head is flushed, so the caller
/// sees the connection end without a byte.
pub(crate) fn cut_connection() -> HttpResponse {
    let broken = std::io::Error::other("the sandbox cuts this connection on purpose");
    HttpResponse::Ok().streaming(stream::iter([Err::<Bytes, _>(broken)]))
}
