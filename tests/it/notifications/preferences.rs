//! What people want to be told, by which channel, and what not.

use reqwest::Method;
use serde_json::json;

use super::{PREFERENCES, act, address, all_is_told, assign, list, name, path_of, put, say, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preferences_are_a_matrix_of_types_and_channels_of_which_what_is_left_out_stays() {
    let desk = super::open().await;
    let ada = desk.user().await;
    let shown = desk.get(&ada, PREFERENCES).await.expect(200).body;
    assert_eq!(shown["types"].as_object().map(serde_json::Map::len), Some(12), "{shown}");
    let all = json!({ "in_app": true, "email": true, "push": true, "sms": false });
    assert_eq!(shown["types"]["mention"], all);
    assert_eq!(shown["types"]["ticket_created"]["email"], false);
    assert_eq!((&shown["quiet_hours"], &shown["digest"]), (&json!(null), &json!({ "every": "never" })));
    assert_eq!((&shown["timezone"], &shown["muted_tickets"]), (&json!("UTC"), &json!([])));
    let change = json!({
        "types": { "mention": { "email": false }, "status_changed": { "in_app": false, "push": true, "sms": false } },
        "quiet_hours": { "from": "22:00", "to": "07:00" },
        "digest": { "every": "day" },
    });
    let changed = put(&desk, &ada, PREFERENCES, change.clone()).await.expect(200).body;
    assert_eq!(
        changed["types"]["mention"],
        json!({ "in_app": true, "email": false, "push": true, "sms": false })
    );
    let status = json!({ "in_app": false, "email": true, "push": true, "sms": false });
    assert_eq!(changed["types"]["status_changed"], status);
    assert_eq!(changed["digest"], json!({ "every": "day", "at": "08:00" }));
    let before = desk.head().await;
    let _ = put(&desk, &ada, PREFERENCES, change).await.expect(200);
    assert_eq!(desk.head().await, before, "it is so already");
    let cleared = put(&desk, &ada, PREFERENCES, json!({ "quiet_hours": null })).await.expect(200).body;
    assert_eq!((&cleared["quiet_hours"], &cleared["types"]["status_changed"]), (&json!(null), &status));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_preference_can_be_is_refused_and_nothing_of_it_is_kept() {
    let desk = super::open().await;
    let ada = desk.user().await;
    for (body, field) in [
        (json!({ "types": { "gossip": { "email": true } } }), "types.gossip"),
        (json!({ "types": { "mention": { "fax": true } } }), "types.mention.fax"),
        (json!({ "types": { "mention": { "sms": true } } }), "types.mention.sms"),
        (json!({ "types": { "mention": { "email": "yes" } } }), "types.mention.email"),
        (json!({ "quiet_hours": { "from": "22:00", "to": "22:00" } }), "quiet_hours.to"),
        (json!({ "quiet_hours": { "from": "25:00", "to": "07:00" } }), "quiet_hours.from"),
        (json!({ "quiet_hours": { "from": "22:00" } }), "quiet_hours.to"),
        (json!({ "digest": { "every": "year" } }), "digest.every"),
        (json!({ "digest": { "every": "hour", "at": "08:00" } }), "digest.at"),
        (json!({ "digest": { "every": "day", "at": "8" } }), "digest.at"),
        (json!({ "colour": 1 }), "colour"),
    ] {
        let mut body = body;
        if body["types"].is_object() {
            body["types"]["ticket_created"] = json!({ "in_app": false });
        }
        let refused = put(&desk, &ada, PREFERENCES, body).await.expect(422);
        assert_eq!(refused.code(), "VALIDATION_ERROR");
        let errors = refused.body["error"]["details"]["errors"].to_string();
        assert!(errors.contains(&format!("\"{field}")), "{field}: {errors}");
    }
    let shown = desk.get(&ada, PREFERENCES).await.expect(200).body;
    assert_eq!(shown["types"]["ticket_created"]["in_app"], true);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_off_is_not_used_and_the_others_are() {
    let desk = super::open().await;
    let (ada, eve, root) = (desk.user().await, desk.user().await, desk.admin().await);
    let by_mail_only = json!({ "types": { "message_received": { "in_app": false, "push": false } } });
    let _ = put(&desk, &ada, PREFERENCES, by_mail_only).await.expect(200);
    let in_app_only = json!({ "types": { "message_received": { "email": false } } });
    let _ = put(&desk, &eve, PREFERENCES, in_app_only).await.expect(200);
    let (adas, eves) = (desk.ticket(&ada, None).await, desk.ticket(&eve, None).await);
    say(&desk, &root, &eves, "for Eve").await;
    say(&desk, &root, &adas, "for Ada").await;
    assert!(desk.mails_to(&address(&ada), 1).await[0].text.contains("for Ada"));
    assert_eq!(told(&desk, &eve, 1).await[0]["message"], "for Eve");
    assert_eq!(list(&desk, &ada).await.len(), 0, "not in the list");
    let count = desk.get(&ada, "/api/v1/notifications/unread-count").await.expect(200).body;
    assert_eq!(count["unread_count"], 0);
    assert_eq!(desk.mails_to(&address(&eve), 0).await.len(), 0, "hers would have come before Ada's");
    desk.assert_sound().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_muted_ticket_somebody_is_told_when_they_are_meant_themselves() {
    let desk = super::open().await;
    let (ada, ivan, root) = (desk.user().await, desk.it_agent().await, desk.admin().await);
    let ticket = desk.ticket(&ada, Some("IT")).await;
    told(&desk, &ivan, 1).await;
    let mute = format!("{}/mute", path_of(&ticket));
    let muted = put(&desk, &ivan, &mute, json!({})).await.expect(200).body;
    assert_eq!(muted, json!({ "ticket_id": ticket["ticket_id"], "is_muted": true }));
    let _ = put(&desk, &ivan, &mute, json!({})).await.expect(200);
    let shown = desk.get(&ivan, PREFERENCES).await.expect(200).body;
    assert_eq!(shown["muted_tickets"], json!([ticket["ticket_id"]]));
    say(&desk, &ada, &ticket, "of no interest to Ivan").await;
    assign(&desk, &root, &ticket, &ivan).await;
    say(&desk, &ada, &ticket, "of no interest, either").await;
    say(&desk, &ada, &ticket, &format!("@{} please", name(&ivan))).await;
    let types: Vec<_> = told(&desk, &ivan, 3).await.iter().map(|told| told["type"].clone()).collect();
    assert_eq!(types, ["ticket_created", "ticket_assigned", "mention"]);
    let _ = desk.send(desk.request(Some(&ivan), Method::DELETE, &mute)).await.expect(200);
    say(&desk, &ada, &ticket, "again").await;
    assert_eq!(told(&desk, &ivan, 4).await[3]["message"], "again");
    // What somebody does not see they cannot mute.
    let eve = desk.user().await;
    let _ = put(&desk, &eve, &mute, json!({})).await.expect(404);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_say_which_channels_there_are() {
    let desk = super::open().await;
    let (ada, root) = (desk.user().await, desk.admin().await);
    let body = json!({ "notification_channels": ["email"] });
    let request = desk.request(Some(&root), Method::PATCH, "/api/v1/admin/settings").json(&body);
    let _ = desk.send(request).await.expect(200);
    let shown = desk.get(&ada, PREFERENCES).await.expect(200).body;
    assert_eq!(shown["allowed_channels"], json!(["email"]));
    let ticket = desk.ticket(&ada, None).await;
    say(&desk, &root, &ticket, "by mail").await;
    desk.mails_to(&address(&ada), 1).await;
    assert_eq!(list(&desk, &ada).await.len(), 0);
    let body = json!({ "notification_channels": ["in_app"] });
    let _ = desk
        .send(desk.request(Some(&root), Method::PATCH, "/api/v1/admin/settings").json(&body))
        .await
        .expect(200);
    act(&desk, &root, &ticket, "messages", json!({ "content": "in the list" })).await;
    told(&desk, &ada, 1).await;
    all_is_told(&desk).await;
    assert_eq!(desk.mails_to(&address(&ada), 1).await.len(), 1, "no more mail");
    desk.close().await;
}
