//! The apps that webhook paths name: their secrets, opened once, and their verify tokens.
//!
//! What is kept is dropped when the app changes: its transaction says so by NOTIFY. Silence proves nothing, so processes also send a
//! heartbeat; where none was heard for four seconds, everything is looked up, until the listener is connected again and starts empty.
//! So a change is seen everywhere within five seconds, also when a connection leads nowhere.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use secrecy::SecretString;

use crate::channels::ChannelKind;
use crate::db::cross::WebhookApp;
use crate::db::{Db, DbError};
use crate::error::ApiError;
use crate::ids::OrganizationId;
use crate::seal::{Place, SealError, Sealer};

/// Apps kept; some kilobytes each.
const MOST_KEPT: NonZeroUsize = NonZeroUsize::new(20_000).expect("not zero");
/// Paths without an app that are kept apart, so that made-up ones cannot push real ones out.
const MOST_UNKNOWN: NonZeroUsize = NonZeroUsize::new(2_000).expect("not zero");
const HEARTBEAT: Duration = Duration::from_millis(1_500);
/// How long after the last heartbeat what is kept still counts.
const TRUST: Duration = Duration::from_secs(4);

/// What a webhook is checked with.
pub struct App {
    /// The current secret, and during a rotation the one before (reference 1.2).
    pub secrets: Vec<SecretString>,
    pub verify_token: SecretString,
}

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct WebhookApps {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    sealer: Sealer,
    kept: Mutex<Kept>,
}

type Key = (OrganizationId, ChannelKind);

struct Kept {
    apps: LruCache<Key, Arc<App>>,
    unknown: LruCache<Key, ()>,
    /// Counts what was heard of changes: what was being looked up meanwhile may be old already.
    changes: u64,
    /// `None`: nobody listens.
    heard_at: Option<Instant>,
}

impl Kept {
    fn is_trusted(&self) -> bool {
        self.heard_at.is_some_and(|at| at.elapsed() < TRUST)
    }

    /// `None`: not kept. `Some(None)`: there is no such app.
    fn find(&mut self, key: &Key) -> Option<Option<Arc<App>>> {
        if !self.is_trusted() {
            return None;
        }
        if let Some(app) = self.apps.get(key) {
            return Some(Some(Arc::clone(app)));
        }
        self.unknown.get(key).map(|()| None)
    }

    fn keep(&mut self, key: Key, app: Option<&Arc<App>>) {
        match app {
            Some(app) => drop(self.apps.put(key, Arc::clone(app))),
            None => drop(self.unknown.put(key, ())),
        }
    }

    fn forget(&mut self, organization: OrganizationId) {
        self.changes += 1;
        for platform in ChannelKind::ALL {
            self.apps.pop(&(organization, platform));
            self.unknown.pop(&(organization, platform));
        }
    }

    fn forget_all(&mut self) {
        self.changes += 1;
        self.apps.clear();
        self.unknown.clear();
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Db(error) => error.into(),
            AppError::Seal(error) => Self::internal(error),
        }
    }
}

impl WebhookApps {
    /// Keeps nothing until [`Self::listen`].
    pub fn new(db: Db, sealer: Sealer) -> Self {
        let kept = Mutex::new(Kept {
            apps: LruCache::new(MOST_KEPT),
            unknown: LruCache::new(MOST_UNKNOWN),
            changes: 0,
            heard_at: None,
        });
        Self {
            inner: Arc::new(Inner { db, sealer, kept }),
        }
    }

    /// Listens for changes until the process ends.
    pub fn listen(&self, runtime: &tokio::runtime::Handle) {
        let (listening, beating) = (self.clone(), self.clone());
        runtime.spawn(async move { listening.hear().await });
        runtime.spawn(async move {
            loop {
                if let Err(error) = beating.inner.db.say_apps_are_watched().await {
                    tracing::debug!(error = %error, "no heartbeat; apps are looked up each time");
                }
                tokio::time::sleep(HEARTBEAT).await;
            }
        });
    }

    async fn hear(&self) {
        loop {
            let listened = self.inner.db.listen_for_apps(|said| self.heard(said)).await;
            if let Err(error) = listened {
                tracing::debug!(error = %error, "listening for apps was interrupted; connecting again");
            }
            self.kept().heard_at = None;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// `None`: the listener has just connected. A payload names the organization whose app changed, or is a heartbeat.
    fn heard(&self, said: Option<&str>) {
        let mut kept = self.kept();
        match said {
            None => kept.forget_all(),
            Some("") => {}
            Some(organization) => match organization.parse() {
                Ok(organization) => kept.forget(OrganizationId(organization)),
                Err(_) => kept.forget_all(),
            },
        }
        kept.heard_at = Some(Instant::now());
    }

    /// The organization's app for a platform, if it has one. Called before anything about the caller is known.
    pub async fn find(
        &self,
        organization: OrganizationId,
        platform: ChannelKind,
    ) -> Result<Option<Arc<App>>, AppError> {
        let key = (organization, platform);
        let seen = {
            let mut kept = self.kept();
            if let Some(found) = kept.find(&key) {
                return Ok(found);
            }
            kept.changes
        };
        let row = self.inner.db.platform_app(organization, platform).await?;
        let app = row
            .map(|row| open(&self.inner.sealer, platform, &row))
            .transpose()?
            .map(Arc::new);
        let mut kept = self.kept();
        if kept.changes == seen && kept.is_trusted() {
            kept.keep(key, app.as_ref());
        }
        Ok(app)
    }

    /// The organization has changed its app: this process is told at once, the others by NOTIFY.
    pub fn forget(&self, organization: OrganizationId) {
        self.kept().forget(organization);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.inner
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(sealer: &Sealer, platform: ChannelKind, row: &WebhookApp) -> Result<App, SealError> {
    let place = |column| Place {
        table: "platform_apps",
        column,
        organization: row.organization_id,
        row: platform.as_str(),
    };
    let mut secrets = vec![sealer.open(place("app_secret_sealed"), &row.app_secret_sealed)?];
    if let Some(previous) = &row.app_secret_previous_sealed {
        secrets.push(sealer.open(place("app_secret_previous_sealed"), previous)?);
    }
    Ok(App {
        secrets,
        verify_token: row.verify_token.clone().into(),
    })
}
