//! Why a field has its value, and that the rule behind it forgets no field.

use application::Request;
use application::ledger::{Append, Envelope, Ledger};
use chrono::{DateTime, Utc};
use domain::access::{Actor, ActorKind};
use domain::event::{Event, Recorded};
use domain::id::{TicketId, UserId};
use domain::sealed::Sealed;
use domain::ticket::values::{FlaggedBy, Impact, Priority, PrioritySource, ResolvedBy, Status, Urgency};
use domain::ticket::{Field, TicketCommand, TicketEvent};
use projections::past::{Names, Past};
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::appends::{append, on};
use tests::desk::Somebody;
use tests::postgres::the_desk;
use uuid::Uuid;

use super::Scene;

async fn why(scene: &Scene, who: &Somebody, query: &str) -> Value {
    scene.get(who, &format!("/why?field={query}")).await.expect(200).body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_explained_by_the_event_that_last_changed_it() {
    let scene = Scene::set().await;
    let filed = scene.desk.head().await;
    let raised = scene.edit(&scene.ada, json!({ "urgency": "high" })).await;
    let ranked = scene.edit(&scene.ivan, json!({ "priority": "critical" })).await;
    let claimed = scene.act(&scene.ivan, "claim", json!({})).await;
    let started = scene.say(&scene.ivan, "On my way.", false).await;
    // The priority's event repeats the urgency, and is not why that is high.
    for (field, value, set_by, name) in [
        ("urgency", json!("high"), raised, "PriorityChanged"),
        ("priority", json!("critical"), ranked, "PriorityChanged"),
        ("priority_source", json!("manual"), ranked, "PriorityChanged"),
        ("impact", Value::Null, filed, "TicketCreated"),
        ("assignee", json!(scene.ivan.id), claimed, "TicketAssigned"),
        ("status", json!("in_progress"), started, "StatusChanged"),
        ("title", json!("The printer prints blank pages"), filed, "TicketCreated"),
        ("user_id", json!(scene.ada.id), filed, "TicketCreated"),
        ("closed_at", Value::Null, filed, "TicketCreated"),
        ("reopen_count", json!(0), filed, "TicketCreated"),
    ] {
        let why = why(&scene, &scene.ivan, field).await;
        assert_eq!((&why["value"], &why["set_by"]["type"]), (&value, &json!(name)), "{field}");
        assert_eq!(why["set_by"]["pos"], set_by, "{field}");
        assert_eq!((&why["causes"], &why["caused_elsewhere"]), (&json!([]), &Value::Null), "{field}");
    }
    let status = why(&scene, &scene.ada, "status").await;
    let step = &status["set_by"];
    assert_eq!((&step["via"], &step["actor"]["id"]), (&json!("api"), &json!(scene.ivan.id)));
    assert!(step["actor_username"].as_str().is_some_and(|name| name.starts_with("it-agent")), "{step}");
    assert_eq!(step["description"], "Status changed from assigned to in_progress");
    assert_eq!(status["together"][0]["type"], "MessagePosted", "what the same command led to");
    assert_eq!(status["together"][0]["command_id"], step["command_id"]);
    assert_eq!(status["as_of"]["position"], started);
    let then = why(&scene, &scene.ada, &format!("status&as_of=position:{ranked}")).await;
    assert_eq!((&then["value"], &then["set_by"]["pos"]), (&json!("open"), &json!(filed)));
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_staff_explains_nothing_to_a_requester() {
    let scene = Scene::set().await;
    let id: TicketId = scene.path.trim_start_matches("/api/v1/tickets/").parse().expect("an id");
    let request = Request::once(the_desk(), Utc::now(), "test", Uuid::now_v7());
    let reason = Some("canary-of-the-suspicion".to_owned());
    scene.desk.desk.commands.ticket(&request, id, TicketCommand::Flag { reason }).await.expect("flagged");
    let staff = why(&scene, &scene.ivan, "misuse_flag").await;
    assert_eq!(staff["set_by"]["type"], "TicketFlagged");
    assert_eq!(staff["set_by"]["data"]["reason"], "canary-of-the-suspicion");
    let public = why(&scene, &scene.ada, "misuse_flag").await;
    assert_eq!((&public["set_by"], &public["together"]), (&Value::Null, &json!([])));
    assert!(!public.to_string().contains("canary"), "{public}");
    scene.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_field_is_told_which_there_are() {
    let scene = Scene::set().await;
    for query in ["?field=colour", "?field=", "?field=Status"] {
        let refused = scene.get(&scene.ada, &format!("/why{query}")).await.expect(422);
        let error = &refused.body["error"]["details"]["errors"][0];
        assert_eq!(error["field"], "field", "{query}");
        let message = error["message"].as_str().expect("a message");
        assert!(Field::ALL.iter().all(|field| message.contains(field.name())), "{message}");
    }
    let refused = scene.get(&scene.ada, "/why").await.expect(422);
    assert_eq!(refused.body["error"]["details"]["errors"][0]["code"], "required");
    scene.desk.close().await;
}

/// An append to `stream` by the desk itself, caused by the event `cause`.
fn caused(stream: Uuid, version: i32, event: TicketEvent, cause: Uuid) -> Append {
    let append = append(vec![on(stream, version, vec![event])]);
    let envelope = Envelope { causation_id: Some(cause), via: "routing".into(), ..append.envelope };
    Append { envelope, ..append }
}

/// A chain of causes is walked back to the first, and to where it leaves the ticket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_of_causes_is_told_to_its_beginning() {
    let scene = Scene::set().await;
    let id: TicketId = scene.path.trim_start_matches("/api/v1/tickets/").parse().expect("an id");
    let log = &scene.desk.desk.log;
    let elsewhere = Uuid::now_v7();
    let mut cause = elsewhere;
    let steps = [
        TicketEvent::TicketFlagged { reason: None, by: FlaggedBy::Screening },
        TicketEvent::TicketTransferred { from: None, to: "HR".parse().expect("a code"), note: None },
        TicketEvent::TicketAssigned { agent: Some(scene.hana.id) },
    ];
    for (version, event) in (1..).zip(steps) {
        let appended = log.append(caused(id.stream(), version, event, cause)).await.expect("accepted");
        cause = log.read_range(appended.first, appended.first).await.expect("readable")[0].event_id;
        assert!(scene.desk.desk.visible.wait(appended.last, std::time::Duration::from_secs(10)).await);
    }
    let staff = why(&scene, &scene.hana, "assignee").await;
    let causes: Vec<&str> =
        staff["causes"].as_array().expect("causes").iter().filter_map(|step| step["type"].as_str()).collect();
    assert_eq!(causes, ["TicketTransferred", "TicketFlagged"], "the first cause last");
    assert_eq!((&staff["caused_elsewhere"], &staff["set_by"]["via"]), (&json!(elsewhere), &json!("routing")));
    assert_eq!(staff["set_by"]["actor_username"], Value::Null);
    // For the requester the chain ends before the event that is for staff.
    let public = why(&scene, &scene.ada, "assignee").await;
    assert_eq!(public["causes"].as_array().map(Vec::len), Some(1));
    assert_eq!(public["caused_elsewhere"], public["causes"][0]["causation_id"]);
    scene.desk.close().await;
}

fn code(code: &str) -> domain::access::Department {
    code.parse().expect("a department")
}

fn any_event() -> impl Strategy<Value = TicketEvent> {
    use TicketEvent as E;
    let at =
        || any::<u32>().prop_map(|second| DateTime::from_timestamp(i64::from(second), 0).expect("a time"));
    let text =
        || prop::option::of("[a-c]").prop_map(|text| text.map(|text| Sealed::new(UserId::default(), text)));
    let status =
        || prop::sample::select(vec![Status::Open, Status::Assigned, Status::InProgress, Status::Closed]);
    let agent = || prop::option::of((0..3u128).prop_map(|n| UserId(Uuid::from_u128(n))));
    let department = || prop::sample::select(vec!["IT", "HR"]).prop_map(code);
    prop_oneof![
        (text(), text()).prop_map(|(title, description)| E::TicketDetailsEdited { title, description }),
        (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(urgency, impact, priority)| {
            E::PriorityChanged {
                urgency: if urgency { Urgency::Low } else { Urgency::High },
                impact: impact.then_some(Impact::High),
                priority: if priority { Priority::Low } else { Priority::Critical },
                source: if priority { PrioritySource::Manual } else { PrioritySource::Computed },
            }
        }),
        (department(), text()).prop_map(|(to, note)| E::TicketTransferred { from: None, to, note }),
        agent().prop_map(|agent| E::TicketAssigned { agent }),
        Just(E::TicketUnassigned {}),
        (status(), status(), text()).prop_map(|(from, to, reason)| E::StatusChanged { from, to, reason }),
        (text(), prop::option::of("[a-c]"), at()).prop_map(|(resolution, resolution_code, at)| {
            E::TicketResolved { by: ResolvedBy::Agent, resolution, resolution_code, at }
        }),
        at().prop_map(|at| E::TicketClosed { at }),
        (status(), text()).prop_map(|(to, reason)| E::TicketReopened { to, reason }),
        (prop::option::of(1..=5u8), text(), at()).prop_map(|(rating, comment, at)| E::FeedbackGiven {
            rating,
            comment,
            at
        }),
        text().prop_map(|reason| E::TicketFlagged { reason, by: FlaggedBy::Screening }),
        Just(E::FlagCleared {}),
        at().prop_map(|at| E::MisuseConfirmed { at }),
        at().prop_map(|at| E::TicketMerged { into: TicketId::new(at, 7), at }),
        status().prop_map(|to| E::TicketUnmerged { to }),
        at().prop_map(|at| E::TicketSplit { into: TicketId::new(at, 7) }),
        Just(E::TicketFollowed { user: UserId::default() }),
        Just(E::TicketUnfollowed { user: UserId::default() }),
    ]
}

fn recorded(ticket: TicketId, version: i32, event: TicketEvent) -> Recorded {
    let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
    Recorded {
        position: version.into(),
        event_id: Uuid::from_u128(u128::from(version.unsigned_abs())),
        stream: ticket.stream(),
        version,
        occurred_at: at,
        recorded_at: at,
        actor: Actor { kind: ActorKind::System, id: None },
        via: "test".into(),
        command_id: Uuid::nil(),
        causation_id: None,
        correlation_id: Uuid::nil(),
        event: Event::Ticket(event),
    }
}

fn shown(ticket: TicketId, events: &[Recorded]) -> Value {
    let past = Past::new(ticket, events.to_vec(), true);
    let ticket = past.ticket(&Names::new()).expect("a ticket");
    let mut shown = serde_json::to_value(&ticket).expect("JSON");
    // Which other ticket it was merged into depends on who looks.
    shown["merged_into"] = json!(ticket.merging.map(|into| TicketId::of_stream(into).to_string()));
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever an event changes about a ticket is among what the rule says that it sets, and the last event that
    /// changed a field is the one that explains it.
    #[test]
    fn the_rule_names_every_field_that_an_event_changes(events in prop::collection::vec(any_event(), 1..12)) {
        let ticket = TicketId::new(DateTime::from_timestamp(1_767_225_600, 0).expect("a time"), 7);
        let created = tests::appends::created(UserId::default());
        let history: Vec<Recorded> = (1..)
            .zip([created].into_iter().chain(events))
            .map(|(version, event)| recorded(ticket, version, event))
            .collect();
        let mut changed = vec![1; Field::ALL.len()];
        let mut before = shown(ticket, &history[..1]);
        prop_assert!(Field::ALL.iter().all(|field| before.get(field.name()).is_some()));
        for end in 2..=history.len() {
            let after = shown(ticket, &history[..end]);
            let Event::Ticket(event) = &history[end - 1].event else { unreachable!() };
            for (name, value) in after.as_object().expect("an object") {
                if before[name] == *value || matches!(name.as_str(), "version" | "updated_at") {
                    continue;
                }
                let field: Field = name.parse().expect("a field that can be explained");
                prop_assert!(event.sets().contains(&field), "{event:?} changes {name}");
                changed[Field::ALL.iter().position(|of| *of == field).expect("one of all")] = end;
            }
            before = after;
        }
        let past = Past::new(ticket, history.clone(), true);
        for (field, version) in Field::ALL.iter().zip(changed) {
            let why = past.why(*field).expect("an explanation");
            let set_by = why.set_by.map(|recorded| usize::try_from(recorded.version));
            prop_assert_eq!(set_by, Some(Ok(version)), "{}", field.name());
            prop_assert_eq!(&why.value, &before[field.name()]);
        }
    }
}
