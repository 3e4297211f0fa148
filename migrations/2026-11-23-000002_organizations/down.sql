DROP TABLE usage, idempotency_keys, audit_log, social_accounts, platform_apps, knowledge_entries, ai_agent_versions,
    ai_agents, memberships, organizations;
