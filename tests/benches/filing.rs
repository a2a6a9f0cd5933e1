//! What does triage cost whoever files a ticket?
//!
//! `cargo bench -p tests --bench filing [-- --tickets 300]` starts the release binary with its private PostgreSQL twice, without
//! triage and with it, and has one requester file so many tickets, one after the other. With triage the answer waits until
//! the ticket is screened, routed and on an agent's desk. Whoever files, the desk and the database share the machine.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::process::scratch;
use tests::served::Served;

const PASSWORD: &str = "demo-password";
/// What is asked: with triage less than so many times what it takes without.
const ASKED: f64 = 3.0;
const TEXTS: [(&str, &str); 4] = [
    ("VPN does not connect", "Since the update my laptop cannot connect to the VPN, it says error 809."),
    ("Parental leave", "When will human resources send the form for my parental leave?"),
    ("New monitor", "My second monitor flickers and goes dark after some minutes, please replace it."),
    ("Shared folder", "I need access to the shared folder of the finance project, read and write."),
];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let at = arguments.iter().position(|argument| argument == "--tickets");
    let tickets = at.and_then(|at| arguments.get(at + 1)).map_or(300, |text| text.parse().expect("a number"));
    say("| triage | tickets | handed out | p50 ms | p99 ms |");
    say("|---|---|---|---|---|");
    let without = measure("off", tickets).await;
    let with = measure("on", tickets).await;
    let ratio = with / without;
    say(&format!("\nwith / without: {ratio:.2} (asked: < {ASKED})"));
    assert!(ratio < ASKED, "filing takes too much longer with triage");
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// Files so many tickets with triage on or off; gives the median in milliseconds.
async fn measure(triage: &str, tickets: usize) -> f64 {
    let data = scratch("bench");
    let desk =
        Served::start(data.path(), &["--demo"], &[("TRIAGE", triage), ("TICKETS_PER_DAY", "1000000")]).await;
    for agent in ["ivan", "hana"] {
        let token = desk.sign_in(agent, PASSWORD).await;
        let room = json!({ "is_available": true, "capacity": 1_000 });
        let path = format!("{}/api/v1/me/availability", desk.base);
        let set = desk.client.put(path).bearer_auth(token).json(&room).send().await.expect("an answer");
        assert!(set.status().is_success(), "{}", set.status());
    }
    let ada = desk.sign_in("ada", PASSWORD).await;
    let (mut times, mut handed_out): (Vec<Duration>, usize) = (Vec::new(), 0);
    for number in 0..tickets + 20 {
        let (title, description) = TEXTS[number % TEXTS.len()];
        let began = Instant::now();
        let ticket =
            desk.ask(&ada, "/api/v1/tickets", &json!({ "title": title, "description": description })).await;
        // The first ones warm up.
        if number >= 20 {
            times.push(began.elapsed());
            handed_out += usize::from(ticket["assignee_id"].is_string());
        }
        assert!(ticket["ticket_id"].is_string(), "{ticket}");
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    say(&format!("| {triage} | {tickets} | {handed_out} | {:.2} | {:.2} |", at(50), at(99)));
    at(50)
}
