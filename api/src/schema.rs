//! The tables as diesel sees them. The test `the_schema_file_matches_the_database` compares this file with a migrated database.

diesel::table! {
    account_directory (platform, external_id) {
        platform -> Text,
        external_id -> Text,
        organization_id -> Uuid,
        account_id -> Uuid,
    }
}

diesel::table! {
    ai_agent_versions (organization_id, agent_id, version) {
        organization_id -> Uuid,
        agent_id -> Uuid,
        version -> Int4,
        model_provider -> Text,
        model_base_url -> Nullable<Text>,
        model_name -> Nullable<Text>,
        system_prompt -> Text,
        language -> Text,
        temperature -> Float4,
        max_answer_tokens -> Int4,
        quiet_ms -> Int4,
        history_budget_tokens -> Int4,
        fallback_text -> Text,
        created_by -> Uuid,
        created_at -> Timestamptz,
        input_price_usd_per_million -> Nullable<Float8>,
        output_price_usd_per_million -> Nullable<Float8>,
    }
}

diesel::table! {
    ai_agents (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        name -> Text,
        active -> Bool,
        version -> Int4,
        model_key_sealed -> Nullable<Bytea>,
        model_key_host -> Nullable<Text>,
        model_key_last4 -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        archived_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    api_keys (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        name -> Text,
        role -> Text,
        key_hash -> Bytea,
        last4 -> Text,
        created_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_log (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        details -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    contact_identities (organization_id, account_id, kind, value) {
        organization_id -> Uuid,
        account_id -> Uuid,
        kind -> Text,
        value -> Text,
        contact_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    contacts (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        name -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    conversation_words (organization_id, word, conversation_id, of_name) {
        organization_id -> Uuid,
        conversation_id -> Uuid,
        word -> Text,
        of_name -> Bool,
    }
}

diesel::table! {
    conversations (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        account_id -> Uuid,
        contact_id -> Uuid,
        status -> Text,
        assignee_id -> Nullable<Uuid>,
        ai_state -> Text,
        ai_paused_until -> Nullable<Timestamptz>,
        ai_reason -> Nullable<Text>,
        ai_changed_by -> Nullable<Uuid>,
        needs_human -> Bool,
        window_ends_at -> Nullable<Timestamptz>,
        human_window_ends_at -> Nullable<Timestamptz>,
        generation -> Int8,
        last_message_at -> Timestamptz,
        last_customer_message_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        changed_at -> Timestamptz,
        snoozed_until -> Nullable<Timestamptz>,
        unread_count -> Int4,
        waiting_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    deliveries (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        message_id -> Uuid,
        part -> Int4,
        attempt -> Int4,
        started_at -> Timestamptz,
        answered_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        code -> Nullable<Text>,
        external_id -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (organization_id, user_id, idempotency_key) {
        organization_id -> Uuid,
        user_id -> Uuid,
        idempotency_key -> Text,
        request_hash -> Bytea,
        status -> Int4,
        body -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    identity_audit_log (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        action -> Text,
        details -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    inbound_events (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        webhook_event_id -> Uuid,
        item -> Int4,
        account_id -> Nullable<Uuid>,
        kind -> Text,
        raw -> Text,
        state -> Text,
        quarantine_reason -> Nullable<Text>,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    invitations (id) {
        id -> Uuid,
        organization_id -> Uuid,
        email -> Text,
        role -> Text,
        token_hash -> Bytea,
        invited_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    jobs (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        lane -> Uuid,
        payload -> Jsonb,
        request_id -> Nullable<Text>,
        state -> Text,
        run_at -> Timestamptz,
        attempts -> Int4,
        max_attempts -> Int4,
        locked_by -> Nullable<Text>,
        locked_until -> Nullable<Timestamptz>,
        lost_leases -> Int4,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    knowledge_entries (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        title -> Nullable<Text>,
        questions -> Array<Text>,
        answer_bn -> Nullable<Text>,
        answer_en -> Nullable<Text>,
        search_text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        updated_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    mails (id) {
        id -> Uuid,
        kind -> Text,
        recipient -> Text,
        params -> Jsonb,
        state -> Text,
        run_at -> Timestamptz,
        attempts -> Int4,
        locked_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    memberships (organization_id, user_id) {
        organization_id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    message_parts (organization_id, message_id, part) {
        organization_id -> Uuid,
        message_id -> Uuid,
        part -> Int4,
        account_id -> Uuid,
        text -> Text,
        state -> Text,
        attempts -> Int4,
        queued_at -> Timestamptz,
        attempts_when_queued -> Int4,
        delivery_id -> Nullable<Uuid>,
        external_id -> Nullable<Text>,
        possible_duplicate -> Bool,
        failure_code -> Nullable<Text>,
        failure_advice -> Nullable<Text>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    messages (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        conversation_id -> Uuid,
        account_id -> Uuid,
        author -> Text,
        author_user_id -> Nullable<Uuid>,
        kind -> Text,
        text -> Nullable<Text>,
        nul_removed -> Bool,
        normalized_text -> Nullable<Text>,
        payload -> Nullable<Text>,
        attachments -> Jsonb,
        reply_to_external_id -> Nullable<Text>,
        context -> Nullable<Jsonb>,
        comment_id -> Nullable<Text>,
        external_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        platform_time -> Nullable<Timestamptz>,
        ordered_at -> Timestamptz,
        agent_id -> Nullable<Uuid>,
        agent_version -> Nullable<Int4>,
        state -> Text,
        answer_state -> Nullable<Text>,
        answered_by -> Nullable<Uuid>,
        failure_code -> Nullable<Text>,
        failure_advice -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        waited_since -> Nullable<Timestamptz>,
        handoff -> Nullable<Text>,
    }
}

diesel::table! {
    organizations (organization_id) {
        organization_id -> Uuid,
        name -> Text,
        timezone -> Text,
        suspended_at -> Nullable<Timestamptz>,
        suspended_reason -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        playground_used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    password_resets (user_id) {
        user_id -> Uuid,
        token_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    platform_apps (organization_id, platform) {
        organization_id -> Uuid,
        platform -> Text,
        app_id -> Nullable<Text>,
        app_secret_sealed -> Bytea,
        app_secret_previous_sealed -> Nullable<Bytea>,
        app_secret_last4 -> Text,
        verify_token -> Text,
        handshake_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        user_agent -> Text,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoked_reason -> Nullable<Text>,
    }
}

diesel::table! {
    sign_in_failures (id) {
        id -> Uuid,
        throttle_key -> Text,
        failed_at -> Timestamptz,
    }
}

diesel::table! {
    social_accounts (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        platform -> Text,
        external_id -> Text,
        name -> Text,
        login -> Text,
        page_id -> Nullable<Text>,
        token_sealed -> Bytea,
        token_last4 -> Text,
        token_expires_at -> Nullable<Timestamptz>,
        agent_id -> Nullable<Uuid>,
        auto_reply -> Bool,
        health -> Text,
        health_reason -> Nullable<Text>,
        paused_until -> Nullable<Timestamptz>,
        last_event_at -> Nullable<Timestamptz>,
        last_event_kind -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        disconnected_at -> Nullable<Timestamptz>,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    unanswered_questions (organization_id, id) {
        organization_id -> Uuid,
        id -> Uuid,
        fold_key -> Text,
        text -> Text,
        message_id -> Uuid,
        conversation_id -> Uuid,
        times_asked -> Int8,
        first_asked_at -> Timestamptz,
        last_asked_at -> Timestamptz,
        state -> Text,
        entry_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    usage (organization_id, agent_id, day) {
        organization_id -> Uuid,
        agent_id -> Uuid,
        day -> Date,
        answers -> Int8,
        prompt_tokens -> Int8,
        completion_tokens -> Int8,
        cost_usd -> Nullable<Float8>,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        is_platform_admin -> Bool,
        email_verified_at -> Nullable<Timestamptz>,
        version -> Int4,
        disabled_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        language -> Text,
        theme -> Text,
        shortcuts -> Bool,
        sound -> Text,
        viewing_organization_id -> Nullable<Uuid>,
        viewing_organization_name -> Nullable<Text>,
        viewing_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_events (id) {
        id -> Uuid,
        platform -> Text,
        app -> Text,
        organization_id -> Nullable<Uuid>,
        body -> Bytea,
        body_hash -> Bytea,
        received_at -> Timestamptz,
        state -> Text,
        run_at -> Timestamptz,
        attempts -> Int4,
        locked_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        items -> Nullable<Int4>,
        ignored_items -> Nullable<Int4>,
        processed_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(memberships -> organizations (organization_id));

diesel::allow_tables_to_appear_in_same_query!(
    account_directory,
    ai_agent_versions,
    ai_agents,
    api_keys,
    audit_log,
    contact_identities,
    contacts,
    conversation_words,
    conversations,
    deliveries,
    idempotency_keys,
    identity_audit_log,
    inbound_events,
    invitations,
    jobs,
    knowledge_entries,
    mails,
    memberships,
    message_parts,
    messages,
    organizations,
    password_resets,
    platform_apps,
    refresh_tokens,
    sessions,
    sign_in_failures,
    social_accounts,
    unanswered_questions,
    usage,
    users,
    webhook_events,
);
