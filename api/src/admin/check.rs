//! Whether the installation could serve: one line per check. Whoever gets here has readable settings already.

use secrecy::{ExposeSecret, SecretString};

use super::Outcome;
use crate::auth::token::AccessTokens;
use crate::clock::Clock;
use crate::db::Db;
use crate::ids::{OrganizationId, SessionId, UserId};
use crate::seal::{Place, Sealer};
use crate::settings::{Profile, Settings};
use crate::startup::DatabaseAccess;

pub async fn run(settings: Settings) -> Outcome {
    println!(
        "ok      settings: {:?} profile, reached as {}",
        settings.profile, settings.http.public_base_url
    );
    let checks = [
        ("encryption keys", encryption(&settings)),
        ("access token keys", access_tokens(&settings)),
        ("database", database(&settings).await),
    ];
    for (name, result) in &checks {
        match result {
            Ok(found) => println!("ok      {name}: {found}"),
            Err(problem) => println!("FAILED  {name}: {problem}"),
        }
    }
    match checks.iter().filter(|(_, result)| result.is_err()).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} checks failed", checks.len() + 1)),
    }
}

/// A probe sealed by each key opens with all of them together, as after a rotation.
fn encryption(settings: &Settings) -> Result<String, String> {
    let place = Place {
        table: "check",
        column: "probe",
        organization: OrganizationId::new(),
        row: "probe",
    };
    let all = Sealer::new(settings.keys.encryption.clone());
    for key in &settings.keys.encryption {
        let sealed = Sealer::new(vec![key.clone()])
            .seal(place, &SecretString::from("probe"))
            .map_err(|error| error.to_string())?;
        let opened = all
            .open(place, &sealed)
            .map_err(|error| format!("key {}: {error}; are two keys called the same?", key.0))?;
        if opened.expose_secret() != "probe" {
            return Err(format!("key {} does not give back what it sealed", key.0));
        }
    }
    Ok(format!(
        "{} can be read with, {} writes",
        settings.keys.encryption.len(),
        named_first(settings)
    ))
}

fn named_first(settings: &Settings) -> &str {
    settings
        .keys
        .encryption
        .first()
        .map_or("none", |(id, _)| id)
}

fn access_tokens(settings: &Settings) -> Result<String, String> {
    let tokens = AccessTokens::new(settings.keys.jwt.clone());
    let now = Clock::default().now();
    let issued = tokens.issue(UserId::new(), SessionId::new(), 1, now);
    issued
        .and_then(|token| tokens.verify(&token, now))
        .map_err(|_| "a token made with the first key is not accepted".to_owned())?;
    Ok(format!("{} accepted", settings.keys.jwt.len()))
}

async fn database(settings: &Settings) -> Result<String, String> {
    let database = DatabaseAccess::open(settings)
        .await
        .map_err(|error| error.to_string())?;
    let result = fit(settings, &database).await;
    database.close().await;
    result.map(|()| "reachable, schema of this release, login fenced in".to_owned())
}

async fn fit(settings: &Settings, database: &DatabaseAccess) -> Outcome {
    let db = Db::new(&database.app_url, 2).map_err(|error| error.to_string())?;
    db.check_fit(settings.profile == Profile::Production)
        .await
        .map_err(|error| error.to_string())
}
