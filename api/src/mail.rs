//! Mail: what it says, and handing it to the mail server. What waits to be sent stands in `models::mail`; the worker sends it.

mod texts;

pub use texts::{Invitation, Text, invitation, password_reset};

use std::time::Duration;

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::ids::MailId;
use crate::settings::{MailSettings, MailTls};

/// For one command of the conversation with the mail server.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);
/// For all of it.
const SEND_LIMIT: Duration = Duration::from_secs(60);
/// "No such mailbox" and its like: another try would be told the same. Other refusals (a wrong login, a full disk) are mended by people.
const NEVER: [u16; 6] = [550, 551, 552, 553, 554, 556];

/// Hands mail to the mail server of the settings. Every mail has a connection of its own.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Of the web app: stands in the greeting and in message ids.
    host: String,
}

/// Why a mail was not taken. The texts name nobody: they are stored and shown to platform admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSent {
    TryLater(String),
    Never(String),
}

impl Mailer {
    pub fn new(
        settings: &MailSettings,
        public_base_url: &str,
    ) -> Result<Self, lettre::transport::smtp::Error> {
        let tls = |host: &str| TlsParameters::new(host.to_owned());
        let tls = match settings.tls {
            MailTls::FromStart => Tls::Wrapper(tls(&settings.host)?),
            MailTls::StartTls => Tls::Required(tls(&settings.host)?),
            MailTls::None => Tls::None,
        };
        let url = url::Url::parse(public_base_url).ok();
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        let host = host.unwrap_or_else(|| "localhost".to_owned());
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(COMMAND_LIMIT))
            .hello_name(ClientId::Domain(host.clone()));
        if let Some((user, password)) = &settings.login {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: transport.build(),
            from: settings.from.clone(),
            host,
        })
    }

    /// Sends a text. A mail whose outcome is not known may be sent twice; its `Message-ID` stays the same, so that mailboxes show it once.
    pub async fn send(&self, id: MailId, to: &str, text: &Text) -> Result<(), NotSent> {
        let message = self.message(id, to, text).map_err(|_| {
            NotSent::Never("the address or the text cannot be put into a mail".to_owned())
        })?;
        match tokio::time::timeout(SEND_LIMIT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_late) => Err(NotSent::TryLater(
                "the mail server did not answer in time".to_owned(),
            )),
        }
    }

    fn message(
        &self,
        id: MailId,
        to: &str,
        text: &Text,
    ) -> Result<Message, Box<dyn std::error::Error>> {
        Ok(Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .subject(text.subject.clone())
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .header(ContentType::TEXT_PLAIN)
            .body(text.body.clone())?)
    }
}

/// The server's own words may hold the address: only the number is kept.
fn refusal(error: &lettre::transport::smtp::Error) -> NotSent {
    let Some(status) = error.status() else {
        return NotSent::TryLater("the mail server could not be reached or spoken to".to_owned());
    };
    let text = format!("the mail server answered {status}");
    if NEVER.contains(&u16::from(status)) {
        NotSent::Never(text)
    } else {
        NotSent::TryLater(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The TLS stack is there: with one provider of cryptography and the system's certificates.
    #[test]
    fn a_mailer_is_made_for_each_kind_of_connection() {
        for tls in [MailTls::FromStart, MailTls::StartTls, MailTls::None] {
            let settings = MailSettings {
                host: "mail.example.com".to_owned(),
                port: 465,
                tls,
                login: Some(("user".to_owned(), "sesame".into())),
                from: "Shapla <chat@example.com>".parse().unwrap(),
            };
            let mailer = Mailer::new(&settings, "https://chat.example.com").unwrap();
            let text = Text {
                subject: "আমন্ত্রণ".to_owned(),
                body: "লিংক".to_owned(),
            };
            let message = mailer.message(MailId::new(), "rahim@example.com", &text);
            let message = String::from_utf8(message.unwrap().formatted()).unwrap();
            assert!(message.contains("@chat.example.com>\r\n"), "{message}");
            assert!(mailer.message(MailId::new(), "no address", &text).is_err());
        }
    }

    #[test]
    fn a_line_break_cannot_add_a_header() {
        let settings = MailSettings {
            host: "localhost".to_owned(),
            port: 25,
            tls: MailTls::None,
            login: None,
            from: "chat@example.com".parse().unwrap(),
        };
        let mailer = Mailer::new(&settings, "http://localhost").unwrap();
        let text = Text {
            subject: "Shop\r\nBcc: evil@example.com".to_owned(),
            body: String::new(),
        };
        let message = mailer.message(MailId::new(), "rahim@example.com", &text);
        let message = String::from_utf8(message.unwrap().formatted()).unwrap();
        assert!(!message.contains("\nBcc:"), "{message}");
    }
}
