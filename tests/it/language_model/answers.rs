//! What an answer leads to, by both protocols.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::desk::NOTIFICATIONS;
use tests::language_server::{KEY, LanguageServer, MODEL, Manner, TOKENS};

use super::{DOUBTFUL, NOBODYS, PATIENCE, Scene, path, types};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_doubt_is_asked_by_either_protocol_and_goes_on() {
    for is_gemini in [false, true] {
        let values = json!({
            "harm": "none", "department": "HR", "category": "LEAVE", "urgency": "high", "confidence": 0.91,
            "reason": "It is about <b>leave</b>, see https://example.org/x?q=1",
        });
        let server = LanguageServer::start(values).await;
        let settings = if is_gemini { server.as_gemini() } else { server.as_openai() };
        let scene = Scene::with(server, settings).await;
        let category = json!({ "code": "LEAVE", "name": "Leave" });
        let _ = scene.desk.post(&scene.admin, "/api/v1/categories", category).await.expect(201);
        let hana = scene.desk.hr_agent().await;

        let doubtful = scene.file(DOUBTFUL).await;
        let said = scene.concluded(&doubtful).await;
        let all = ["TicketScreened", "TicketRouted", "CategoryChanged", "PriorityChanged"];
        assert_eq!(types(&said), all, "{said:?}");
        let (screened, routed) = (&said[0].1, &said[1].1);
        assert_eq!((&screened["found"], &routed["department"]), (&json!("harmless"), &json!("HR")));
        for by in [screened, routed] {
            assert!(
                by["model"].as_str().is_some_and(|model| model.starts_with(&format!("{MODEL}#"))),
                "{by}"
            );
            assert_eq!(
                (&by["confidence"], &by["reasons"]),
                (&json!(0.91), &json!("It is about b leave /b , see …"))
            );
            assert!(by["took_us"].as_i64().is_some_and(|took| took > 0), "{by}");
        }
        assert_eq!((&said[3].1["priority"], &said[3].1["source"]), (&json!("high"), &json!("ai")));

        let nobodys = scene.file(NOBODYS).await;
        assert_eq!(types(&scene.concluded(&nobodys).await)[0], "TicketRouted");
        for ticket in [&doubtful, &nobodys] {
            let started = Instant::now();
            while scene.shown(ticket).await["assignee_id"] != json!(hana.id) {
                assert!(started.elapsed() < PATIENCE, "nobody gets it");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let asked = scene.server.asked();
        assert_eq!(asked.len(), 2, "each once, and nothing besides");
        assert_eq!(asked[0].data(), json!({ "title": DOUBTFUL.0, "description": DOUBTFUL.1 }));
        assert!(!asked[0].instructions().contains(DOUBTFUL.1), "instructions and data are apart");
        assert!(asked[0].schema()["properties"]["harm"].is_object());
        assert!(asked[1].schema()["properties"]["harm"].is_null(), "nobody doubts that it is harmless");
        let departments = asked[0].schema()["properties"]["department"]["enum"].as_array().cloned();
        assert!(
            departments
                .is_some_and(|codes| codes.contains(&json!("HR")) && codes.contains(&json!("undecided")))
        );
        let status = scene.status().await;
        assert_eq!(
            (&status["state"], &status["tokens_today"]),
            (&json!("closed"), &json!(2 * TOKENS)),
            "{status}"
        );
        let seen = format!("{:?} {status}", scene.events(&doubtful).await);
        assert!(!seen.contains(KEY));
        scene.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn misuse_is_held_back_doubt_stays_doubt_and_the_sure_are_not_asked_about() {
    let server = LanguageServer::start(json!({ "harm": "spam", "department": "IT" })).await;
    let mut settings = server.as_openai();
    settings.push((NOTIFICATIONS, "on".to_owned()));
    let scene = Scene::with(server, settings).await;
    let harmful = scene.file(DOUBTFUL).await;
    assert_eq!(types(&scene.concluded(&harmful).await), ["TicketScreened", "TicketFlagged"]);
    assert_eq!(scene.shown(&harmful).await["misuse_flag"], true);

    // A model that is not sure says nothing, and is not asked again.
    for unsure in
        [json!({ "harm": "spam", "confidence": 0.3 }), json!({ "harm": "undecided", "department": "IT" })]
    {
        scene.server.behaves(Manner::Answers(unsure));
        let doubtful = scene.file(DOUBTFUL).await;
        let said = scene.concluded(&doubtful).await;
        assert_eq!((types(&said), &said[0].1["found"]), (vec!["TicketScreened"], &json!("doubtful")));
    }
    scene.server.behaves(Manner::Answers(json!({ "department": "undecided" })));
    let nobodys = scene.file(NOBODYS).await;
    let said = scene.concluded(&nobodys).await;
    assert_eq!((types(&said), &said[0].1["by"]), (vec!["TicketRouted"], &json!("nobody")));
    let asked = scene.server.asked().len();
    assert_eq!(asked, 4);
    // Administrators are told of it once: that another model could not tell, either, is no news.
    scene.quiet().await;
    let told = scene.desk.get(&scene.admin, "/api/v1/notifications?limit=100").await.expect(200).body;
    let told = told["notifications"].as_array().cloned().unwrap_or_default();
    let of_it = told.iter().filter(|one| one["data"]["ticket_id"] == nobodys["ticket_id"]).count();
    assert_eq!(of_it, 1, "{told:?}");

    // What the desk's own models are sure of, harmful or not, is nobody else's question.
    let prize = "Congratulations! Call 09061701461 now to claim your £900 cash prize. Txt WIN to 80082, 150p/msg. Claim now!";
    let sure = scene.file(("You have WON a FREE prize", prize)).await;
    let vpn = "Since the update my laptop cannot connect to the VPN, it says error 809.";
    scene.file(("VPN does not connect", vpn)).await;
    scene.quiet().await;
    assert_eq!(scene.server.asked().len(), asked);
    assert_eq!(scene.shown(&sure).await["misuse_flag"], true);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_decided_meanwhile_stands() {
    let scene = Scene::set(json!({ "harm": "spam", "department": "HR" })).await;
    scene.server.behaves(Manner::Hangs);
    let (doubtful, nobodys) = (scene.file(DOUBTFUL).await, scene.file(NOBODYS).await);
    scene.server.until_asked(1).await;
    for ticket in [&doubtful, &nobodys] {
        let transfer = json!({ "department": "IT" });
        let _ =
            scene.desk.post(&scene.admin, &format!("{}/transfer", path(ticket)), transfer).await.expect(200);
    }
    scene.server.behaves(Manner::Answers(json!({ "harm": "spam", "department": "HR" })));
    scene.quiet().await;
    for ticket in [&doubtful, &nobodys] {
        let shown = scene.shown(ticket).await;
        assert_eq!((&shown["department"], &shown["misuse_flag"]), (&json!("IT"), &json!(false)), "{shown}");
        assert!(scene.events(ticket).await.iter().all(|(_, via, _)| via != "second_opinion"));
    }
    scene.end().await;
}
