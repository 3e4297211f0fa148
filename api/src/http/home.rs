//! The home page: what is still to set up, today in numbers, and how the accounts are.

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::OrganizationPath;
use crate::auth::access::{Access, Viewer};
use crate::channels::ChannelKind;
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{AccountId, AgentId, UserId};
use crate::models::inbox::{self, InboxFilter, InboxTab};
use crate::models::onboarding::Onboarding;
use crate::models::organization::{self, Organization};
use crate::models::social_account::{Health, SocialAccount};
use crate::models::statistics::{self, MessageNumbers, StatisticsFilter};
use crate::state::AppState;

/// Accounts shown; who has more looks at their list.
const MAX_ACCOUNTS: i64 = 100;

/// What somebody sees first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HomeView {
    pub onboarding: OnboardingView,
    pub today: TodayView,
    /// Connected accounts, newest first, at most 100.
    pub accounts: Vec<HomeAccountView>,
}

/// The steps from an empty organization to one that answers; each says whether it is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnboardingView {
    /// The organization's settings have been saved since it was made.
    pub profile: bool,
    /// There is an active agent.
    pub agent: bool,
    /// There is an entry of knowledge.
    pub knowledge: bool,
    /// An account is connected.
    pub account: bool,
    /// Somebody has tried an agent in the playground.
    pub playground: bool,
    /// A connected account is answered by an active agent.
    pub live: bool,
}

/// The organization's day so far, in its time zone.
#[derive(Debug, Serialize, ToSchema)]
pub struct TodayView {
    /// In which a customer wrote.
    pub conversations: i64,
    pub customer_messages: i64,
    pub ai_answers: i64,
    pub human_answers: i64,
    /// The agents' part of all answers, 0 to 1; null without answers.
    #[schema(example = 0.84)]
    pub ai_share: Option<f64>,
    /// How long customers waited for an answer; null where nobody was answered.
    pub first_response_seconds_median: Option<f64>,
    /// Conversations in the tab `needs_human` now; counted up to 1,000.
    pub waiting_for_human: i64,
}

/// How a connected account is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HomeAccountView {
    pub account_id: AccountId,
    pub platform: ChannelKind,
    #[schema(example = "Rahim Store")]
    pub name: String,
    pub health: Health,
    /// What is wrong and what to do, in plain words.
    pub health_reason: Option<String>,
    pub last_event_at: Option<DateTime<Utc>>,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub paused_until: Option<DateTime<Utc>>,
    pub auto_reply: bool,
    pub agent_id: Option<AgentId>,
}

impl From<Onboarding> for OnboardingView {
    fn from(row: Onboarding) -> Self {
        Self {
            profile: row.profile,
            agent: row.agent,
            knowledge: row.knowledge,
            account: row.account,
            playground: row.playground,
            live: row.live,
        }
    }
}

impl From<SocialAccount> for HomeAccountView {
    fn from(account: SocialAccount) -> Self {
        Self {
            account_id: account.id,
            platform: account.platform,
            name: account.name,
            health: account.health,
            health_reason: account.health_reason,
            last_event_at: account.last_event_at,
            token_expires_at: account.token_expires_at,
            paused_until: account.paused_until,
            auto_reply: account.auto_reply,
            agent_id: account.agent_id,
        }
    }
}

impl TodayView {
    fn new(numbers: MessageNumbers, waiting_for_human: i64) -> Self {
        let answers = numbers.ai_answers + numbers.human_answers;
        Self {
            conversations: numbers.conversations,
            customer_messages: numbers.customer_messages,
            ai_answers: numbers.ai_answers,
            human_answers: numbers.human_answers,
            ai_share: (answers > 0).then(|| numbers.ai_answers as f64 / answers as f64),
            first_response_seconds_median: numbers.first_response_seconds_median,
            waiting_for_human,
        }
    }
}

/// Home page
///
/// What is still to set up, today in numbers, and how the accounts are.
#[utoipa::path(tag = "statistics", params(OrganizationPath), responses((status = 200, body = HomeView), Problems))]
#[get("/api/v1/organizations/{organization_id}/home")]
pub async fn get_home(
    access: Access<Viewer>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<HomeView>> {
    let (now, me) = (state.clock.now(), access.user());
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let accounts = SocialAccount::list(tx, None, MAX_ACCOUNTS).await?;
            Ok::<_, ApiError>(HomeView {
                onboarding: Onboarding::find(tx).await?.into(),
                today: today(tx, me, now).await?,
                accounts: accounts.into_iter().map(HomeAccountView::from).collect(),
            })
        })
        .await?;
    Ok(web::Json(view))
}

async fn today(tx: &mut TenantTx<'_>, me: UserId, now: DateTime<Utc>) -> ApiResult<TodayView> {
    let organization = Organization::find(tx)
        .await?
        .ok_or(ApiError::NotFound("organization"))?;
    let day = organization::day(tx, now).await?;
    let filter = StatisticsFilter {
        timezone: organization.timezone,
        from: day,
        to: day,
        account: None,
        agent: None,
    };
    let numbers = statistics::messages(tx, &filter).await?;
    let total = numbers.into_iter().find(|row| row.day.is_none());
    let waiting = InboxFilter::of_tab(InboxTab::NeedsHuman, me, now);
    let waiting = inbox::count(tx, &waiting).await?;
    Ok(TodayView::new(total.unwrap_or_default(), waiting))
}
