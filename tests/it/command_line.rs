//! The program's command line: what it prints, how it ends, and what the operator's commands do to a real installation.

use banglachat::settings::Settings;
use banglachat::startup::{self, Running, ServeRole};
use banglachat_tests::{ChannelKind, TestApp};
use sandbox::model::Reply;
use serde_json::{Value, json};

use crate::program::{Environment, run};

const QUESTION: &str = "ডেলিভারি চার্জ কত?";
const ANSWER: &str = "ঢাকায় ৬০ টাকা।";
const PASSWORD: &str = "sonar tori bhashe dheu 1971";

fn with(app: &TestApp, changes: &[(&str, &str)]) -> Environment {
    let mut environment = app.settings().clone();
    for (name, value) in changes {
        environment.insert((*name).to_owned(), (*value).to_owned());
    }
    environment
}

fn key(id: &str, byte: &str) -> String {
    format!("{id}:{}", byte.repeat(32))
}

/// The key that the tests' servers seal with.
fn old_key() -> String {
    key("test", "4b")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_printed_without_any_settings() {
    let printed = run(&["openapi"], &Environment::new(), "")
        .await
        .expect_success();
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let committed = include_str!("../../openapi/openapi.json");
    assert_eq!(
        printed["info"],
        serde_json::from_str::<Value>(committed).unwrap()["info"]
    );
    assert!(printed["paths"].as_object().unwrap().len() > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_ends_each_command_with_one_line_that_names_it() {
    let secret = "5e".repeat(31);
    let wrong = [
        ("BANGLACHAT_PROFILE", "staging"),
        ("LOG_FORMAT", "xml"),
        ("HTTP_THREADS", "many"),
        ("DATABASE_POOL_SIZE", "1"),
        ("PUBLIC_BASE_URL", "chat.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.2,proxy"),
        ("GRAPH_BASE_URL", "ftp://graph.example.com"),
        ("JWT_KEYS", &secret),
        ("ENCRYPTION_KEYS", &format!("k1:{secret}")),
    ];
    for (number, (name, value)) in wrong.iter().enumerate() {
        let environment = [
            ("DATABASE_URL", "host=/nowhere user=x dbname=x"),
            (name, value),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let commands: [&[&str]; 3] = [&["serve"], &["migrate"], &["admin", "check"]];
        let ended = run(commands[number % 3], &environment, "").await;
        let line = ended.expect_failure();
        assert!(line.starts_with(&format!("{name}: ")), "{name}: {line}");
        assert!(line.contains(&format!("Example: {name}=")), "{line}");
        assert!(!line.contains(&secret), "a key is not repeated");
        assert_eq!(
            (ended.stderr.lines().count(), ended.stdout.as_str()),
            (1, "")
        );
    }
}

/// R98.
#[tokio::test(flavor = "multi_thread")]
async fn production_does_not_start_with_what_only_development_may_have() {
    let app = TestApp::start().await;
    let graph = [
        ("GRAPH_BASE_URL", "https://graph.facebook.com"),
        ("INSTAGRAM_GRAPH_BASE_URL", "https://graph.instagram.com"),
    ];
    let production = |changes: &[(&str, &str)]| {
        let mut all = vec![("BANGLACHAT_PROFILE", "production")];
        all.extend(changes);
        with(&app, &all)
    };
    let [meta, instagram] = graph;
    for (environment, named) in [
        (production(&[("JWT_KEYS", "")]), "JWT_KEYS"),
        (production(&[("ENCRYPTION_KEYS", "")]), "ENCRYPTION_KEYS"),
        (
            production(&[("PUBLIC_BASE_URL", "http://chat.example.com")]),
            "PUBLIC_BASE_URL",
        ),
        (production(&[]), "GRAPH_BASE_URL"),
        (production(&[meta, instagram]), "EGRESS_ALLOWED_HOSTS"),
    ] {
        let ended = run(&["serve"], &environment, "").await;
        assert!(
            ended.expect_failure().starts_with(&format!("{named}: ")),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_admin_is_created_with_a_password_that_is_typed_in() {
    let app = TestApp::start().await;
    let command = [
        "admin",
        "create-platform-admin",
        "--email",
        "Root@Example.com",
        "--name",
        "মালিক",
        "--password-stdin",
    ];
    let weak = run(&command, app.settings(), "password1234\n").await;
    assert!(weak.expect_failure().contains("12 to 128 characters"));
    assert_eq!(app.db.count("users").await, 0);

    let printed = run(&command, app.settings(), &format!("{PASSWORD}\n")).await;
    assert!(!printed.stdout.contains(PASSWORD) && !printed.stderr.contains(PASSWORD));
    printed.expect_success();
    let body = json!({ "email": "root@example.com", "password": PASSWORD });
    let signed_in = app.api.post("/api/v1/auth/login", &body).await.expect(200);
    assert_eq!(signed_in["user"]["is_platform_admin"], true);
    assert_eq!(
        app.db
            .count("identity_audit_log WHERE action = 'platform_admin_granted'")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_password_is_printed_once_and_works() {
    let app = TestApp::start().await;
    let command = [
        "admin",
        "create-platform-admin",
        "--email",
        "root@example.com",
        "--name",
        "Root",
    ];
    let printed = run(&command, app.settings(), "").await.expect_success();
    let password = printed.trim_end().rsplit(' ').next().unwrap();
    let body = json!({ "email": "root@example.com", "password": password });
    app.api.post("/api/v1/auth/login", &body).await.expect(200);
    // Again: the same user, whose password stays.
    let again = run(&command, app.settings(), "").await.expect_success();
    assert!(!again.contains("shown only now"));
    app.api.post("/api/v1/auth/login", &body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_exists_becomes_platform_admin_and_keeps_the_password() {
    let app = TestApp::start().await;
    let member = app.register("রহিম").await;
    let me = async || member.api.get("/api/v1/me").await.expect(200)["is_platform_admin"] == true;
    assert!(!me().await, "registering makes nobody platform admin");
    let command = [
        "admin",
        "create-platform-admin",
        "--email",
        &member.email,
        "--name",
        "x",
        "--password-stdin",
    ];
    run(&command, app.settings(), PASSWORD)
        .await
        .expect_success();
    assert!(me().await);
    for (password, status) in [(member.password.as_str(), 200), (PASSWORD, 401)] {
        let body = json!({ "email": member.email, "password": password });
        app.api
            .post("/api/v1/auth/login", &body)
            .await
            .expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_tells_what_works_and_what_does_not() {
    let app = TestApp::start().await;
    let well = run(&["admin", "check"], app.settings(), "")
        .await
        .expect_success();
    assert_eq!(
        well.lines().filter(|line| line.starts_with("ok ")).count(),
        4,
        "{well}"
    );

    let same_name = format!("{},{}", old_key(), key("test", "4d"));
    let owner = app.db.owner_url();
    for (name, value, failed) in [
        ("DATABASE_URL", owner.as_str(), "database"),
        ("DATABASE_URL", "host=/nowhere user=x dbname=x", "database"),
        ("ENCRYPTION_KEYS", same_name.as_str(), "encryption keys"),
    ] {
        let ended = run(&["admin", "check"], &with(&app, &[(name, value)]), "").await;
        assert_eq!(
            ended.expect_failure(),
            "1 of 4 checks failed",
            "{}",
            ended.stdout
        );
        let line = ended.stdout.lines().find(|line| line.starts_with("FAILED"));
        assert!(
            line.unwrap().starts_with(&format!("FAILED  {failed}: ")),
            "{line:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_webhook_events_are_replayed_and_the_others_are_left_alone() {
    // No worker: what comes in stays as it is put.
    let app = TestApp::builder().role(ServeRole::Api).start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    for customer in ["7001", "7002", "7003"] {
        page.customer_writes(customer, QUESTION).await;
    }
    app.db
        .execute(
            "UPDATE webhook_events SET state = 'dead', attempts = 10, last_error = 'a bug of ours'
                 WHERE position('7003' IN convert_from(body, 'UTF8')) = 0;
             UPDATE webhook_events SET state = 'done' WHERE state <> 'dead'",
        )
        .await;
    let replay = ["admin", "replay-webhooks", "--dead"];
    let printed = run(&replay, app.settings(), "").await.expect_success();
    assert_eq!(printed.trim(), "2 of 2 events replayed");
    assert_eq!(
        app.db
            .count("webhook_events WHERE state = 'ready' AND attempts = 0")
            .await,
        2
    );
    let worker = app.start_another(ServeRole::Worker).await;
    app.settle().await;
    worker.stop().await;
    let mut answered: Vec<_> = app
        .graph
        .ledger()
        .into_iter()
        .map(|effect| effect.recipient)
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, ["7001", "7002"]);
    assert_eq!(
        app.db
            .count("identity_audit_log WHERE action = 'webhook_event_replayed'")
            .await,
        2
    );
    let none = run(&replay, app.settings(), "").await.expect_success();
    assert_eq!(none.trim(), "0 of 0 events replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_replayed_without_answering_twice() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("7001", QUESTION).await;
    app.settle().await;
    let row = app
        .db
        .row("SELECT id FROM webhook_events ORDER BY received_at LIMIT 1")
        .await;
    let event = row["id"].as_str().unwrap();
    let replay = ["admin", "replay-webhooks", "--event", event];
    run(&replay, app.settings(), "").await.expect_success();
    app.settle().await;
    assert_eq!((app.graph.effect_count(), shop.talk().await.len()), (1, 2));
    let unknown = uuid::Uuid::now_v7().to_string();
    let ended = run(
        &["admin", "replay-webhooks", "--event", &unknown],
        app.settings(),
        "",
    )
    .await;
    assert!(ended.expect_failure().contains(&unknown));
}

/// A server in this process with other settings.
async fn serve(environment: &Environment) -> Running {
    let settings = Settings::read(&|name| environment.get(name).cloned()).unwrap();
    startup::start(settings, ServeRole::All)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

/// R64: the new key writes, the old one reads; then everything is sealed anew, and the old key may go.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_of_the_encryption_key_the_old_one_is_not_needed() {
    let mut app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let app_path = "/platform_apps/facebook";
    let previous = json!({ "app_id": "990011223344556", "app_secret": page.app_secret, "app_secret_previous": "previous-secret-012345" });
    shop.put(app_path, &previous).await.expect(200);
    app.model.require_key(Some("sk-test-0123456789"));
    app.stop_server().await;

    let new = key("new", "4d");
    let both = with(
        &app,
        &[("ENCRYPTION_KEYS", &format!("{new},{}", old_key()))],
    );
    let printed = run(&["admin", "rotate-encryption"], &both, "")
        .await
        .expect_success();
    // Model key, access token, app secret, the secret before.
    assert_eq!(printed.trim(), "4 values sealed with the first key");
    let again = run(&["admin", "rotate-encryption"], &both, "")
        .await
        .expect_success();
    assert_eq!(again.trim(), "0 values sealed with the first key");

    let server = serve(&with(&app, &[("ENCRYPTION_KEYS", &new)])).await;
    app.model.answer_next(Reply::text(ANSWER));
    page.customer_writes("7001", QUESTION).await;
    app.settle().await;
    let ledger = app.graph.ledger();
    app.graph.stop().await;
    server.stop().await;
    assert_eq!(ledger.len(), 1, "{:#?}", app.graph.refusals());
    assert_eq!(
        (&ledger[0].token, ledger[0].text.as_deref()),
        (&page.token, Some(ANSWER))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_without_the_old_key_fails_and_harms_nothing() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let only_new = with(&app, &[("ENCRYPTION_KEYS", &key("new", "4d"))]);
    let ended = run(&["admin", "rotate-encryption"], &only_new, "").await;
    assert!(
        ended
            .expect_failure()
            .starts_with("2 values could not be opened"),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.contains(&format!(
        "social_accounts.token_sealed of organization {}",
        shop.id
    )));
    page.customer_writes("7001", QUESTION).await;
    app.settle().await;
    assert_eq!(app.graph.effect_count(), 1);
}

/// R47: row level security does not bind a superuser or the tables' owner.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_serve_as_a_superuser_or_with_another_schema() {
    let app = TestApp::start().await;
    let mighty = with(
        &app,
        &[
            ("DATABASE_URL", &app.db.owner_url()),
            ("HTTP_ADDR", "127.0.0.1:0"),
        ],
    );
    let elsewhere = with(&app, &[("HTTP_ADDR", "127.0.0.1:0")]);
    let refusal = async |environment: &Environment| {
        let ended = run(&["serve"], environment, "").await;
        ended.expect_failure().to_owned()
    };
    assert!(
        refusal(&mighty)
            .await
            .contains("can bypass row level security")
    );

    app.db
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')")
        .await;
    assert!(
        refusal(&elsewhere)
            .await
            .contains("start the newer release")
    );
    app.db
        .execute(
            "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations);
             DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
        )
        .await;
    assert!(
        refusal(&elsewhere)
            .await
            .contains("run `banglachat migrate`")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_refused_until_it_is_migrated() {
    let app = TestApp::start().await;
    // The name marks it as this process's, so that it is swept if this test dies.
    let name = format!("{}_empty", app.db.name);
    app.db.execute(&format!("CREATE DATABASE {name}")).await;
    let [login, owner] =
        [app.db.app_url(), app.db.owner_url()].map(|url| url.replace(&app.db.name, &name));
    let environment = with(
        &app,
        &[
            ("DATABASE_URL", &login),
            ("DATABASE_OWNER_URL", &owner),
            ("HTTP_ADDR", "127.0.0.1:0"),
        ],
    );
    let ended = run(&["serve"], &environment, "").await;
    assert!(
        ended.expect_failure().contains("run `banglachat migrate`"),
        "{}",
        ended.stderr
    );
    let first = run(&["migrate"], &environment, "").await.expect_success();
    let applied: usize = first.split(' ').next().unwrap().parse().unwrap();
    assert!(applied >= 3, "{first}");
    let second = run(&["migrate"], &environment, "").await.expect_success();
    assert_eq!(second.trim(), "0 migrations applied");
    run(&["admin", "check"], &environment, "")
        .await
        .expect_success();
    app.db
        .execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await;
}
