//! How long screening and routing take for a ticket: `cargo bench -p engine -- FILE.csv`, a file with the column text.

use std::time::{Duration, Instant};

use engine::Engine;

fn main() {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let Some(file) = file else {
        eprintln!("name a CSV file with the column text: cargo bench -p engine -- it-tickets.csv");
        return;
    };
    let mut reader = csv::Reader::from_path(&file).expect("a CSV file");
    let headers = reader.headers().expect("a header").clone();
    let column = headers.iter().position(|name| name == "text").expect("a column text");
    let texts: Vec<String> =
        reader.records().map(|record| record.expect("a row")[column].to_owned()).collect();
    let engine = Engine::shipped();
    let mut took: Vec<Duration> = texts
        .iter()
        .map(|text| {
            let start = Instant::now();
            std::hint::black_box((engine.screen("", text), engine.route("", text)));
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    eprintln!("{} tickets: median {:?}, p99 {:?}, longest {:?}", took.len(), at(50), at(99), at(100));
}
