//! What handlers and pipeline steps share. Built once at start; cheap to clone; holds nothing that belongs to an organization.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::auth::token::AccessTokens;
use crate::clock::Clock;
use crate::db::Db;
use crate::http::admission::Admission;
use crate::http::agents::TrialLimit;
use crate::http::web_app::WebFiles;
use crate::http::webhooks::apps::WebhookApps;
use crate::intake::Intake;
use crate::language_model::breaker::Breakers;
use crate::language_model::egress::EgressPolicy;
use crate::live::Live;
use crate::mail::Mailer;
use crate::pipeline::deliver::pace::Pace;
use crate::seal::Sealer;
use crate::settings::Settings;

#[derive(Clone)]
pub struct AppState {
    pub settings: Arc<Settings>,
    pub db: Db,
    /// Where webhook events are stored.
    pub intake: Intake,
    /// Whose secrets webhooks are signed with.
    pub webhook_apps: WebhookApps,
    pub clock: Clock,
    /// How much is taken on at once (R29).
    pub admission: Arc<Admission>,
    pub sealer: Sealer,
    pub access_tokens: AccessTokens,
    /// For calls to the platforms: fixed hosts from the settings, connect and total limits (R25).
    pub platform_http: reqwest::Client,
    /// For every address that a tenant can influence (R50).
    pub egress: Arc<EgressPolicy>,
    pub egress_http: reqwest::Client,
    /// `None`: the settings name no mail server.
    pub mailer: Option<Mailer>,
    /// Breakers of accounts and model endpoints (R18).
    pub breakers: Arc<Breakers>,
    /// Own budgets of sends per account (R17).
    pub pace: Arc<Pace>,
    /// The open streams of live updates.
    pub live: Live,
    /// The web app's files, where this process serves them.
    pub web: Option<Arc<WebFiles>>,
    /// Tries of models by people.
    pub trials: Arc<TrialLimit>,
    /// Set when the process is asked to stop: readiness goes off, nothing new is claimed (R22).
    pub stopping: Arc<AtomicBool>,
}
