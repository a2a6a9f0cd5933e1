//! What goes, and what stays.

use super::{redacted, tame};

fn of(text: &str) -> String {
    redacted(text, &["Ada".to_owned(), "ada.lovelace".to_owned(), "Lovelace".to_owned()], 1_000)
}

#[test]
fn what_is_secret_or_somebodys_goes() {
    let table = [
        ("Write to ada@example.com, please", "Write to [e-mail], please"),
        ("<Ada.L+desk@mail.example.co.uk>", "<[e-mail]>"),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[e-mail]"),
        ("ada\u{200B}@exa\u{AD}mple.com", "[e-mail]"),
        ("postgres://desk:hush@db.example.org/desk", "postgres://[e-mail]/desk"),
        ("Call +49 (0)30 1234567 now", "Call [number] now"),
        ("0049-30-1234567", "[number]"),
        ("+1 555 0100", "[number]"),
        ("(555) 123-4567", "([number]"),
        ("Tel.: 55512", "Tel.: [number]"),
        ("phone 12 34 56", "phone [number]"),
        ("SSN 078-05-1120", "SSN [number]"),
        ("card 4111 1111 1111 1111, please", "card [card], please"),
        ("5500-0000-0000-0004", "[card]"),
        ("378282246310005", "[card]"),
        ("DE89 3704 0044 0532 0130 00 is mine", "[iban] is mine"),
        ("gb29nwbk60161331926819", "[iban]"),
        ("FR1420041010050500013M02606", "[iban]"),
        ("AKIAIOSFODNN7EXAMPLE", "[key]"),
        ("it says wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "it says [key]"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer [key]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[key]"),
        ("https://example.org/a?t=eyJhbGciOiJIUzI1NiJ9", "https://example.org/a?t=[key]"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[key]"),
        ("0f3c2a1b4d5e6f708192a3b4c5d6e7f8", "[key]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nHelp", "[key]\nHelp"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "[key]"),
        ("password: hunter2", "password: [password]"),
        ("Password = 'correct horse'", "Password = '[password]'"),
        ("my password is hunter and the VPN fails", "my password is [password] and the VPN fails"),
        ("Mein Passwort ist Sommer", "Mein Passwort ist [password]"),
        ("das WLAN-Passwort lautet jetzt Geheim!", "das WLAN-Passwort lautet jetzt [password]"),
        ("Kennwort für den Drucker: geheim", "Kennwort für den Drucker: [password]"),
        ("pwd=abc", "pwd=[password]"),
        ("PIN 4711", "PIN [password]"),
        ("user/pass: admin/admin", "user/pass: [password]"),
        ("password:\nabc", "password:\n[password]"),
        ("api key: abc", "api key: [password]"),
        ("Passphrase: correct horse battery staple\nHelp", "Passphrase: [password]\nHelp"),
        ("password \"open sesame\"", "password \"[password]\""),
        ("Ada Lovelace cannot print", "[name] [name] cannot print"),
        ("ada.lovelace cannot print", "[name] cannot print"),
        ("It is I, ada.lovelace.", "It is I, [name]."),
    ];
    for (text, left) in table {
        assert_eq!(of(text), left, "{text}");
    }
}

#[test]
fn what_says_what_it_is_about_stays() {
    for text in [
        "The VPN says error 809 since the update to 10.4.1.",
        "Windows 11, error 0x80070005, at 10:30.",
        "Printer at 192.168.100.200 in room 1.23",
        "I forgot my password. Please reset it.",
        "My password is expired",
        "Mein Passwort ist abgelaufen",
        "How do I change the password?",
        "Ticket TKT-20240506-ABC123 and form 12345678",
        "Adaptation of the canada office",
        "https://intranet.example.org/it/vpn-from-home",
        "The pin of the plug is bent",
    ] {
        assert_eq!(of(text), text);
    }
}

#[test]
fn what_is_left_is_cut_and_no_secret_with_it() {
    assert_eq!(redacted("password: hunter2hunter2 and more", &[], 20), "password: [password…");
    assert_eq!(redacted("ünï", &[], 3), "ünï");
    assert_eq!(redacted("ünïx", &[], 3), "ün…");
    assert_eq!(redacted("", &[String::new()], 3), "");
}

#[test]
fn what_a_model_wrote_does_nothing() {
    let table = [
        ("It is about\nthe VPN.", "It is about the VPN."),
        ("<img src=https://x/?q=1> look", "img … look"),
        ("![x](https://x/y.png) see [this](javascript:alert(1))", "x … see this … 1"),
        ("<script>alert(1)</script>", "script alert 1 /script"),
        ("**Bold** www.example.org `code`", "Bold … code"),
        ("a\u{202E}b\u{0}c", "abc"),
    ];
    for (text, tamed) in table {
        assert_eq!(tame(text, 100), tamed, "{text}");
    }
    assert_eq!(tame("one two three", 8), "one two…");
}

mod whatever {
    use proptest::prelude::*;

    use super::super::{redacted, tame};

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-zA-Z0-9@:./+ ()\"'=äß„“…\n-]{0,80}", name in "[a-zä]{0,4}") {
            let left = redacted(&text, &[name], 50);
            prop_assert!(left.chars().count() <= 50);
            prop_assert!(tame(&text, 20).chars().count() <= 20);
        }

        #[test]
        fn nor_does_anything_else(text in any::<String>()) {
            let _ = redacted(&text, &["ada".to_owned()], 1_000);
        }

        #[test]
        fn an_address_never_stays(name in "[a-z]{1,8}", before in "[a-z <(:,\n]{0,3}", after in "[ ,;>)\n]?") {
            let left = redacted(&format!("{before}{name}.x@example.com{after}"), &[], 1_000);
            prop_assert!(!left.contains("example"), "{}", left);
        }
    }
}
