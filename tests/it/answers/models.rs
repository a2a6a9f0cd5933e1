//! Models of routing that the desk trains itself, from what people put right.

use std::time::{Duration, Instant};

use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{JWT_SECRET, TRIAGE, TestDesk};
use tests::postgres::{MASTER_KEY, TestDatabase, url};
use tests::process::Binary;
use tokio::process::Command;

use super::{TICKETS, patch};

const MODELS: &str = "/api/v1/ai/models";

fn promote(version: &Value) -> String {
    format!("{MODELS}/{version}/promote")
}

/// Fifty tickets, all of which people gave a category; they moved every other one to another department, and resolved the rest. Gives the
/// id of the category of those that were moved.
async fn put_right(desk: &TestDesk) -> Value {
    let (ada, admin) = (desk.user().await, desk.admin().await);
    desk.department("FACILITIES").await;
    let mut categories = Vec::new();
    for code in ["REMOTE", "FORKLIFTS"] {
        let category = json!({ "code": code, "name": format!("All about {code}") });
        let category = desk.post(&admin, "/api/v1/categories", category).await.expect(201).body;
        categories.push(category["id"].clone());
    }
    for number in 0..50 {
        let forklift = number % 2 == 0;
        let title = if forklift { "The forklift battery is flat again" } else { "VPN does not connect" };
        let body = json!({
            "title": title, "description": format!("Case {number} of this."), "on_behalf_of": ada.id, "department": "IT",
        });
        let ticket = desk.post(&admin, TICKETS, body).await.expect(201).body;
        let path = format!("{TICKETS}/{}", ticket["ticket_id"].as_str().expect("an id"));
        patch(desk, &path, json!({ "category_id": categories[usize::from(forklift)] })).await;
        if forklift {
            let there = json!({ "department": "FACILITIES" });
            let _ = desk.post(&admin, &format!("{path}/transfer"), there).await.expect(200);
        } else {
            let _ = desk.post(&admin, &format!("{path}/resolve"), json!({})).await.expect(200);
        }
    }
    let head = desk.head().await;
    let _ = desk.get(&admin, &format!("{TICKETS}?limit=1&min_position={head}")).await.expect(200);
    categories.remove(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_put_right_is_learned_and_used_once_it_is_better() {
    let desk =
        TestDesk::with(TestDatabase::create().await, &[(TRIAGE, "on"), ("TICKETS_PER_DAY", "1000")]).await;
    let (ada, admin, ivan) = (desk.user().await, desk.admin().await, desk.it_agent().await);
    let none = desk.get(&admin, MODELS).await.expect(200).body;
    assert_eq!((&none["in_use"], &none["models"]), (&json!(0), &json!([])));
    let too_few = desk.post(&admin, &format!("{MODELS}/retrain"), json!({})).await.expect(409);
    assert_eq!(too_few.code(), "TOO_LITTLE_TO_LEARN_FROM");

    let forklifts = put_right(&desk).await;
    let first = desk.post(&admin, &format!("{MODELS}/retrain"), json!({ "days": 30 })).await.expect(201).body;
    assert_eq!(
        (&first["version"], &first["examples"], &first["held_out"]),
        (&json!(1), &json!(40), &json!(10))
    );
    assert_eq!(first["corrections"], 20);
    let figure = |name: &str| first[name].as_f64().expect("a number");
    assert!(figure("accuracy") > 0.9 && figure("baseline") < 0.9, "{first}");
    assert_eq!(
        first["confusion"]["labels"].as_array().map(Vec::len),
        first["confusion"]["counts"].as_array().map(Vec::len)
    );
    // What they are about is learned beside it, with figures of its own.
    let about = &first["category"];
    assert_eq!(
        (&about["is_used"], &about["examples"], &about["corrections"]),
        (&json!(true), &json!(40), &json!(40))
    );
    assert!(about["accuracy"].as_f64() > Some(0.9) && about["baseline"] == 0.0, "{about}");
    assert!(about["confusion"]["labels"].to_string().contains("FORKLIFTS"), "{about}");

    // It is in use once it is promoted, says so in every conclusion, and is left as easily.
    let forklift = json!({ "title": "Forklift", "description": "The forklift battery is flat again." });
    let before = desk.post(&ivan, "/api/v1/ai/classify", forklift.clone()).await.expect(200).body;
    assert_ne!(before["department"], "FACILITIES");
    let promoted = desk.post(&admin, &promote(&json!(1)), json!({})).await.expect(200).body;
    assert_eq!((&promoted["in_use"], &promoted["name"]), (&json!(1), &json!("local-routing/2")));
    let after = desk.post(&ivan, "/api/v1/ai/classify", forklift.clone()).await.expect(200).body;
    assert_eq!(after["department"], "FACILITIES", "{after}");
    let filed = desk.post(&ada, TICKETS, forklift.clone()).await.expect(201).body;
    assert_eq!((&filed["department"], &filed["category_id"]), (&json!("FACILITIES"), &forklifts), "{filed}");
    let other = json!({ "title": "VPN", "description": "VPN does not connect, case 99." });
    let other = desk.post(&ada, TICKETS, other).await.expect(201).body;
    assert!(other["category_id"].is_string() && other["category_id"] != forklifts, "{other}");
    // Another one learned from the same is not better, and so it is refused; an earlier one never is.
    let second = desk.post(&admin, &format!("{MODELS}/retrain"), json!({})).await.expect(201).body;
    assert_eq!((&second["version"], &second["category"]["is_used"]), (&json!(2), &json!(false)));
    let refused = desk.post(&admin, &promote(&json!(2)), json!({})).await.expect(409);
    assert_eq!(refused.code(), "MODEL_NOT_BETTER");
    let back = desk.post(&admin, &promote(&json!(0)), json!({})).await.expect(200).body;
    assert_eq!((&back["in_use"], &back["name"]), (&json!(0), &none["name"]));
    let again = desk.post(&ivan, "/api/v1/ai/classify", forklift).await.expect(200).body;
    assert_eq!((&again["department"], &again["category"]), (&before["department"], &before["category"]));

    // A setting that names nothing keeps nothing from being routed.
    patch(&desk, "/api/v1/admin/settings", json!({ "routing_model": 77 })).await;
    let shown = desk.get(&admin, MODELS).await.expect(200).body;
    assert_eq!((&shown["in_use"], &shown["name"]), (&json!(77), &none["name"]));
    for version in ["3", "-1", "newest", "99999999999"] {
        let _ = desk.post(&admin, &format!("{MODELS}/{version}/promote"), json!({})).await.expect(404);
    }
    for days in [json!(6), json!(3_651), json!("all")] {
        let answer = desk.post(&admin, &format!("{MODELS}/retrain"), json!({ "days": days })).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{days}: {}", answer.status);
    }
    let _ = desk.send(desk.request(Some(&ivan), Method::GET, MODELS)).await.expect(403);
    let tools = desk.get(&ivan, "/api/v1/ai/agent-tools").await.expect(200).body;
    assert!(tools["tools"].as_array().is_some_and(|tools| tools.len() > 5), "{tools}");
    desk.assert_sound().await;
    desk.close().await;
}

/// What the program says when it is asked for `ai models` with these arguments, and the code that it ends with.
async fn said(desk: &TestDesk, arguments: &[&str]) -> (String, String, Option<i32>) {
    let said = Command::new(Binary::path())
        .args(["ai", "models"])
        .args(arguments)
        .arg("--data-dir")
        .arg(desk.data())
        .env("DATABASE_URL", url(&desk.database.options))
        .env("JWT_SECRET", JWT_SECRET)
        .env("MASTER_KEY", base64::engine::general_purpose::STANDARD.encode(MASTER_KEY))
        .output();
    let said = said.await.expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&said.stdout), text(&said.stderr), said.status.code())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_does_the_same_beside_a_desk_that_runs() {
    let desk =
        TestDesk::with(TestDatabase::create().await, &[(TRIAGE, "on"), ("TICKETS_PER_DAY", "1000")]).await;
    let (admin, ivan) = (desk.admin().await, desk.it_agent().await);
    let failed = async |arguments: &[&str], words: &str| {
        let (out, said, code) = said(&desk, arguments).await;
        assert!(out.is_empty() && said.contains(words) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert_eq!(code, Some(1), "{said}");
    };
    failed(
        &["retrain"],
        "there are 0 tickets that people moved or resolved, and 40 are needed (TOO_LITTLE_TO_LEARN_FROM)",
    )
    .await;
    failed(&["promote", "1"], "there is no such model (NOT_FOUND)").await;
    failed(&["rollback"], "there is none before it (NOT_FOUND)").await;
    let (_, wrong, code) = said(&desk, &["retrain", "--days", "6"]).await;
    assert_eq!(code, Some(2), "{wrong}");

    put_right(&desk).await;
    let json = async |arguments: &[&str]| -> Value {
        let (out, told, code) = said(&desk, &[arguments, &["--output", "json"]].concat()).await;
        assert_eq!(code, Some(0), "{told}");
        serde_json::from_str(&out).expect("JSON")
    };
    let trained = json(&["retrain", "--days", "30"]).await;
    assert_eq!(
        (&trained["version"], &trained["trained_by"], &trained["held_out"]),
        (&json!(1), &Value::Null, &json!(10))
    );
    for confusion in [&trained["confusion"], &trained["category"]["confusion"]] {
        assert!(confusion["counts"].as_array().is_some_and(|rows| rows.len() > 1), "{trained}");
    }
    assert_eq!(json(&["promote", "1"]).await, json!({ "in_use": 1, "changed": true }));
    assert_eq!(json(&["promote", "1"]).await, json!({ "in_use": 1, "changed": false }));
    let listed = json(&["list"]).await;
    // The desk that runs goes by it within a second, and says the same.
    let began = Instant::now();
    let shown = loop {
        let shown = desk.get(&admin, MODELS).await.expect(200).body;
        if shown["in_use"] == 1 || began.elapsed() > Duration::from_secs(10) {
            break shown;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(listed, shown);
    let forklift = json!({ "title": "Forklift", "description": "The forklift battery is flat again." });
    let sorted = desk.post(&ivan, "/api/v1/ai/classify", forklift).await.expect(200).body;
    assert_eq!(sorted["department"], "FACILITIES");
    let (again, _, _) = said(&desk, &["retrain"]).await;
    assert!(again.contains("It is not better and cannot be promoted."), "{again}");
    failed(&["promote", "2"], "the one before it 1 (MODEL_NOT_BETTER)").await;
    let (table, _, _) = said(&desk, &["list"]).await;
    for words in ["VERSION", "1*", "Categories:", "  FORKLIFTS", "0        shipped"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let (back, _, _) = said(&desk, &["rollback"]).await;
    assert_eq!(back.trim(), "Version 0 is in use from now on.");
    failed(&["rollback"], "there is none before it (NOT_FOUND)").await;
    desk.assert_sound().await;
    desk.close().await;
}
