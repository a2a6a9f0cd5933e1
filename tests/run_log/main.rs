//! After all other tests: nothing that they wrote into the log is a secret, or says who somebody is.
//!
//! `--test it` writes what its desks log into one file; cargo runs this program after it.

use serde_json::Value;
use tests::desk::PASSWORD;
use tests::run_log;

/// How many lines a whole run has at least; a filtered run has less, and is not what this is about.
const A_RUN: usize = 1_000;
/// How long a word has to be to be taken for a token.
const LONG: usize = 32;

/// Words of passwords, names, addresses and texts that the tests use all over.
const NEVER: [&str; 9] = [
    PASSWORD,
    "incorrect horse",
    "correct horse",
    "unguessable",
    "a password for",
    "secret-firm",
    "flugelhorn",
    "Bearer ey",
    "whsec_",
];

/// What a line gives away, if anything.
fn given_away(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    let known = NEVER.iter().find(|word| lower.contains(&word.to_lowercase())).map(|word| (*word).to_owned());
    let address = || line.contains('@').then(|| "an address".to_owned());
    let token = || {
        line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').find(|word| is_token(word))
    };
    let code = || {
        let value = serde_json::from_str(line).unwrap_or(Value::Null);
        has_code(&value).then(|| "a code".to_owned())
    };
    known.or_else(address).or_else(|| token().map(|_| "a token".to_owned())).or_else(code)
}

/// Whether it looks like something random in base64: ids and hashes are in lower case.
fn is_token(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.bytes().any(|byte| kind(&byte));
    word.len() >= LONG
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// Whether a text in it is six digits and nothing else.
fn has_code(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()),
        Value::Array(values) => values.iter().any(has_code),
        Value::Object(fields) => fields.values().any(has_code),
        _ => false,
    }
}

#[test]
fn the_log_of_the_whole_run_has_no_secret_in_it_and_nothing_about_people() {
    let path = run_log::path();
    let log = std::fs::read_to_string(&path).expect("a log: run the tests of --test it first");
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.len() >= A_RUN, "{} lines: run all tests of --test it first", lines.len());
    let told: Vec<String> =
        lines.iter().filter_map(|line| given_away(line).map(|what| format!("{what}: {line}"))).collect();
    assert!(told.is_empty(), "{} of {} lines, such as {}", told.len(), lines.len(), told[0]);
}

#[test]
fn what_must_not_be_there_is_found() {
    let wrong = [
        r#"{"event":"signed_in","data":{"password":"correct horse battery"}}"#,
        r#"{"event":"signed_in","data":{"name":"ada@example.com"}}"#,
        r#"{"data":{"token":"eyJhbGciOiJIUzI1NiJ9aGVsbG8gd29ybGQgaGVsbG8"}}"#,
        r#"{"data":{"code":"493817"}}"#,
    ];
    for line in wrong {
        assert!(given_away(line).is_some(), "{line}");
    }
    let right = [
        r#"{"event":"signed_in","user_id":"019a2153-1f8b-71a4-a7fc-347e8c0879a4","duration_ms":123456}"#,
        r#"{"data":{"leaf":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}"#,
    ];
    for line in right {
        assert_eq!(given_away(line), None, "{line}");
    }
}
