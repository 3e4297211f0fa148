//! The web app: the files of its build, read once at start and served from memory.
//!
//! A path is looked up among the names of these files and nowhere else, so none can lead out of the folder. An address that is no
//! file is a page of the app when a browser navigates to it: then it gets `index.html`, whose script knows the routes.

mod files;

pub use files::{WebFiles, WebFilesError};

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use files::{Variant, WebFile};

/// What a page of the app may load: its own files, and pictures that it was given as data.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Shown at `/` where the web app is not served.
const NO_WEB_APP: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>BanglaChatPro</title>\
    <h1>BanglaChatPro</h1><p>This server answers the API only: its setting WEB_ROOT is empty. \
    <a href=\"/docs/\">API documentation</a></p></html>";

/// Below these the server answers for itself: a wrong address there is an error, not a page.
const OWN: [&str; 4] = ["/api", "/docs", "/health", "/social/webhook"];

fn is_own(path: &str) -> bool {
    OWN.iter().any(|own| {
        path.strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The file or page at an address; `None` where there is none.
pub fn respond(request: &HttpRequest, files: Option<&WebFiles>) -> Option<HttpResponse> {
    let path = request.path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) || is_own(path) {
        return None;
    }
    let Some(files) = files else {
        return (path == "/").then(|| {
            HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .body(NO_WEB_APP)
        });
    };
    if let Some(file) = files.get(path) {
        return Some(serve(request.headers(), file));
    }
    let is_page = path == "/" || (wants_page(request.headers()) && !names_a_file(path));
    is_page.then(|| serve(request.headers(), files.index()))
}

/// A browser that navigates says so; a script or a picture that is not there must not become a page.
fn wants_page(headers: &HeaderMap) -> bool {
    values(headers, &header::ACCEPT).any(|kind| kind == "text/html")
}

fn names_a_file(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    path.starts_with("/assets/") || last.contains('.')
}

/// The names in a list header, without those that have a weight of zero.
fn values<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'h str> {
    let lists = headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next()?;
        let refused = parts.any(|part| {
            part.strip_prefix("q=")
                .and_then(|weight| weight.parse::<f32>().ok())
                .is_some_and(|weight| weight <= 0.0)
        });
        (!refused).then_some(name)
    })
}

fn serve(headers: &HeaderMap, file: &WebFile) -> HttpResponse {
    let (variant, coding) = chosen(headers, file);
    let known = values(headers, &header::IF_NONE_MATCH);
    let is_known = known
        .map(|tag| tag.trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == variant.etag.trim_start_matches("W/"));
    let status = if is_known {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::ETAG, variant.etag.clone()))
        .insert_header((header::CACHE_CONTROL, file.caching))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ));
    if is_known {
        return response.finish();
    }
    if let Some(coding) = coding {
        // Named also for what is packed by itself: otherwise it would be packed again.
        response.insert_header((header::CONTENT_ENCODING, coding));
    }
    response.content_type(file.kind).body(variant.bytes.clone())
}

fn chosen<'f>(headers: &HeaderMap, file: &'f WebFile) -> (&'f Variant, Option<&'static str>) {
    let accepts = |coding: &str| values(headers, &header::ACCEPT_ENCODING).any(|one| one == coding);
    if let Some(variant) = file.brotli.as_ref().filter(|_| accepts("br")) {
        return (variant, Some("br"));
    }
    if let Some(variant) = file.gzip.as_ref().filter(|_| accepts("gzip")) {
        return (variant, Some("gzip"));
    }
    (&file.plain, (!file.is_text).then_some("identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_addresses_are_whole_segments() {
        for own in [
            "/api",
            "/api/v1/x",
            "/docs/",
            "/health/live",
            "/social/webhook/facebook/1/",
        ] {
            assert!(is_own(own), "{own}");
        }
        for page in [
            "/",
            "/apis",
            "/social/accounts",
            "/social",
            "/healthy",
            "/inbox",
        ] {
            assert!(!is_own(page), "{page}");
        }
    }

    #[test]
    fn codings_with_a_weight_of_zero_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("br;q=0, gzip;q=0.5, identity"),
        );
        let found: Vec<&str> = values(&headers, &header::ACCEPT_ENCODING).collect();
        assert_eq!(found, ["gzip", "identity"]);
    }
}
