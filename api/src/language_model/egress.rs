//! R50 to R55: where a URL that a tenant typed may lead. One client for all of them, one policy.
//!
//! The client resolves names itself and refuses unless every address is public, so a name that points inside the network (or does so
//! only the second time it is asked) leads nowhere. Hosts that are written as addresses never reach a resolver: they, the
//! scheme and the port are refused by [`EgressPolicy::check_url`], which must run when a URL is saved and again before each use.

mod address;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Which outgoing requests are allowed beyond public https.
#[derive(Debug, Clone, Default)]
pub struct EgressPolicy {
    /// `host:port` of simulators and local models, like `127.0.0.1:4010`. The production profile refuses a non-empty list (R55).
    pub allowed_hosts: Vec<String>,
}

/// Why a URL may not be called. The texts are safe to show to the one who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressRefused {
    #[error("this is not a URL")]
    NotAUrl,
    #[error("only https is allowed")]
    Scheme,
    #[error("only port 443 is allowed")]
    Port,
    #[error("a URL must not contain a user name or password")]
    UserInfo,
    #[error("the host must be a public name, not an address")]
    Host,
}

impl EgressPolicy {
    /// R52: https, port 443, a name for a host, no user info; or a listed host and port, also with plain http.
    pub fn check_url(&self, url: &str) -> Result<(), EgressRefused> {
        let url = Url::parse(url).map_err(|_| EgressRefused::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressRefused::UserInfo);
        }
        let host = url.host().ok_or(EgressRefused::NotAUrl)?;
        let port = url.port_or_known_default().ok_or(EgressRefused::Scheme)?;
        if matches!(url.scheme(), "http" | "https") && self.lists(&host.to_string(), port) {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(EgressRefused::Scheme);
        }
        if port != 443 {
            return Err(EgressRefused::Port);
        }
        match host {
            Host::Domain(name) if is_public_name(name) => Ok(()),
            _ => Err(EgressRefused::Host),
        }
    }

    /// The client for every URL of a tenant: own resolver, no redirects (R51), no proxy from the environment, R25's time limits.
    pub fn client(&self) -> reqwest::Result<reqwest::Client> {
        reqwest::Client::builder()
            .dns_resolver(Arc::new(PublicOnly {
                policy: self.clone(),
            }))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(60))
            .user_agent(concat!("BanglaChatPro/", env!("CARGO_PKG_VERSION")))
            .build()
    }

    fn lists(&self, host: &str, port: u16) -> bool {
        let entry = format!("{host}:{port}");
        self.allowed_hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(&entry))
    }

    fn lists_name(&self, name: &str) -> bool {
        let host = |entry: &str| {
            entry
                .rsplit_once(':')
                .is_some_and(|(host, _)| host.eq_ignore_ascii_case(name))
        };
        self.allowed_hosts.iter().any(|entry| host(entry))
    }
}

/// Names that cannot be public: single labels and the suffixes reserved for local use.
fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let local = [
        ".localhost",
        ".local",
        ".internal",
        ".lan",
        ".home.arpa",
        ".intranet",
        ".corp",
        ".onion",
    ];
    name.contains('.') && !local.iter().any(|suffix| name.ends_with(suffix))
}

/// Resolves names and hands out addresses only when all of them are public; reqwest connects to exactly these.
struct PublicOnly {
    policy: EgressPolicy,
}

#[derive(Debug, thiserror::Error)]
#[error("the name does not lead to a public address")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let trusted = self.policy.lists_name(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty()
                || (!trusted && !found.iter().all(|found| address::is_public(found.ip())))
            {
                return Err(Box::new(NotPublic) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> EgressPolicy {
        EgressPolicy {
            allowed_hosts: vec!["127.0.0.1:4010".to_owned(), "localhost:4011".to_owned()],
        }
    }

    #[test]
    fn public_https_is_allowed() {
        for url in [
            "https://api.openai.com/v1",
            "https://models.example.com.bd:443/x",
        ] {
            assert_eq!(EgressPolicy::default().check_url(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (url, why) in [
            ("nonsense", EgressRefused::NotAUrl),
            ("http://api.openai.com/v1", EgressRefused::Scheme),
            ("file:///etc/passwd", EgressRefused::NotAUrl),
            ("ftp://example.com/", EgressRefused::Scheme),
            ("https://api.openai.com:8443/", EgressRefused::Port),
            ("https://me:secret@api.openai.com/", EgressRefused::UserInfo),
            ("https://8.8.8.8/", EgressRefused::Host),
            ("https://2130706433/", EgressRefused::Host),
            ("https://0x7f.1/", EgressRefused::Host),
            ("https://[::1]/", EgressRefused::Host),
            ("https://localhost/", EgressRefused::Host),
            ("https://metadata.google.internal/", EgressRefused::Host),
        ] {
            assert_eq!(EgressPolicy::default().check_url(url), Err(why), "{url}");
        }
    }

    #[test]
    fn the_allowlist_names_host_and_port() {
        assert_eq!(local().check_url("http://127.0.0.1:4010/v1"), Ok(()));
        assert_eq!(local().check_url("http://localhost:4011"), Ok(()));
        assert!(local().check_url("http://127.0.0.1:4012/v1").is_err());
        assert!(local().check_url("http://localhost:4010").is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = EgressPolicy::default().client().unwrap();
        let error = client
            .get(format!("http://localhost:{port}/"))
            .send()
            .await
            .unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        let untouched = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(untouched.is_err(), "no connection may have been made");
    }
}
