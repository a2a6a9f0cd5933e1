//! A server that is slow, wrong or gone: tickets do not wait for it, and none of them is forgotten.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use tests::language_server::{LanguageServer, Manner};

use super::{DOUBTFUL, NOBODYS, Scene, types};

fn good() -> Manner {
    Manner::Answers(json!({ "harm": "none", "department": "IT" }))
}

/// A scene whose model may take `seconds`.
async fn patient(seconds: u32) -> Scene {
    let server = LanguageServer::start(json!({ "harm": "none", "department": "IT" })).await;
    let mut settings = server.as_openai();
    settings.push(("LLM_TIMEOUT", seconds.to_string()));
    Scene::with(server, settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_every_trouble_it_is_left_alone_and_what_waited_is_concluded_once() {
    let scene = patient(2).await;
    let elsewhere = LanguageServer::start(json!({})).await;
    let there = elsewhere.as_openai()[0].1.clone();
    let troubles = [
        Manner::Status(500, None),
        Manner::Status(429, Some(1)),
        Manner::Garbage,
        Manner::Huge,
        Manner::Drips,
        Manner::Status(401, None),
        Manner::SendsTo(format!("{there}/chat/completions")),
    ];
    for trouble in troubles {
        let shown = format!("{trouble:?}");
        let before = scene.server.asked().len();
        scene.server.behaves(trouble);
        let ticket = scene.file(NOBODYS).await;
        let waited = scene.until_left_alone().await;
        assert!(waited < Duration::from_secs(10), "{shown}: {waited:?}");
        assert!(scene.server.asked().len() - before <= 4, "{shown}: it is not asked on and on");
        scene.server.behaves(good());
        let said = scene.concluded(&ticket).await;
        assert_eq!((types(&said), &said[0].1["department"]), (vec!["TicketRouted"], &json!("IT")), "{shown}");
        scene.quiet().await;
        assert_eq!(scene.concluded(&ticket).await.len(), said.len(), "{shown}: once");
        assert_eq!(scene.status().await["state"], "closed");
    }
    assert_eq!(elsewhere.asked().len(), 0, "nobody is followed elsewhere");
    let probes = scene.server.asked().iter().filter(|asked| asked.is_probe()).count();
    assert!(probes >= 7, "what somebody wrote is not what finds out whether it is well again");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_hangs_slows_nobody_down_and_loses_nothing() {
    const FILED: usize = 48;
    // As it is shipped: how soon it is left alone is the product's matter.
    let server = LanguageServer::start(json!({})).await;
    server.behaves(Manner::Hangs);
    let settings = server.as_openai();
    let scene = Scene::with(server, settings).await;
    let began = Instant::now();
    let file = async |number: usize| {
        let started = Instant::now();
        let text = if number.is_multiple_of(2) { DOUBTFUL } else { NOBODYS };
        (scene.file(text).await, started.elapsed())
    };
    let mut filed: Vec<(Value, Duration)> = Vec::new();
    for first in (0..FILED).step_by(24) {
        filed.extend(join_all((first..first + 24).map(&file)).await);
    }
    let mut took: Vec<Duration> = filed.iter().map(|(_, took)| *took).collect();
    took.sort();
    let p99 = took[took.len() * 99 / 100];
    assert!(p99 < Duration::from_millis(1_500), "{p99:?}");
    // Who waits for something that does not come waits a second.
    let median = took[took.len() / 2];
    assert!(median < Duration::from_secs(1), "{median:?}");
    scene.until_left_alone().await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert!(scene.server.asked().len() <= 3, "one question at a time, and none while it is left alone");

    scene.server.behaves(good());
    for (ticket, _) in &filed {
        scene.concluded(ticket).await;
    }
    scene.quiet().await;
    for (ticket, _) in &filed {
        let said = scene.concluded(ticket).await;
        let routed = said.iter().filter(|(name, _)| name == "TicketRouted").count();
        let screened = said.iter().filter(|(name, _)| name == "TicketScreened").count();
        assert!(routed == 1 && screened <= 1, "each once: {said:?}");
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ticket_that_is_never_answered_does_not_hold_up_the_others() {
    let scene = patient(1).await;
    scene.server.hangs_at("a question too hard");
    let hard = scene.file((NOBODYS.0, &format!("{} It is a question too hard.", NOBODYS.1))).await;
    let next = scene.file(NOBODYS).await;
    let said = scene.concluded(&next).await;
    assert_eq!(said[0].1["department"], "IT");
    let said = scene.concluded(&hard).await;
    assert_eq!((types(&said), &said[0].1["by"]), (vec!["TicketRouted"], &json!("nobody")));
    assert!(said[0].1["reasons"].as_str().is_some_and(|why| why.contains("no answer in time")), "{said:?}");
    scene.end().await;
}
