//! The web app's files: which address gives which, how long they keep, and what is no file.

use std::path::{Path, PathBuf};

use banglachat_tests::{Answer, TestApp};
use reqwest::Method;

/// A built web app in a folder of its own, removed with this.
struct Build(PathBuf);

impl Build {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("banglachat-web-{}", uuid::Uuid::now_v7()));
        let files: [(&str, &[u8]); 8] = [
            ("web/index.html", b"<!doctype html><title>the app</title>"),
            ("web/assets/app-1a2b.js", b"console.log('plain')"),
            ("web/assets/app-1a2b.js.gz", b"packed by gzip"),
            ("web/assets/app-1a2b.js.br", b"packed by brotli"),
            ("web/assets/font-3c4d.woff2", b"wOF2"),
            (
                "web/favicon.svg",
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            ),
            ("web/.vite/manifest.json", b"{}"),
            ("secret.txt", b"outside"),
        ];
        for (name, content) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        Self(root)
    }

    fn web(&self) -> &Path {
        Box::leak(self.0.join("web").into_boxed_path())
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

const PAGE: (&str, &str) = (
    "accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
);

async fn serving(build: &Build) -> TestApp {
    TestApp::builder()
        .set("WEB_ROOT", build.web().display())
        .start()
        .await
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Answer {
    app.api.send(Method::GET, path, headers, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_app_is_its_page_and_names_of_files_are_not() {
    let build = Build::new();
    let app = serving(&build).await;
    for path in [
        "/",
        "/index.html",
        "/inbox/0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708",
        "/social/accounts",
        "/social/accounts/connect/facebook",
        "/reset",
        "/apis",
    ] {
        let page = get(&app, path, &[PAGE]).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("the app"), "{path}: {}", page.text);
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(page.header("etag").is_some());
    }
    for path in [
        "/assets/gone-9z.js",
        "/assets/gone",
        "/logo.png",
        "/.vite/manifest.json",
        "/.env",
    ] {
        let missing = get(&app, path, &[PAGE]).await;
        assert_eq!(missing.status, 404, "{path}");
        assert_eq!(
            missing.header("content-type"),
            Some("application/problem+json")
        );
    }
    // Only who navigates gets the page, and only by reading.
    assert_eq!(get(&app, "/inbox", &[("accept", "*/*")]).await.status, 404);
    let posted = app.api.send(Method::POST, "/inbox", &[PAGE], None).await;
    assert_eq!(posted.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_addresses_stay_problem_documents() {
    let build = Build::new();
    let app = serving(&build).await;
    for path in [
        "/api/v1/nothing",
        "/api",
        "/health/nothing",
        "/social/webhook/nothing",
    ] {
        let answer = get(&app, path, &[PAGE]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(get(&app, "/api/v1/me", &[PAGE]).await.status, 401);
    let installation = app.api.get("/api/v1/installation").await.expect(200);
    assert_eq!(installation["web"], true);
    let other = TestApp::start().await;
    let installation = other.api.get("/api/v1/installation").await.expect(200);
    assert_eq!(installation["web"], false);
    assert_eq!(get(&other, "/inbox", &[PAGE]).await.status, 404);
}

/// What the client library would tidy up is written to the socket as it is.
#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_folder() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let build = Build::new();
    let app = serving(&build).await;
    let address = app.settings()["HTTP_ADDR"].clone();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "//secret.txt",
        "/assets/%5c..%5c..%5csecret.txt",
        "/secret.txt%00.html",
    ] {
        let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"),
            "{path}: {answer}"
        );
        assert!(!answer.contains("outside"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_packed_as_the_browser_takes_them_and_are_kept_by_their_kind() {
    let build = Build::new();
    let app = serving(&build).await;
    let script = "/assets/app-1a2b.js";
    for (accepted, coding, content) in [
        ("gzip, deflate, br", Some("br"), "packed by brotli"),
        ("gzip", Some("gzip"), "packed by gzip"),
        ("br;q=0, gzip;q=0", None, "console.log('plain')"),
    ] {
        let answer = get(&app, script, &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.status, 200, "{accepted}");
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert_eq!(answer.text, content, "{accepted}");
        assert_eq!(
            answer.header("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
        assert_eq!(
            answer.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
        assert!(answer.header("vary").unwrap().contains("accept-encoding"));
    }
    let font = get(
        &app,
        "/assets/font-3c4d.woff2",
        &[("accept-encoding", "gzip")],
    )
    .await;
    assert_eq!((font.status, font.text.as_str()), (200, "wOF2"));
    let icon = get(&app, "/favicon.svg", &[]).await;
    assert_eq!(icon.header("cache-control"), Some("public, max-age=3600"));
    let tag = icon.header("etag").unwrap();
    let again = get(&app, "/favicon.svg", &[("if-none-match", tag)]).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), Some(tag));
    let other = get(&app, "/favicon.svg", &[("if-none-match", "\"other\"")]).await;
    assert_eq!(other.status, 200);
    let head = app.api.send(Method::HEAD, script, &[], None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

/// R74.
#[tokio::test(flavor = "multi_thread")]
async fn pages_and_files_carry_the_apps_policy_and_the_security_headers() {
    let build = Build::new();
    let app = serving(&build).await;
    for path in ["/", "/inbox", "/assets/app-1a2b.js"] {
        let answer = get(&app, path, &[PAGE]).await;
        assert_eq!(
            answer.header("content-security-policy"),
            Some(
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; \
                 connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            ),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert!(answer.header("strict-transport-security").is_some());
        assert!(answer.header("x-request-id").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_no_build_stops_the_start_with_what_to_do() {
    use banglachat::http::web_app::WebFiles;
    let build = Build::new();
    let told = WebFiles::read(&build.0).unwrap_err().to_string();
    assert!(
        told.starts_with("WEB_ROOT: ") && told.contains("npm run build"),
        "{told}"
    );
    let told = WebFiles::read(&build.0.join("nowhere")).unwrap_err();
    assert!(told.to_string().contains("cannot be read"), "{told}");
}
