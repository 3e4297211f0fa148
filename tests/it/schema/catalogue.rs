//! The schema's rules, checked in PostgreSQL's own catalogue, so that no migration can forget one.

use banglachat_tests::TestApp;

use super::PLATFORM_TABLES;

/// Each rule as a query for those who break it: `WITH tenant` gives the tenant tables as (oid, name).
const RULES: [(&str, &str); 17] = [
    (
        "organization_id is uuid and not null",
        "SELECT name FROM tenant WHERE NOT EXISTS (SELECT FROM pg_attribute
             WHERE attrelid = tenant.oid AND attname = 'organization_id' AND atttypid = 'uuid'::regtype AND attnotnull)",
    ),
    (
        "the primary key begins with organization_id",
        "SELECT name FROM tenant WHERE NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = tenant.oid AND i.indisprimary AND a.attname = 'organization_id')",
    ),
    (
        "every unique key holds organization_id",
        "SELECT name || '.' || i.indexrelid::regclass FROM tenant JOIN pg_index i ON i.indrelid = tenant.oid
         WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_attribute a
             WHERE a.attrelid = i.indrelid AND a.attname = 'organization_id' AND a.attnum = ANY (i.indkey))",
    ),
    (
        "foreign keys between tenant tables begin with organization_id on both sides",
        "SELECT tenant.name || '.' || c.conname FROM tenant JOIN pg_constraint c ON c.conrelid = tenant.oid AND c.contype = 'f'
         JOIN tenant other ON other.oid = c.confrelid
         WHERE (SELECT attname FROM pg_attribute WHERE attrelid = c.conrelid AND attnum = c.conkey[1]) <> 'organization_id'
            OR (SELECT attname FROM pg_attribute WHERE attrelid = c.confrelid AND attnum = c.confkey[1]) <> 'organization_id'",
    ),
    (
        "no foreign key of a tenant table sets null or a default",
        "SELECT name || '.' || c.conname FROM tenant JOIN pg_constraint c ON c.conrelid = tenant.oid AND c.contype = 'f'
         WHERE c.confdeltype IN ('n', 'd') OR c.confupdtype IN ('n', 'd')",
    ),
    (
        "of the platform's tables only users is pointed to, and only by memberships",
        "SELECT name || '.' || c.conname FROM tenant JOIN pg_constraint c ON c.conrelid = tenant.oid AND c.contype = 'f'
         WHERE c.confrelid NOT IN (SELECT oid FROM tenant) AND (name, c.confrelid::regclass::text) <> ('memberships', 'users')",
    ),
    (
        "no platform table points into a tenant table",
        "SELECT c.conrelid::regclass || '.' || c.conname FROM pg_constraint c JOIN tenant ON tenant.oid = c.confrelid
         WHERE c.contype = 'f' AND c.conrelid NOT IN (SELECT oid FROM tenant)",
    ),
    (
        "no serial, identity or sequence",
        "SELECT name || '.' || a.attname FROM tenant JOIN pg_attribute a ON a.attrelid = tenant.oid AND a.attnum > 0
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) ILIKE '%nextval%'",
    ),
    (
        "ids are made by the application",
        "SELECT name || '.' || a.attname FROM tenant JOIN pg_attribute a ON a.attrelid = tenant.oid AND a.attnum > 0
         WHERE a.attname = 'id' AND (a.atttypid <> 'uuid'::regtype OR a.atthasdef)",
    ),
    (
        "no triggers",
        "SELECT name || '.' || t.tgname FROM tenant JOIN pg_trigger t ON t.tgrelid = tenant.oid WHERE NOT t.tgisinternal",
    ),
    ("no rules", "SELECT name || '.' || r.rulename FROM tenant JOIN pg_rewrite r ON r.ev_class = tenant.oid"),
    (
        "no functions of our own",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')",
    ),
    (
        "row level security is on and forced",
        "SELECT name FROM tenant JOIN pg_class c ON c.oid = tenant.oid WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    ),
    (
        "one policy ties all commands to the transaction's organization",
        "SELECT name FROM tenant WHERE 1 <> (SELECT count(*) FROM pg_policy p WHERE p.polrelid = tenant.oid AND p.polcmd = '*' AND p.polpermissive
             AND p.polwithcheck IS NULL AND pg_get_expr(p.polqual, p.polrelid)
               = '(organization_id = (NULLIF(current_setting(''app.organization_id''::text, true), ''''::text))::uuid)')",
    ),
    (
        "any other policy is for the platform role alone",
        "SELECT name || '.' || p.polname FROM tenant JOIN pg_policy p ON p.polrelid = tenant.oid
         WHERE p.polname <> 'tenant' AND pg_get_expr(p.polqual, p.polrelid) <> '(CURRENT_USER = ''banglachat_platform''::name)'",
    ),
    (
        "the server's roles have only the rights they need",
        "SELECT g.grantee || ' ' || g.privilege_type || ' ' || g.table_name FROM information_schema.role_table_grants g
         WHERE g.table_schema = 'public' AND (g.grantee = 'PUBLIC'
            OR g.grantee = 'banglachat_app' AND g.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
            OR g.grantee = 'banglachat_app' AND g.table_name IN ('audit_log', 'identity_audit_log') AND g.privilege_type NOT IN ('SELECT', 'INSERT')
            OR g.grantee = 'banglachat_platform' AND (g.privilege_type, g.table_name::text) NOT IN (('SELECT', 'users'), ('SELECT', 'organizations'),
                ('SELECT', 'memberships'), ('SELECT', 'platform_apps'), ('SELECT', 'jobs'), ('UPDATE', 'jobs')))",
    ),
    (
        "the server's roles own nothing and cannot bypass row level security",
        "SELECT r.rolname FROM pg_roles r WHERE r.rolname IN ('banglachat_app', 'banglachat_platform', 'banglachat_test')
         AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid))",
    ),
];

/// `rule: who breaks it`, for all rules.
async fn faults(app: &TestApp) -> Vec<String> {
    let platform = PLATFORM_TABLES.map(|table| format!("'{table}'")).join(", ");
    let mut faults = Vec::new();
    for (rule, who) in RULES {
        let found = app
            .db
            .rows(&format!(
                "WITH tenant AS (SELECT oid, relname::text AS name FROM pg_class
                     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname NOT IN ({platform}))
                 SELECT who::text FROM ({who}) found (who)"
            ))
            .await;
        faults.extend(
            found
                .iter()
                .map(|row| format!("{rule}: {}", row["who"].as_str().unwrap())),
        );
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_keeps_the_rules_that_let_organizations_move() {
    let app = TestApp::start().await;
    assert_eq!(faults(&app).await, Vec::<String>::new());
}

/// A rule that finds nothing may be no rule: each one is broken once, in a transaction that is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn each_rule_finds_a_table_that_breaks_it() {
    let app = TestApp::start().await;
    let fits = "organization_id uuid NOT NULL, id uuid NOT NULL";
    let key = "PRIMARY KEY (organization_id, id)";
    let planted = [
        ("organization_id is uuid", "CREATE TABLE bad (organization_id text NOT NULL, id uuid, PRIMARY KEY (organization_id, id))".to_owned()),
        ("organization_id is uuid", "CREATE TABLE bad (id uuid PRIMARY KEY)".to_owned()),
        ("the primary key begins", format!("CREATE TABLE bad ({fits}, PRIMARY KEY (id, organization_id))")),
        ("the primary key begins", format!("CREATE TABLE bad ({fits})")),
        ("every unique key", "CREATE UNIQUE INDEX bad ON contacts (id)".to_owned()),
        (
            "foreign keys between",
            format!("CREATE UNIQUE INDEX bad_key ON contacts (id, organization_id);
                     CREATE TABLE bad ({fits}, {key}, FOREIGN KEY (id, organization_id) REFERENCES contacts (id, organization_id))"),
        ),
        (
            "sets null",
            format!("CREATE TABLE bad ({fits}, {key}, FOREIGN KEY (organization_id, id) REFERENCES contacts ON DELETE SET NULL)"),
        ),
        ("only users is pointed to", format!("CREATE TABLE bad ({fits}, {key}, u uuid REFERENCES users)")),
        ("no platform table points", "ALTER TABLE sessions ADD o uuid REFERENCES organizations".to_owned()),
        ("no serial", format!("CREATE TABLE bad ({fits}, {key}, n serial)")),
        ("no serial", format!("CREATE TABLE bad ({fits}, {key}, n int GENERATED ALWAYS AS IDENTITY)")),
        ("ids are made", "ALTER TABLE contacts ALTER id SET DEFAULT gen_random_uuid()".to_owned()),
        (
            "no triggers",
            "CREATE TRIGGER bad BEFORE UPDATE ON contacts FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()".to_owned(),
        ),
        ("no rules", "CREATE RULE bad AS ON DELETE TO contacts DO INSTEAD NOTHING".to_owned()),
        ("no functions", "CREATE FUNCTION bad() RETURNS int LANGUAGE sql RETURN 1".to_owned()),
        ("row level security is on", "ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY".to_owned()),
        ("row level security is on", "ALTER TABLE contacts DISABLE ROW LEVEL SECURITY".to_owned()),
        ("one policy", "DROP POLICY tenant ON contacts".to_owned()),
        ("one policy", "ALTER POLICY tenant ON contacts USING (true)".to_owned()),
        ("one policy", "ALTER POLICY tenant ON contacts WITH CHECK (true)".to_owned()),
        ("any other policy", "CREATE POLICY bad ON contacts USING (name IS NULL)".to_owned()),
        ("only the rights", "GRANT UPDATE ON audit_log TO banglachat_app".to_owned()),
        ("only the rights", "GRANT TRUNCATE ON contacts TO banglachat_app".to_owned()),
        ("only the rights", "GRANT SELECT ON messages TO banglachat_platform".to_owned()),
        ("only the rights", "GRANT SELECT ON contacts TO PUBLIC".to_owned()),
        ("own nothing", "ALTER TABLE contacts OWNER TO banglachat_app".to_owned()),
    ];
    let mut tried: Vec<&str> = Vec::new();
    for (rule, fault) in &planted {
        app.db.execute(&format!("BEGIN; {fault}")).await;
        let found = faults(&app).await;
        app.db.execute("ROLLBACK").await;
        assert!(
            found.iter().any(|fault| fault.contains(rule)),
            "{fault}\n{rule:?} is not in {found:?}"
        );
        tried.push(rule);
    }
    for (rule, _) in RULES {
        assert!(
            tried.iter().any(|tried| rule.contains(tried)),
            "{rule}: never broken"
        );
    }
}
