//! Where mail goes out. Without `SMTP_URL` none does, and whoever needs a link is given it by a person.

use lettre::message::Mailbox;
use secrecy::SecretString;

use super::parse::{Reader, problem};
use super::{Profile, SettingsError};

const URL_EXAMPLE: &str = "smtps://user:password@mail.example.com";
const FROM_EXAMPLE: &str = "Shapla Chat <chat@example.com>";

/// How the connection to the mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte (`smtps://`).
    FromStart,
    /// STARTTLS before anything else is said (`smtp://`).
    StartTls,
    /// Not at all (`smtp://...?tls=none`).
    None,
}

#[derive(Clone)]
pub struct MailSettings {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    pub login: Option<(String, SecretString)>,
    pub from: Mailbox,
}

pub(super) fn read(
    reader: &Reader<'_>,
    profile: Profile,
) -> Result<Option<MailSettings>, SettingsError> {
    let Some(text) = reader.text("SMTP_URL") else {
        return Ok(None);
    };
    // The address holds a password: a problem never repeats it.
    let wrong = |what: &str| problem("SMTP_URL", what, URL_EXAMPLE);
    let url = url::Url::parse(&text).map_err(|_| {
        wrong("expected an address; %-escape special characters of user and password")
    })?;
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| wrong("has no host"))?.to_owned();
    let (tls, default_port) = match (url.scheme(), url.query()) {
        ("smtps", None) => (MailTls::FromStart, 465),
        ("smtp", None) => (MailTls::StartTls, 587),
        ("smtp", Some("tls=none")) => (MailTls::None, 25),
        _ => {
            return Err(wrong(
                "expected smtps:// or smtp://, or smtp://...?tls=none",
            ));
        }
    };
    if profile == Profile::Production && tls == MailTls::None && !is_local(&host) {
        return Err(wrong(
            "production sends links over encrypted connections only; use smtps://, or smtp:// for STARTTLS",
        ));
    }
    Ok(Some(MailSettings {
        port: url.port().unwrap_or(default_port),
        login: login(&url).ok_or_else(|| wrong("user or password are not %-escaped UTF-8"))?,
        host,
        tls,
        from: from(reader)?,
    }))
}

fn is_local(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].contains(&host)
}

/// The outer `None`: they cannot be read.
fn login(url: &url::Url) -> Option<Option<(String, SecretString)>> {
    let Some(password) = url.password() else {
        return Some(None);
    };
    let user = unescaped(url.username())?;
    Some(Some((user, unescaped(password)?.into())))
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.push(hex::decode(digits).ok()?[0]);
    }
    String::from_utf8(bytes).ok()
}

fn from(reader: &Reader<'_>) -> Result<Mailbox, SettingsError> {
    let text = reader.text("MAIL_FROM").ok_or_else(|| {
        problem(
            "MAIL_FROM",
            "is missing; with SMTP_URL mail needs a sender",
            FROM_EXAMPLE,
        )
    })?;
    text.parse().map_err(|_| {
        problem(
            "MAIL_FROM",
            "expected an address, or a name and an address in <>",
            FROM_EXAMPLE,
        )
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn parse(url: &str, profile: Profile) -> Result<Option<MailSettings>, SettingsError> {
        let lookup = |name: &str| match name {
            "SMTP_URL" => Some(url.to_owned()),
            "MAIL_FROM" => Some("দোকান <chat@example.com>".to_owned()),
            _ => None,
        };
        read(&Reader(&lookup), profile)
    }

    #[test]
    fn an_address_says_where_and_how_mail_goes_out() {
        let of = |url: &str| {
            let mail = parse(url, Profile::Production).unwrap().unwrap();
            (mail.host, mail.port, mail.tls)
        };
        let host = || "mail.example.com".to_owned();
        assert_eq!(
            of("smtps://mail.example.com"),
            (host(), 465, MailTls::FromStart)
        );
        assert_eq!(
            of("smtp://u:p@mail.example.com:2525"),
            (host(), 2525, MailTls::StartTls)
        );
        assert_eq!(
            of("smtp://127.0.0.1:25?tls=none"),
            ("127.0.0.1".to_owned(), 25, MailTls::None)
        );
        let mail = parse(
            "smtps://a%40b:p%25%C3%A9@mail.example.com",
            Profile::Production,
        )
        .unwrap()
        .unwrap();
        let (user, password) = mail.login.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("a@b", "p%é"));
        assert!(parse("", Profile::Production).unwrap().is_none());
    }

    #[test]
    fn wrong_addresses_are_refused_without_repeating_the_password() {
        for url in [
            "mail.example.com",
            "http://u:sesame@mail.example.com",
            "smtp://u:sesame@mail.example.com?tls=maybe",
            "smtp://u:sesame%F@mail.example.com",
            "smtp://u:sesame@mail.example.com?tls=none",
        ] {
            let error = parse(url, Profile::Production).err().unwrap();
            assert_eq!(error.variable, "SMTP_URL", "{url}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
        assert!(parse("smtp://mailpit:1025?tls=none", Profile::Development).is_ok());
        let without_from = |name: &str| (name == "SMTP_URL").then(|| URL_EXAMPLE.to_owned());
        let error = read(&Reader(&without_from), Profile::Production).err();
        assert_eq!(error.map(|error| error.variable), Some("MAIL_FROM"));
    }
}
