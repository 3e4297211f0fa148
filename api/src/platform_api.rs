//! Calls to the platforms: performs what the channels build (`ApiRequest`), and reads the answer whole. The only place that
//! does; fixed hosts from the settings, no redirects, limits on time (R25) and size.

use reqwest::header::RETRY_AFTER;
use secrecy::ExposeSecret;

use crate::channels::{ApiRequest, HttpReply, Method};

/// Far above any answer of a platform that means something; what is longer is cut and then unreadable.
const MAX_BODY: usize = 1024 * 1024;

/// The headers that say how much of a limit is used (reference 5.4).
const USAGE_HEADERS: [&str; 2] = ["x-app-usage", "x-business-use-case-usage"];

/// Makes one call. An error means that no whole answer came; whether the request may have arrived is for the caller to tell from
/// its kind. Never retries, and never logs: the address holds a proof of the token (R65), so errors come without it.
pub async fn call(
    client: &reqwest::Client,
    request: &ApiRequest,
) -> Result<HttpReply, reqwest::Error> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut call = client
        .request(method, with_query(request))
        .bearer_auth(request.bearer.expose_secret());
    if let Some(body) = &request.json {
        call = call.json(body);
    }
    let reply = call.send().await.map_err(reqwest::Error::without_url)?;
    read(reply).await.map_err(reqwest::Error::without_url)
}

/// The address with the extra parameters; one that cannot be parsed is left to fail as it is.
fn with_query(request: &ApiRequest) -> String {
    let Ok(mut url) = url::Url::parse(&request.url) else {
        return request.url.clone();
    };
    for (name, value) in &request.query {
        url.query_pairs_mut()
            .append_pair(name, value.expose_secret());
    }
    url.into()
}

async fn read(mut reply: reqwest::Response) -> Result<HttpReply, reqwest::Error> {
    let header = |name: &str| {
        reply
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let status = reply.status().as_u16();
    let retry_after = header(RETRY_AFTER.as_str());
    let usage = USAGE_HEADERS
        .iter()
        .filter_map(|name| header(name))
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            body.truncate(MAX_BODY);
            break;
        }
    }
    Ok(HttpReply {
        status,
        retry_after,
        usage,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_parameters_join_the_ones_of_the_address() {
        let request = ApiRequest {
            method: Method::Get,
            url: "https://graph.example/v25.0/1?fields=name,username".to_owned(),
            query: vec![("appsecret_proof", "ab&c".into())],
            bearer: "token".into(),
            json: None,
        };
        assert_eq!(
            with_query(&request),
            "https://graph.example/v25.0/1?fields=name,username&appsecret_proof=ab%26c"
        );
    }
}
