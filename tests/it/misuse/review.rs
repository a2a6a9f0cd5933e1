//! What administrators make of reports, and what follows from their own word.

use reqwest::Method;
use serde_json::{Value, json};
use tests::desk::{Answer, Somebody, TestDesk};

use super::{
    LONG, PRIZE, REPORTS, act, events, file, file_thrice, look, open, reports, review_path, until_there_are,
};

const ALIAS: &str = "/api/v1/admin/mark-reviewed";

async fn insisting(desk: &TestDesk, who: &Somebody, path: &str, version: &str) -> Answer {
    desk.send(desk.request(Some(who), Method::POST, path).header("if-match", version)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_reviewed_once_and_listed_by_what_is_left() {
    let desk = open().await;
    let (ada, eve, admin, other) =
        (desk.user().await, desk.user().await, desk.admin().await, desk.admin().await);
    file_thrice(&desk, &ada).await;
    for _ in 0..3 {
        file(&desk, &eve, PRIZE).await;
    }
    let _ = look(&desk, &admin, json!({})).await;
    let all = reports(&desk, &admin, "").await;
    let of = |who: &Somebody| {
        all.iter().find(|report| report["user_id"] == who.id.to_string()).expect("one").clone()
    };
    let (of_ada, of_eve) = (of(&ada), of(&eve));
    assert_eq!(
        (&of_eve["severity_level"], &of_eve["misuse_type"]),
        (&json!("medium"), &json!("spam_content"))
    );
    for (query, who) in [
        ("&severity=low", Some(&of_ada)),
        ("&severity=medium", Some(&of_eve)),
        ("&severity=high", None),
        ("&type=duplicate_tickets", Some(&of_ada)),
        ("&type=spam_content&severity=low", None),
        ("&unreviewed=false", None),
    ] {
        assert_eq!(reports(&desk, &admin, query).await.first(), who, "{query}");
    }
    let page = desk.get(&admin, &format!("{REPORTS}?limit=1&page=2")).await.expect(200).body;
    assert_eq!((&page["reports"][0], &page["pagination"]["has_more"]), (&all[1], &json!(false)));

    let path = review_path(&all[0]);
    let reviewed = desk.post(&admin, &path, json!({ "action_taken": "Talked to them." })).await.expect(200);
    let report = &reviewed.body["report"];
    assert_eq!(reviewed.body["message"], "Marked as reviewed");
    assert_eq!((&report["admin_reviewed"], &report["reviewed_by"]), (&json!(true), &json!(admin.id)));
    assert_eq!(
        (&report["action_taken"], report["reviewed_at"].is_string()),
        (&json!("Talked to them."), true)
    );
    assert_eq!(reviewed.header("etag"), "\"v2\"");
    // What is to be reviewed comes first.
    assert_eq!(reports(&desk, &admin, "").await[1]["id"], all[0]["id"]);
    assert_eq!(reports(&desk, &admin, "&unreviewed=true").await, [all[1].clone()]);

    let before = desk.decided().await;
    let by_name = |more: Value| {
        let mut body = json!({ "report_id": all[0]["id"] });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    for again in [
        desk.post(&other, &path, json!({})).await,
        desk.send(desk.request(Some(&other), Method::POST, &path)).await,
        desk.post(&other, ALIAS, by_name(json!({}))).await,
        desk.post(&other, ALIAS, by_name(json!({ "action_taken": "Talked to them." }))).await,
    ] {
        assert_eq!(again.expect(200).body["report"], *report, "it stays as it was");
    }
    assert_eq!(desk.decided().await, before);
    let _ = insisting(&desk, &admin, &path, "\"v1\"").await.expect(412);
    let anew =
        desk.post(&other, ALIAS, by_name(json!({ "action_taken": "Blocked." }))).await.expect(200).body;
    assert_eq!(
        (&anew["report"]["action_taken"], &anew["report"]["reviewed_by"]),
        (&json!("Blocked."), &json!(other.id))
    );
    let shown = desk.get(&admin, path.trim_end_matches("/mark-reviewed")).await.expect(200).body;
    assert_eq!(shown, anew["report"]);
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_misuse_is_reported_once_and_joins_the_report_of_the_day() {
    let desk = open().await;
    let (ada, eve, admin) = (desk.user().await, desk.user().await, desk.admin().await);
    let of_eve = file(&desk, &eve, ("Not a problem", LONG)).await;
    let same = file_thrice(&desk, &ada).await;
    let _ = look(&desk, &admin, json!({ "user_id": ada.id })).await;
    let report = reports(&desk, &admin, "").await.remove(0);
    let _ = desk.post(&admin, &review_path(&report), json!({ "action_taken": "Nothing." })).await.expect(200);
    let joins = file(&desk, &ada, PRIZE).await;
    for ticket in [&joins, &of_eve, &same[0]] {
        let _ = act(&desk, &admin, ticket, "flag").await.expect(200);
        for _ in 0..2 {
            let _ = act(&desk, &admin, ticket, "confirm-misuse").await.expect(200);
        }
    }
    until_there_are(&desk, "MisuseEvidenceAdded", 1).await;
    until_there_are(&desk, "MisuseReported", 2).await;
    // One handler does so in order: behind this nothing is left of what was confirmed before.
    let last = file(&desk, &eve, ("Nor is this", LONG)).await;
    let _ = act(&desk, &admin, &last, "flag").await.expect(200);
    let _ = act(&desk, &admin, &last, "confirm-misuse").await.expect(200);
    until_there_are(&desk, "MisuseEvidenceAdded", 2).await;
    assert_eq!((events(&desk, "MisuseReported").await, events(&desk, "MisuseConfirmed").await), (2, 4));

    let all = reports(&desk, &admin, "").await;
    let of = |who: &Somebody| all.iter().find(|report| report["user_id"] == who.id.to_string()).expect("one");
    let (ada, eve) = (of(&ada), of(&eve));
    assert_eq!((&eve["source"], &eve["misuse_type"]), (&json!("confirmation"), &json!("spam_content")));
    assert_eq!(eve["evidence_data"]["ticket_ids"], json!([of_eve, last]));
    assert_eq!(eve["evidence_data"]["content_samples"][0], format!("Not a problem: {LONG}"));
    assert_eq!(
        (&eve["ai_analysis_metadata"]["model"], &eve["ai_analysis_metadata"]["confidence"]),
        (&Value::Null, &json!(1.0))
    );
    // It is one with what was found before, and somebody has to look again.
    assert_eq!(
        (&ada["id"], &ada["source"], &ada["severity_level"]),
        (&report["id"], &json!("detection"), &json!("high"))
    );
    assert_eq!((&ada["admin_reviewed"], &ada["action_taken"]), (&json!(false), &json!("Nothing.")));
    let tickets = ada["evidence_data"]["ticket_ids"].as_array().expect("ids");
    assert_eq!((tickets.len(), tickets.last()), (4, Some(&json!(joins))));
    desk.assert_sound().await;
    desk.close().await;
}
