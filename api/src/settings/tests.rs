use std::collections::HashMap;

use super::*;

const KEY: &str = "k1:9f0c6f6f2a7c4f0c8e1b2a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70";

fn production() -> HashMap<&'static str, &'static str> {
    HashMap::from([
        ("BANGLACHAT_PROFILE", "production"),
        ("PUBLIC_BASE_URL", "https://chat.shop.example"),
        ("JWT_KEYS", KEY),
        ("ENCRYPTION_KEYS", KEY),
        ("REFRESH_TOKEN_KEY", KEY),
    ])
}

fn read(values: &HashMap<&'static str, &'static str>) -> Result<Settings, SettingsError> {
    Settings::read(&|name| values.get(name).map(|value| (*value).to_owned()))
}

#[test]
fn a_complete_production_environment_is_accepted() {
    assert!(read(&production()).is_ok());
}

/// R98: each unsafe value is refused by the name of its variable.
#[test]
fn production_refuses_unsafe_values_and_names_the_variable() {
    for (variable, value) in [
        ("PUBLIC_BASE_URL", "http://chat.shop.example"),
        ("JWT_KEYS", ""),
        ("ENCRYPTION_KEYS", ""),
        ("REFRESH_TOKEN_KEY", ""),
        (
            "ENCRYPTION_KEYS",
            "k1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        ),
        ("META_APP_SECRETS", "test-app-secret-0f1e2d3c4b5a"),
        ("GRAPH_BASE_URL", "http://127.0.0.1:4010/graph"),
        ("CORS_ORIGINS", "*"),
        ("EGRESS_ALLOWED_HOSTS", "127.0.0.1:4010"),
    ] {
        let mut values = production();
        values.insert(variable, value);
        assert_eq!(
            read(&values).err().map(|error| error.variable),
            Some(variable),
            "{variable}={value}"
        );
    }
}

/// R92: what is counted is for the operator.
#[test]
fn metrics_are_shown_inside_only() {
    for (address, taken) in [
        ("127.0.0.1:9464", true),
        ("[::1]:9464", true),
        ("10.0.0.5:9464", true),
        ("0.0.0.0:9464", false),
        ("[::]:9464", false),
        ("203.0.113.7:9464", false),
        ("127.0.0.1", false),
    ] {
        let mut values = production();
        values.insert("METRICS_ADDR", address);
        let refused = read(&values).err().map(|error| error.variable);
        assert_eq!(refused.is_none(), taken, "{address}: {refused:?}");
    }
}

#[test]
fn a_wrong_value_says_what_is_expected_and_gives_an_example() {
    let mut values = production();
    values.insert("DATABASE_POOL_SIZE", "many");
    let error = read(&values).err().unwrap().to_string();
    assert!(
        error.contains("DATABASE_POOL_SIZE")
            && error.contains("whole number")
            && error.contains("Example"),
        "{error}"
    );
}
