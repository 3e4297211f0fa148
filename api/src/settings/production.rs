//! What the production profile refuses (R98): test keys, plain http, open CORS, simulator addresses, missing keys.

use secrecy::ExposeSecret;

use super::parse::problem;
use super::{Profile, Settings, SettingsError};

/// Keys and secrets from documentation and tests; a real installation that uses one has no secret at all.
const SAMPLES: [&str; 2] = [
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "test-app-secret-0f1e2d3c4b5a",
];

pub fn check(settings: &Settings) -> Result<(), SettingsError> {
    if settings.profile == Profile::Development {
        return Ok(());
    }
    let https = |url: &str| url.starts_with("https://");
    if !https(&settings.http.public_base_url) {
        return Err(problem(
            "PUBLIC_BASE_URL",
            "production needs https",
            "https://chat.example.com",
        ));
    }
    if let Some(origin) = settings
        .http
        .cors_origins
        .iter()
        .find(|origin| !https(origin))
    {
        return Err(problem(
            "CORS_ORIGINS",
            format!("production takes exact https origins, not {origin}"),
            "https://app.example.com",
        ));
    }
    for (variable, url, host) in [
        (
            "GRAPH_BASE_URL",
            &settings.meta.graph_base_url,
            "https://graph.facebook.com",
        ),
        (
            "INSTAGRAM_GRAPH_BASE_URL",
            &settings.meta.instagram_graph_base_url,
            "https://graph.instagram.com",
        ),
    ] {
        if url != host {
            return Err(problem(variable, "production talks to Meta only", host));
        }
    }
    if !settings.egress_allowed_hosts.is_empty() {
        return Err(problem(
            "EGRESS_ALLOWED_HOSTS",
            "must be empty in production (R55)",
            "",
        ));
    }
    no_samples(settings)
}

fn no_samples(settings: &Settings) -> Result<(), SettingsError> {
    let is_sample = |text: &str| SAMPLES.contains(&text);
    let keys = &settings.keys;
    let jwt = keys
        .jwt
        .iter()
        .any(|key| is_sample(&hex::encode(key.secret.expose_secret())));
    let encryption = keys
        .encryption
        .iter()
        .any(|(_, key)| is_sample(&hex::encode(key.expose_secret())));
    let refresh = is_sample(&hex::encode(keys.refresh.expose_secret()));
    let meta = &settings.meta;
    let app = meta
        .app_secrets
        .iter()
        .chain(&meta.instagram_app_secrets)
        .any(|secret| is_sample(secret.expose_secret()));
    for (variable, found) in [
        ("JWT_KEYS", jwt),
        ("ENCRYPTION_KEYS", encryption),
        ("REFRESH_TOKEN_KEY", refresh),
        ("META_APP_SECRETS", app),
    ] {
        if found {
            return Err(problem(
                variable,
                "this is a sample value; make your own with `openssl rand -hex 32`",
                "k1:<64 hex digits>",
            ));
        }
    }
    Ok(())
}
