//! What mail says, in Bangla and English. Plain text: links stay visible, and nothing is loaded.

use crate::auth::access::Role;
use crate::models::preferences::Language;

/// A subject and a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub subject: String,
    pub body: String,
}

/// A link to set a forgotten password anew.
pub fn password_reset(language: Language, name: &str, link: &str, minutes: i64) -> Text {
    match language {
        Language::Bn => Text {
            subject: "নতুন পাসওয়ার্ড দিন".to_owned(),
            body: format!(
                "{name},\n\n\
                 আপনার অ্যাকাউন্টের পাসওয়ার্ড বদলাতে কেউ অনুরোধ করেছেন। নতুন পাসওয়ার্ড দিতে এই লিংক খুলুন:\n\n\
                 {link}\n\n\
                 লিংকটি {} মিনিট এবং একবারই কাজ করবে। এরপর সব জায়গায় আবার লগ ইন করতে হবে।\n\n\
                 আপনি অনুরোধ না করে থাকলে কিছু করতে হবে না: আপনার পাসওয়ার্ড আগের মতোই আছে।\n",
                bangla_digits(minutes)
            ),
        },
        Language::En => Text {
            subject: "Set a new password".to_owned(),
            body: format!(
                "{name},\n\n\
                 somebody asked to change the password of your account. To set a new one, open this link:\n\n\
                 {link}\n\n\
                 It is good for {minutes} minutes and once. You will have to log in again everywhere.\n\n\
                 If that was not you, do nothing: your password is as it was.\n"
            ),
        },
    }
}

/// What an invitation says.
pub struct Invitation<'a> {
    pub organization: &'a str,
    pub inviter: &'a str,
    pub role: Role,
    pub email: &'a str,
    pub link: &'a str,
    pub days: i64,
}

/// A link to join an organization.
pub fn invitation(language: Language, of: &Invitation<'_>) -> Text {
    let Invitation {
        organization,
        inviter,
        email,
        link,
        days,
        ..
    } = of;
    match language {
        Language::Bn => Text {
            subject: format!("{organization}: যোগ দেওয়ার আমন্ত্রণ"),
            body: format!(
                "{inviter} আপনাকে {organization}-এ {} হিসেবে যোগ দিতে আমন্ত্রণ জানিয়েছেন। যোগ দিতে এই লিংক খুলুন:\n\n\
                 {link}\n\n\
                 লিংকটি {} দিন কাজ করবে, এবং শুধু {email} ঠিকানার অ্যাকাউন্ট দিয়ে।\n\n\
                 আপনি এঁদের না চিনলে কিছু করতে হবে না।\n",
                role_in_bangla(of.role),
                bangla_digits(*days)
            ),
        },
        Language::En => Text {
            subject: format!("{organization}: an invitation to join"),
            body: format!(
                "{inviter} invites you to join {organization} as {}. To join, open this link:\n\n\
                 {link}\n\n\
                 It is good for {days} days, for an account with the address {email} only.\n\n\
                 If you do not know them, do nothing.\n",
                of.role.as_str()
            ),
        },
    }
}

fn role_in_bangla(role: Role) -> &'static str {
    match role {
        Role::Viewer => "দর্শক",
        Role::Operator => "অপারেটর",
        Role::Admin => "অ্যাডমিন",
        Role::Owner => "মালিক",
    }
}

fn bangla_digits(number: i64) -> String {
    let digit = |c: char| {
        c.to_digit(10)
            .and_then(|digit| char::from_u32('০' as u32 + digit))
            .unwrap_or(c)
    };
    number.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_what_matters() {
        for language in [Language::Bn, Language::En] {
            let reset = password_reset(language, "রহিম", "https://x.example/reset#token=t", 30);
            assert!(reset.body.contains("https://x.example/reset#token=t\n"));
            assert!(reset.body.contains("৩০") != reset.body.contains("30"));
            let invited = invitation(
                language,
                &Invitation {
                    organization: "Shapla Store",
                    inviter: "Karima",
                    role: Role::Operator,
                    email: "rahim@shapla.example",
                    link: "https://x.example/invite#token=t",
                    days: 7,
                },
            );
            for part in [
                "Shapla Store",
                "Karima",
                "rahim@shapla.example",
                "#token=t\n",
            ] {
                assert!(invited.body.contains(part), "{part}");
            }
            assert!(invited.subject.contains("Shapla Store"));
        }
    }
}
