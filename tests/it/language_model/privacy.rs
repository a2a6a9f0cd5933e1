//! What people wrote by mistake, and who they are, does not leave the house.

use serde_json::json;
use tests::language_server::KEY;

use super::{NOBODYS, Scene};

/// Secrets as people write them, and what of each must not be sent.
const PLANTED: [(&str, &str); 50] = [
    ("Write to grace.hopper@navy.example.mil please", "grace.hopper"),
    ("My address is linus+desk@kernel.example.org.", "linus"),
    ("Mail: <ken@bell.example>", "ken@bell"),
    ("or ＷＩＤＥ＠example.com", "WIDE"),
    ("or hid\u{200B}den@example.com", "hidden@"),
    ("Call me: +49 170 1112223", "1112223"),
    ("Telefon 030/7654321", "7654321"),
    ("Mobile (555) 867-5309", "867-5309"),
    ("my fax: 0044 20 7946 0958", "7946"),
    ("Durchwahl 55821", "55821"),
    ("Card 4111 1111 1111 1111 was refused", "4111 1111"),
    ("Visa 4012888888881881", "4012888888881881"),
    ("Mastercard 5555-5555-5555-4444", "5555-4444"),
    ("Amex 3782 822463 10005", "822463"),
    ("Karte６０１１１１１１１１１１１１１７", "6011111111111117"),
    ("IBAN DE89 3704 0044 0532 0130 00", "3704 0044"),
    ("Konto: GB29NWBK60161331926819", "NWBK"),
    ("FR14 2004 1010 0505 0001 3M02 606", "3M02"),
    ("nl91abna0417164300", "abna"),
    ("social security 078-05-1120", "078-05"),
    ("password: hunter2", "hunter2"),
    ("Passwort ist Sonnenblume", "Sonnenblume"),
    ("my password is Tr0ub4dor&3", "Tr0ub4dor"),
    ("pwd=letmein", "letmein"),
    ("The password for the server is: swordfish1", "swordfish1"),
    ("Kennwort lautet Brombeere", "Brombeere"),
    ("user/pass: admin/opensesame", "opensesame"),
    ("PIN 8472", "8472"),
    ("TAN: 118207", "118207"),
    ("Passphrase: correct stapler battery", "stapler"),
    ("mot de passe : tournesol", "tournesol"),
    ("contraseña: girasol", "girasol"),
    ("WLAN-Passwort „Gartenzaun“ geht nicht", "Gartenzaun"),
    ("password:\n  nextline99", "nextline99"),
    ("OTP 553311", "553311"),
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "K7MDENG"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N", "dozjgNryP4J3jVmNHl0w5N"),
    ("Authorization: Bearer mF9.B5f-4.1JqM", "mF9.B5f"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F"),
    ("xoxb-17653672481-19874698323", "17653672481"),
    ("AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "9tSrke72"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqL"),
    ("https://example.org/?token=0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    ("postgres://svc:butterfly@db.internal/desk", "butterfly"),
    (
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----",
        "b3BlbnNz",
    ),
    ("-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU", "MIIBszCC"),
    ("client secret = q8Zx", "q8Zx"),
    ("api_key: 77aa", "77aa"),
    ("glpat-XyZ12abcDEF34ghiJKL5", "XyZ12abc"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_planted_secrets_none_is_sent() {
    let mut scene = Scene::set(json!({ "harm": "none", "department": "IT" })).await;
    // Whose texts nobody suspects: each of them is asked about.
    scene.ada = scene.desk.hr_agent().await;
    let name = sqlx::query_scalar::<_, String>("select username from read.user_directory where id = $1")
        .bind(scene.ada.id.0)
        .fetch_one(scene.desk.desk.pool())
        .await
        .expect("a name");
    let mut tickets = Vec::new();
    // Each is one that the router is not sure of, whatever is planted. Names of tests are partly made up by chance, which could
    // tell it something: in a ticket of its own.
    let said = format!("I am {name}.");
    for text in PLANTED.iter().map(|(text, _)| *text).chain([said.as_str()]) {
        let text = format!("{}\nI am x.\n{text}", NOBODYS.1);
        tickets.push(scene.file((NOBODYS.0, &text)).await);
    }
    for ticket in &tickets {
        scene.concluded(ticket).await;
    }
    let asked = scene.server.asked();
    assert_eq!(asked.len(), tickets.len());
    let sent: Vec<String> = asked.iter().map(|asked| asked.body.to_string()).collect();
    for (text, secret) in PLANTED {
        assert!(text.replace('\u{200B}', "").contains(secret) || !text.is_ascii(), "{text}");
        let told = sent.iter().filter(|sent| sent.contains(secret)).count();
        assert_eq!(told, 0, "{secret}");
    }
    assert!(sent.iter().all(|sent| !sent.contains(&name) && !sent.contains(KEY)), "{name}");
    for kept in ["Write to [e-mail]", "Card [card] was refused", "password: [password]", "I am [name]"] {
        assert!(sent.iter().any(|sent| sent.contains(kept)), "{kept}");
    }

    // Of a long ticket no more than enough is sent.
    let long = format!("{}\n{}", NOBODYS.1, "It does not work. ".repeat(1_000));
    let long = scene.file((NOBODYS.0, &long)).await;
    scene.quiet().await;
    let last = scene.server.asked().pop().expect("a question");
    let length = last.data()["description"].as_str().map(|text| text.chars().count());
    assert!(length.is_some_and(|length| length <= 6_000), "{length:?} of {long}");
    scene.end().await;
}
