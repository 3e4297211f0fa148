//! AI agents. Each change is a version; rows of versions are never changed, and a message names the version that wrote it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use secrecy::SecretString;

use super::stored_text::{StoredText, stored_as_text};
use crate::db::TenantTx;
use crate::ids::{AgentId, OrganizationId, UserId};
use crate::language_model::{Endpoint, LanguagePolicy, Usage};
use crate::schema::{ai_agent_versions, ai_agents, social_accounts};
use crate::seal::{Place, SealError, Sealer};

/// Who writes the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelProvider {
    /// The built-in one.
    Knowledge,
    OpenaiCompatible,
}

stored_as_text!(ModelProvider { Knowledge = "knowledge", OpenaiCompatible = "openai_compatible" });

/// An agent as it is now; what it says and how stands in its current [`AgentVersion`].
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = ai_agents)]
pub struct Agent {
    pub id: AgentId,
    pub name: String,
    pub active: bool,
    /// Raised by every change.
    pub version: i32,
    pub model_key_sealed: Option<Vec<u8>>,
    pub model_key_host: Option<String>,
    pub model_key_last4: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub archived_at: Option<DateTime<Utc>>,
}

/// What an agent was at a time.
#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = ai_agent_versions)]
pub struct AgentVersion {
    pub agent_id: AgentId,
    pub version: i32,
    #[diesel(embed)]
    pub settings: AgentSettings,
    pub created_by: UserId,
    pub created_at: DateTime<Utc>,
}

/// How an agent answers.
#[derive(Debug, Clone, PartialEq, HasQuery)]
#[diesel(table_name = ai_agent_versions)]
pub struct AgentSettings {
    pub model_provider: ModelProvider,
    /// With [`ModelProvider::OpenaiCompatible`], and only then.
    pub model_base_url: Option<String>,
    pub model_name: Option<String>,
    pub system_prompt: String,
    pub language: LanguagePolicy,
    pub temperature: f32,
    pub max_answer_tokens: i32,
    pub quiet_ms: i32,
    pub history_budget_tokens: i32,
    pub fallback_text: String,
    /// What the model costs, where its shop has told.
    pub input_price_usd_per_million: Option<f64>,
    pub output_price_usd_per_million: Option<f64>,
}

impl AgentSettings {
    /// What an answer cost in US dollars; `None` where not both prices are known. The built-in model is free.
    pub fn cost_usd(&self, used: Usage) -> Option<f64> {
        if self.model_provider == ModelProvider::Knowledge {
            return Some(0.0);
        }
        let (input, output) = (
            self.input_price_usd_per_million?,
            self.output_price_usd_per_million?,
        );
        let tokens =
            f64::from(used.prompt_tokens) * input + f64::from(used.completion_tokens) * output;
        Some(tokens / 1_000_000.0)
    }
}

/// A model's API key as it is kept: sealed, and bound to the host it was entered for (R62).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelKey {
    pub sealed: Vec<u8>,
    /// Scheme, host and port, see [`key_host`].
    pub host: String,
    pub last4: String,
}

/// Everything that an agent is, as [`Agent::insert`] and [`Agent::save`] write it.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentState {
    pub name: String,
    pub active: bool,
    pub settings: AgentSettings,
    pub key: Option<ModelKey>,
}

/// What a key is bound to: the origin of the model's address, so that neither another host nor plain http gets it.
pub fn key_host(base_url: &str) -> Option<String> {
    url::Url::parse(base_url)
        .ok()
        .filter(url::Url::has_host)
        .map(|url| url.origin().ascii_serialization())
}

/// Where an agent's key is sealed (R61).
fn key_place(organization: OrganizationId, row: &str) -> Place<'_> {
    Place {
        table: "ai_agents",
        column: "model_key_sealed",
        organization,
        row,
    }
}

impl ModelKey {
    /// Seals a key for the agent `id`, bound to the host of `base_url`.
    pub fn seal(
        sealer: &Sealer,
        organization: OrganizationId,
        id: AgentId,
        base_url: &str,
        key: &SecretString,
    ) -> Result<Self, SealError> {
        Ok(Self {
            sealed: sealer.seal(key_place(organization, &id.to_string()), key)?,
            host: key_host(base_url).unwrap_or_default(),
            last4: crate::seal::last4(key),
        })
    }
}

impl Agent {
    /// [`AgentVersion::find_current`], locked: two changes, or a change and an assignment to an account, come one after the other.
    pub async fn lock_current(
        tx: &mut TenantTx<'_>,
        id: AgentId,
    ) -> QueryResult<Option<(Self, AgentVersion)>> {
        let locked: Option<AgentId> = ai_agents::table
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq(id))
            .filter(ai_agents::archived_at.is_null())
            .select(ai_agents::id)
            .for_update()
            .first(tx.conn())
            .await
            .optional()?;
        // A second statement: it sees what the one we waited for has committed.
        if locked.is_some() {
            AgentVersion::find_current(tx, id).await
        } else {
            Ok(None)
        }
    }

    /// Whether an account may be given this agent; it then stays unarchived until the transaction ends.
    pub async fn hold_for_assignment(tx: &mut TenantTx<'_>, id: AgentId) -> QueryResult<bool> {
        let found: Option<AgentId> = ai_agents::table
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq(id))
            .filter(ai_agents::archived_at.is_null())
            .select(ai_agents::id)
            .for_key_share()
            .first(tx.conn())
            .await
            .optional()?;
        Ok(found.is_some())
    }

    /// Agents that are not archived with their current versions, newest first.
    pub async fn list(
        tx: &mut TenantTx<'_>,
        after: Option<(DateTime<Utc>, AgentId)>,
        rows: i64,
    ) -> QueryResult<Vec<(Self, AgentVersion)>> {
        let mut agents = ai_agents::table
            .inner_join(ai_agent_versions::table.on(current_version()))
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::archived_at.is_null())
            .select((Self::as_select(), AgentVersion::as_select()))
            .into_boxed();
        if let Some((at, id)) = after {
            let same_time = ai_agents::created_at.eq(at).and(ai_agents::id.lt(id));
            agents = agents.filter(ai_agents::created_at.lt(at).or(same_time));
        }
        agents
            .order((ai_agents::created_at.desc(), ai_agents::id.desc()))
            .limit(rows)
            .load(tx.conn())
            .await
    }

    /// The names of agents, archived ones among them; for what they said.
    pub async fn names(
        tx: &mut TenantTx<'_>,
        ids: &[AgentId],
    ) -> QueryResult<HashMap<AgentId, String>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let names: Vec<(AgentId, String)> = ai_agents::table
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq_any(ids))
            .select((ai_agents::id, ai_agents::name))
            .load(tx.conn())
            .await?;
        Ok(names.into_iter().collect())
    }

    /// A new agent with version 1. The index `ai_agents_organization_id_name_key` refuses a name that is taken.
    pub async fn insert(
        tx: &mut TenantTx<'_>,
        id: AgentId,
        state: &AgentState,
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<(Self, AgentVersion)> {
        let agent = diesel::insert_into(ai_agents::table)
            .values((
                ai_agents::organization_id.eq(tx.organization()),
                ai_agents::id.eq(id),
                ai_agents::name.eq(&state.name),
                ai_agents::active.eq(state.active),
                ai_agents::version.eq(1),
                ai_agents::model_key_sealed.eq(state.key.as_ref().map(|key| &key.sealed)),
                ai_agents::model_key_host.eq(state.key.as_ref().map(|key| &key.host)),
                ai_agents::model_key_last4.eq(state.key.as_ref().map(|key| &key.last4)),
                ai_agents::created_at.eq(now),
                ai_agents::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await?;
        let version = AgentVersion::insert(tx, &agent, &state.settings, user, now).await?;
        Ok((agent, version))
    }

    /// Makes the agent what `state` says, as its next version. The row is locked by the caller.
    pub async fn save(
        &self,
        tx: &mut TenantTx<'_>,
        state: &AgentState,
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<(Self, AgentVersion)> {
        let agent = diesel::update(ai_agents::table)
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq(self.id))
            .set((
                ai_agents::name.eq(&state.name),
                ai_agents::active.eq(state.active),
                ai_agents::version.eq(self.version + 1),
                ai_agents::model_key_sealed.eq(state.key.as_ref().map(|key| &key.sealed)),
                ai_agents::model_key_host.eq(state.key.as_ref().map(|key| &key.host)),
                ai_agents::model_key_last4.eq(state.key.as_ref().map(|key| &key.last4)),
                ai_agents::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await?;
        let version = AgentVersion::insert(tx, &agent, &state.settings, user, now).await?;
        Ok((agent, version))
    }

    /// Whether a connected account is assigned to the agent.
    pub async fn is_in_use(&self, tx: &mut TenantTx<'_>) -> QueryResult<bool> {
        let accounts = social_accounts::table
            .filter(social_accounts::organization_id.eq(tx.organization()))
            .filter(social_accounts::agent_id.eq(self.id))
            .filter(social_accounts::disconnected_at.is_null());
        diesel::select(diesel::dsl::exists(accounts))
            .get_result(tx.conn())
            .await
    }

    /// Puts the agent away and forgets its key; its versions stay, messages name them.
    pub async fn archive(&self, tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> QueryResult<()> {
        diesel::update(ai_agents::table)
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq(self.id))
            .set((
                ai_agents::archived_at.eq(now),
                ai_agents::updated_at.eq(now),
                ai_agents::model_key_sealed.eq(None::<Vec<u8>>),
                ai_agents::model_key_host.eq(None::<String>),
                ai_agents::model_key_last4.eq(None::<String>),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// The agent as it would be with another key, or none.
    pub fn with_key(self, key: Option<ModelKey>) -> Self {
        Self {
            model_key_sealed: key.as_ref().map(|key| key.sealed.clone()),
            model_key_host: key.as_ref().map(|key| key.host.clone()),
            model_key_last4: key.map(|key| key.last4),
            ..self
        }
    }

    /// The key as it is kept, if there is one.
    pub fn key(&self) -> Option<ModelKey> {
        Some(ModelKey {
            sealed: self.model_key_sealed.clone()?,
            host: self.model_key_host.clone()?,
            last4: self.model_key_last4.clone()?,
        })
    }

    /// The model's API key, if one is kept. Use [`Agent::endpoint`], which also looks at the host.
    pub fn open_model_key(
        &self,
        sealer: &Sealer,
        organization: OrganizationId,
    ) -> Result<Option<SecretString>, SealError> {
        let place = self.id.to_string();
        self.model_key_sealed
            .as_ref()
            .map(|sealed| sealer.open(key_place(organization, &place), sealed))
            .transpose()
    }

    /// Where the version's model is, with the key only if it was entered for that host (R62); `None` for the built-in model.
    pub fn endpoint(
        &self,
        version: &AgentVersion,
        sealer: &Sealer,
        organization: OrganizationId,
    ) -> Result<Option<Endpoint>, SealError> {
        let (Some(base_url), Some(model)) = (
            &version.settings.model_base_url,
            &version.settings.model_name,
        ) else {
            return Ok(None);
        };
        let key_fits = self.model_key_host.is_some() && self.model_key_host == key_host(base_url);
        let api_key = if key_fits {
            self.open_model_key(sealer, organization)?
        } else {
            None
        };
        Ok(Some(Endpoint {
            base_url: base_url.clone(),
            model: model.clone(),
            api_key,
        }))
    }
}

impl AgentVersion {
    /// Those of the agents that are not archived, with their current versions.
    pub async fn find_all_current(
        tx: &mut TenantTx<'_>,
        ids: &BTreeSet<AgentId>,
    ) -> QueryResult<HashMap<AgentId, (Agent, Self)>> {
        let found: Vec<(Agent, Self)> = ai_agents::table
            .inner_join(ai_agent_versions::table.on(current_version()))
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq_any(ids))
            .filter(ai_agents::archived_at.is_null())
            .select((Agent::as_select(), Self::as_select()))
            .load(tx.conn())
            .await?;
        Ok(found
            .into_iter()
            .map(|(agent, version)| (agent.id, (agent, version)))
            .collect())
    }

    /// The agent and its current version, unless it is archived or not of this organization.
    pub async fn find_current(
        tx: &mut TenantTx<'_>,
        id: AgentId,
    ) -> QueryResult<Option<(Agent, Self)>> {
        ai_agents::table
            .inner_join(ai_agent_versions::table.on(current_version()))
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq(id))
            .filter(ai_agents::archived_at.is_null())
            .select((Agent::as_select(), Self::as_select()))
            .first(tx.conn())
            .await
            .optional()
    }

    /// One version of an agent that is not archived.
    pub async fn find(
        tx: &mut TenantTx<'_>,
        agent: AgentId,
        version: i32,
    ) -> QueryResult<Option<(Agent, Self)>> {
        let same_agent = ai_agent_versions::organization_id
            .eq(ai_agents::organization_id)
            .and(ai_agent_versions::agent_id.eq(ai_agents::id));
        ai_agents::table
            .inner_join(ai_agent_versions::table.on(same_agent))
            .filter(ai_agents::organization_id.eq(tx.organization()))
            .filter(ai_agents::id.eq(agent))
            .filter(ai_agents::archived_at.is_null())
            .filter(ai_agent_versions::version.eq(version))
            .select((Agent::as_select(), Self::as_select()))
            .first(tx.conn())
            .await
            .optional()
    }

    /// Versions of an agent, newest first, beginning behind version `before`.
    pub async fn list(
        tx: &mut TenantTx<'_>,
        agent: AgentId,
        before: Option<i32>,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(ai_agent_versions::organization_id.eq(tx.organization()))
            .filter(ai_agent_versions::agent_id.eq(agent))
            .filter(ai_agent_versions::version.lt(before.unwrap_or(i32::MAX)))
            .order(ai_agent_versions::version.desc())
            .limit(rows)
            .load(tx.conn())
            .await
    }

    async fn insert(
        tx: &mut TenantTx<'_>,
        agent: &Agent,
        settings: &AgentSettings,
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        diesel::insert_into(ai_agent_versions::table)
            .values((
                ai_agent_versions::organization_id.eq(tx.organization()),
                ai_agent_versions::agent_id.eq(agent.id),
                ai_agent_versions::version.eq(agent.version),
                ai_agent_versions::model_provider.eq(settings.model_provider.as_word()),
                ai_agent_versions::model_base_url.eq(&settings.model_base_url),
                ai_agent_versions::model_name.eq(&settings.model_name),
                ai_agent_versions::system_prompt.eq(&settings.system_prompt),
                ai_agent_versions::language.eq(settings.language.as_word()),
                ai_agent_versions::temperature.eq(settings.temperature),
                ai_agent_versions::max_answer_tokens.eq(settings.max_answer_tokens),
                ai_agent_versions::quiet_ms.eq(settings.quiet_ms),
                ai_agent_versions::history_budget_tokens.eq(settings.history_budget_tokens),
                ai_agent_versions::fallback_text.eq(&settings.fallback_text),
                ai_agent_versions::input_price_usd_per_million
                    .eq(settings.input_price_usd_per_million),
                ai_agent_versions::output_price_usd_per_million
                    .eq(settings.output_price_usd_per_million),
                ai_agent_versions::created_by.eq(user),
                ai_agent_versions::created_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(tx.conn())
            .await
    }
}

/// The join of an agent with its current version.
#[diesel::dsl::auto_type(no_type_alias)]
fn current_version() -> _ {
    ai_agent_versions::organization_id
        .eq(ai_agents::organization_id)
        .and(ai_agent_versions::agent_id.eq(ai_agents::id))
        .and(ai_agent_versions::version.eq(ai_agents::version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn agent(key: Option<ModelKey>) -> Agent {
        let now = crate::clock::Clock::default().now();
        Agent {
            id: AgentId::new(),
            name: "Shop".to_owned(),
            active: true,
            version: 1,
            model_key_sealed: key.as_ref().map(|key| key.sealed.clone()),
            model_key_host: key.as_ref().map(|key| key.host.clone()),
            model_key_last4: key.map(|key| key.last4),
            created_at: now,
            updated_at: now,
            archived_at: None,
        }
    }

    fn version(agent: &Agent, base_url: &str) -> AgentVersion {
        AgentVersion {
            agent_id: agent.id,
            version: 1,
            settings: AgentSettings {
                model_provider: ModelProvider::OpenaiCompatible,
                model_base_url: Some(base_url.to_owned()),
                model_name: Some("m".to_owned()),
                system_prompt: String::new(),
                language: LanguagePolicy::Auto,
                temperature: 0.0,
                max_answer_tokens: 100,
                quiet_ms: 0,
                history_budget_tokens: 500,
                fallback_text: "-".to_owned(),
                input_price_usd_per_million: None,
                output_price_usd_per_million: None,
            },
            created_by: UserId::new(),
            created_at: agent.created_at,
        }
    }

    #[test]
    fn a_cost_needs_both_prices_and_the_built_in_model_is_free() {
        let used = Usage {
            prompt_tokens: 2_000,
            completion_tokens: 500,
            estimated: false,
        };
        let mut settings = version(&agent(None), "https://a.example").settings;
        settings.input_price_usd_per_million = Some(0.15);
        assert_eq!(settings.cost_usd(used), None);
        settings.output_price_usd_per_million = Some(0.6);
        let cost = settings.cost_usd(used).unwrap();
        assert!((cost - 0.0006).abs() < 1e-12, "{cost}");
        settings.model_provider = ModelProvider::Knowledge;
        assert_eq!(settings.cost_usd(used), Some(0.0));
    }

    /// R62: the key goes to the host it was entered for and nowhere else, not even there without TLS.
    #[test]
    fn a_model_key_is_only_given_to_its_own_host() {
        let sealer = Sealer::new(vec![("a".to_owned(), vec![1; 32].into())]);
        let organization = OrganizationId::new();
        let mut agent = agent(None);
        let key = ModelKey::seal(
            &sealer,
            organization,
            agent.id,
            "https://llm.example/v1",
            &"sk-0123456789".into(),
        )
        .unwrap();
        agent.model_key_sealed = Some(key.sealed);
        agent.model_key_host = Some(key.host);
        let key_for = |base_url: &str| {
            let endpoint = agent
                .endpoint(&version(&agent, base_url), &sealer, organization)
                .unwrap()
                .unwrap();
            endpoint.api_key.map(|key| key.expose_secret().to_owned())
        };
        assert_eq!(
            key_for("https://LLM.example:443/other/").as_deref(),
            Some("sk-0123456789")
        );
        for elsewhere in [
            "https://evil.example/v1",
            "http://llm.example/v1",
            "https://llm.example:8443/v1",
        ] {
            assert_eq!(key_for(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(key.last4, "6789");
    }
}
