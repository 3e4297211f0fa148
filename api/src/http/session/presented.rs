//! The refresh token as it comes and goes: in the body, or in a cookie that a foreign page must not be able to use (R39).

use std::future::Future;
use std::pin::Pin;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::{RefreshTokenGoes, ShownRefreshToken};
use crate::auth::refresh::{IDLE, RefreshToken};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::{ValidJson, read_body};
use crate::settings::HttpSettings;
use crate::state::AppState;

const COOKIE: &str = "banglachat_refresh";
/// Only the sign-in addresses get the cookie.
const COOKIE_PATH: &str = "/api/v1/auth";
const REQUESTED_WITH: &str = "banglachat";

/// The refresh token that a request shows, if it shows one that can be ours.
pub struct Presented {
    pub token: Option<RefreshToken>,
    /// The next one goes where this one came from.
    pub goes: RefreshTokenGoes,
}

impl FromRequest for Presented {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let state = request
                .app_data::<web::Data<AppState>>()
                .ok_or_else(|| ApiError::internal("no state in the app"))?;
            if let Some(secret) = shown_in_body(&request, &mut payload).await?.refresh_token {
                return Ok(Self {
                    token: RefreshToken::parse(secret.get().expose_secret()),
                    goes: RefreshTokenGoes::IntoBody,
                });
            }
            let cookie = request.cookie(COOKIE);
            if cookie.is_some() {
                check_own_page(request.headers(), &state.settings.http)?;
            }
            let token = cookie.and_then(|cookie| RefreshToken::parse(cookie.value()));
            Ok(Self {
                token,
                goes: RefreshTokenGoes::IntoCookie,
            })
        })
    }
}

/// A browser sends no body at all, and then no content type either.
async fn shown_in_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> ApiResult<ShownRefreshToken> {
    if request.headers().contains_key(header::CONTENT_TYPE) {
        return ValidJson::<ShownRefreshToken>::from_request(request, payload)
            .await
            .map(|body| body.0);
    }
    if read_body(payload, 0).await.is_err() {
        return Err(ApiError::UnsupportedMediaType);
    }
    Ok(ShownRefreshToken::default())
}

/// The cookie counts only for our own pages: these send a header that a foreign page cannot send without CORS, and an origin, where the
/// browser names one, that is listed.
fn check_own_page(headers: &HeaderMap, http: &HttpSettings) -> ApiResult<()> {
    if headers
        .get("x-requested-with")
        .is_none_or(|value| value != REQUESTED_WITH)
    {
        return Err(ApiError::Forbidden(
            "Send the header X-Requested-With: banglachat with the refresh cookie.",
        ));
    }
    let own = url::Url::parse(&http.public_base_url)
        .map(|url| url.origin().ascii_serialization())
        .ok();
    let is_listed = |origin: &str| {
        own.as_deref() == Some(origin) || http.cors_origins.iter().any(|listed| listed == origin)
    };
    match headers
        .get(header::ORIGIN)
        .map(|origin| origin.to_str().is_ok_and(is_listed))
    {
        None | Some(true) => Ok(()),
        Some(false) => Err(ApiError::Forbidden(
            "This origin may not use the refresh cookie; the operator lists origins in CORS_ORIGINS.",
        )),
    }
}

/// `Secure` where the installation is reached by https: a plain http address, as in development, would never get it back.
fn cookie(http: &HttpSettings, value: &str) -> Cookie<'static> {
    Cookie::build(COOKIE, value.to_owned())
        .path(COOKIE_PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(http.public_base_url.starts_with("https://"))
        .finish()
}

/// The cookie with a token of a family that lasts `lasts` longer.
pub fn refresh_cookie(
    http: &HttpSettings,
    token: &RefreshToken,
    lasts: TimeDelta,
) -> Cookie<'static> {
    let mut cookie = cookie(http, token.expose());
    cookie.set_max_age(Duration::seconds(lasts.min(IDLE).num_seconds().max(0)));
    cookie
}

/// The answer, and the browser forgets the cookie.
pub fn without_cookie(http: &HttpSettings, mut response: HttpResponse) -> HttpResponse {
    let mut cookie = cookie(http, "");
    cookie.make_removal();
    // A cookie of ours has only characters that a header may have.
    if let Err(error) = response.add_cookie(&cookie) {
        tracing::warn!(error = %error, "the refresh cookie could not be removed");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn http() -> HttpSettings {
        HttpSettings {
            web_root: None,
            address: String::new(),
            public_base_url: "https://chat.example.com/app".to_owned(),
            cors_origins: vec!["https://app.example.com".to_owned()],
            trusted_proxies: Vec::new(),
            threads: 1,
            connections: 1,
            places: crate::http::admission::Places {
                webhooks: 1,
                api: 1,
                exports: 1,
            },
            metrics_address: None,
        }
    }

    fn headers(requested_with: Option<&'static str>, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-requested-with", requested_with), ("origin", origin)] {
            if let Some(value) = value {
                headers.insert(
                    header::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                );
            }
        }
        headers
    }

    /// R39.
    #[test]
    fn the_cookie_counts_only_for_our_own_pages() {
        let allowed = |requested_with, origin| {
            check_own_page(&headers(requested_with, origin), &http()).is_ok()
        };
        assert!(allowed(Some("banglachat"), None));
        assert!(allowed(
            Some("banglachat"),
            Some("https://chat.example.com")
        ));
        assert!(allowed(Some("banglachat"), Some("https://app.example.com")));
        assert!(!allowed(None, Some("https://chat.example.com")));
        assert!(!allowed(Some("XMLHttpRequest"), None));
        for origin in [
            "https://evil.example",
            "null",
            "http://chat.example.com",
            "https://chat.example.com.evil.example",
            "",
        ] {
            assert!(!allowed(Some("banglachat"), Some(origin)), "{origin}");
        }
    }

    #[test]
    fn the_cookie_is_bound_to_the_sign_in_addresses_and_hidden_from_scripts() {
        let text =
            refresh_cookie(&http(), &RefreshToken::random(), TimeDelta::days(90)).to_string();
        for part in [
            "HttpOnly",
            "SameSite=Strict",
            "Secure",
            "Path=/api/v1/auth",
            "Max-Age=2592000",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let plain = HttpSettings {
            public_base_url: "http://127.0.0.1:8080".to_owned(),
            ..http()
        };
        assert!(!cookie(&plain, "").to_string().contains("Secure"));
    }
}
