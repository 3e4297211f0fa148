//! Numbers of each day: what customers asked, who answered, how fast, and what it cost.

use std::collections::HashMap;

use actix_web::{get, web};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::extract::{OrganizationPath, ValidQuery};
use crate::auth::access::{Access, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{AccountId, AgentId};
use crate::models::organization::Organization;
use crate::models::statistics::{self, MessageNumbers, StatisticsFilter, TokenNumbers};
use crate::state::AppState;

/// Days that can be asked for at once.
const MAX_DAYS: i64 = 92;

/// Which days, and of what.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AnalyticsQuery {
    /// The first day, of the organization's time zone.
    #[param(example = "2026-11-01")]
    from: NaiveDate,
    /// The last day; at most 92 days altogether.
    #[param(example = "2026-11-30")]
    to: NaiveDate,
    /// Only of this social account; tokens and cost, which belong to no account, are null then.
    #[param(value_type = Option<uuid::Uuid>)]
    account_id: Option<AccountId>,
    /// Only what this agent wrote, and what customers and people wrote on the accounts that it answers now.
    #[param(value_type = Option<uuid::Uuid>)]
    agent_id: Option<AgentId>,
}

/// Every day asked for, and all of them together.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalyticsView {
    pub days: Vec<DayView>,
    pub totals: NumbersView,
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayView {
    pub day: NaiveDate,
    #[serde(flatten)]
    pub numbers: NumbersView,
}

/// What happened in a time.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct NumbersView {
    /// In which a customer wrote. In the totals each counts once, whatever days it went on.
    pub conversations: i64,
    pub customer_messages: i64,
    /// What agents answered, without those with which they called a person.
    pub ai_answers: i64,
    /// What people answered, here or on the platform itself.
    pub human_answers: i64,
    /// How often an agent called a person: it did not know, was asked to, or its model failed.
    pub handoffs: i64,
    /// How long customers waited for an answer, from the first message that waited; null where nobody was answered.
    #[schema(example = 12.5)]
    pub first_response_seconds_median: Option<f64>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    /// Null where the agents' models have no prices.
    pub cost_usd: Option<f64>,
}

impl NumbersView {
    pub fn new(messages: MessageNumbers, tokens: Option<TokenNumbers>) -> Self {
        Self {
            conversations: messages.conversations,
            customer_messages: messages.customer_messages,
            ai_answers: messages.ai_answers,
            human_answers: messages.human_answers,
            handoffs: messages.handoffs,
            first_response_seconds_median: messages.first_response_seconds_median,
            prompt_tokens: tokens.as_ref().map(|tokens| tokens.prompt_tokens),
            completion_tokens: tokens.as_ref().map(|tokens| tokens.completion_tokens),
            cost_usd: tokens.and_then(|tokens| tokens.cost_usd),
        }
    }
}

impl AnalyticsQuery {
    fn check(&self) -> ApiResult<()> {
        // Far outside there are days that PostgreSQL and calendars do not know.
        let sensible = |day: NaiveDate| (2000..=9998).contains(&chrono::Datelike::year(&day));
        if !sensible(self.from) {
            return Err(ApiError::field("from", "date", "must be a day since 2000"));
        }
        let days = (self.to - self.from).num_days() + 1;
        if !sensible(self.to) || !(1..=MAX_DAYS).contains(&days) {
            return Err(ApiError::field(
                "to",
                "date",
                "must be the day `from` or up to 91 days later",
            ));
        }
        Ok(())
    }
}

/// Numbers by day
///
/// Days are those of the organization's time zone, and a message belongs to the day it arrived on. Every day asked for is there.
#[utoipa::path(tag = "statistics", params(OrganizationPath, AnalyticsQuery),
    responses((status = 200, body = AnalyticsView), Problems))]
#[get("/api/v1/organizations/{organization_id}/analytics")]
pub async fn get_analytics(
    access: Access<Viewer>,
    query: ValidQuery<AnalyticsQuery>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<AnalyticsView>> {
    query.check()?;
    let (messages, tokens) = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let organization = Organization::find(tx)
                .await?
                .ok_or(ApiError::NotFound("organization"))?;
            let filter = StatisticsFilter {
                timezone: organization.timezone,
                from: query.from,
                to: query.to,
                account: query.account_id,
                agent: query.agent_id,
            };
            let messages = statistics::messages(tx, &filter).await?;
            let tokens = match filter.account {
                Some(_) => None,
                None => Some(statistics::tokens(tx, &filter).await?),
            };
            Ok::<_, ApiError>((messages, tokens))
        })
        .await?;
    Ok(web::Json(assemble(query.from, query.to, messages, tokens)))
}

fn assemble(
    from: NaiveDate,
    to: NaiveDate,
    messages: Vec<MessageNumbers>,
    tokens: Option<Vec<TokenNumbers>>,
) -> AnalyticsView {
    let mut messages: HashMap<_, _> = messages.into_iter().map(|row| (row.day, row)).collect();
    let mut tokens: Option<HashMap<_, _>> =
        tokens.map(|rows| rows.into_iter().map(|row| (row.day, row)).collect());
    let mut of = |day: Option<NaiveDate>| {
        let tokens = tokens.as_mut();
        NumbersView::new(
            messages.remove(&day).unwrap_or_default(),
            tokens.map(|rows| rows.remove(&day).unwrap_or_default()),
        )
    };
    let count = (to - from).num_days();
    let days = (0..=count).map(|offset| from + TimeDelta::days(offset));
    AnalyticsView {
        days: days
            .map(|day| DayView {
                day,
                numbers: of(Some(day)),
            })
            .collect(),
        totals: of(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_day_is_there_and_the_totals_are_the_row_without_a_day() {
        let row = |day, customer_messages| MessageNumbers {
            day,
            customer_messages,
            ..MessageNumbers::default()
        };
        let rows = vec![row(None, 5), row(Some(day("2026-11-02")), 5)];
        let view = assemble(day("2026-11-01"), day("2026-11-03"), rows, Some(Vec::new()));
        let numbers: Vec<_> = view
            .days
            .iter()
            .map(|day| (day.day.to_string(), day.numbers.customer_messages))
            .collect();
        let wanted = [("2026-11-01", 0), ("2026-11-02", 5), ("2026-11-03", 0)];
        assert_eq!(numbers, wanted.map(|(day, count)| (day.to_owned(), count)));
        assert_eq!(view.totals.customer_messages, 5);
        assert_eq!(view.totals.prompt_tokens, Some(0));
    }

    #[test]
    fn at_most_92_days_and_none_backwards() {
        let query = |from, to| AnalyticsQuery {
            from: day(from),
            to: day(to),
            account_id: None,
            agent_id: None,
        };
        assert!(query("2026-01-01", "2026-04-02").check().is_ok());
        assert!(query("2026-01-01", "2026-04-03").check().is_err());
        assert!(query("2026-01-02", "2026-01-01").check().is_err());
        assert!(query("1999-12-31", "1999-12-31").check().is_err());
    }
}
