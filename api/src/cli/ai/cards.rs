//! Model cards: where a model comes from, what it was worth on rows held out, and what it cannot.

use std::fmt::Write as _;

use engine::training::{HeldOut, Trained};
use serde_json::{Map, Value, json};

use super::evaluate::{Answers, rounded};

/// What is to be said of a model that its training does not show.
#[derive(Debug)]
pub(crate) struct Card {
    /// The name of its file, without the ending.
    pub(crate) name: &'static str,
    title: &'static str,
    purpose: &'static str,
    data: &'static [&'static str],
    method: &'static str,
    limits: &'static [&'static str],
}

const TICKETS: &str = "it-tickets: tickets of an IT service desk (Microsoft/Endava data set, karolzak/support-tickets-classification, \
                       in the cut of SathishB-1/Support_Ticket_Classification_System); MIT";
const INTENTS: &str = "clinc/oos-eval: short questions by intent (Larson et al. 2019); CC BY 3.0";
const OWN: &str = "sentences of our own (`engine/src/training/seed.rs`); Apache-2.0";
const LINEAR: &str = "a linear model over hashed single words, pairs of words and runs of characters, tf-idf, trained for the \
                      largest margin by dual coordinate descent, probabilities calibrated on rows held out";

/// The model that tells spam.
pub(crate) const SPAM: Card = Card {
    name: "spam",
    title: "Spam",
    purpose: "Tells advertising and fraud from what people write to a help desk.",
    data: &["UCI SMS Spam Collection (Almeida and Hidalgo 2011); CC BY 4.0", TICKETS, INTENTS],
    method: LINEAR,
    limits: &[
        "Spam is that of British text messages around 2010. Spam by mail today reads differently and will be missed more often.",
        "Tickets and questions stand in as harmless with a weight of 0.3.",
    ],
};

/// The model that tells abuse.
pub(crate) const ABUSE: Card = Card {
    name: "abuse",
    title: "Abuse",
    purpose: "Tells insults and hate.",
    data: &[
        "t-davidson/hate-speech-and-offensive-language: posts, offensive, hate or neither (Davidson et al. 2017); MIT",
        TICKETS,
        INTENTS,
    ],
    method: LINEAR,
    limits: &[
        "The posts were found by slurs, so most hold one, and the labels are biased against African American English: a word \
         counts as offensive where friends use it among themselves. A flag is a reason for a person to look, never a verdict.",
        "The style of posts is not that of tickets; on tickets the figures will be lower. Tickets and questions stand in as \
         harmless with a weight of 0.3, so that words of the trade are none.",
        "English only. Threats in polite words are not found.",
    ],
};

/// The model that tells orders to a model.
pub(crate) const INJECTION: Card = Card {
    name: "injection",
    title: "Injection",
    purpose: "Tells jailbreaks and orders to a language model.",
    data: &[
        "Self-Reminder-Data, BIPIA and PIGuard: jailbreaks, hidden orders, harmless texts with the same words; MIT",
        "UCI SMS Spam Collection, a quarter, as harmless texts; CC BY 4.0",
        TICKETS,
        INTENTS,
        OWN,
    ],
    method: LINEAR,
    limits: &[
        "An order hidden in a text is often one that anybody may give (\"sum up this page\"); most of the short ones are not \
         found. The model is no control by itself: text of tickets is data for every model, whatever screening says.",
        "Only 96 jailbreaks were there to learn from, all of them long. Texts of up to 30 words need a higher probability than longer ones.",
        "Harmless texts with words of orders (`engine/src/training/triggers.rs`) are held out with all others that hold the same such \
         word, so that they are judged by a model that knows the word from attacks alone. The thresholds follow from these rows by a rule \
         (`engine/src/training/thresholds.rs`): at most half of what is asked of false alarms, then as many jailbreaks as it can.",
        "Beside the model stand rules (`engine/src/screening/rules.rs`): forged roles and chat marks, orders to forget, invisible \
         signs, encoded text, pictures that carry data away. The figures above are the model's alone.",
    ],
};

/// The models of routing.
pub(crate) const ROUTER: Card = Card {
    name: "router",
    title: "Routing",
    purpose: "Tells departments (IT, HR, or nobody's matter) and eight topics of tickets.",
    data: &[TICKETS, INTENTS, OWN],
    method: "two linear models over hashed words, pairs of words and runs of characters, tf-idf, words \
             the less the further behind they stand; the weights of a training for the largest margin and of complement naive Bayes added, probabilities calibrated on rows held out. The model of \
             departments knows kinds of tickets and adds up those of a department",
    limits: &[
        "The tickets are those of one company, lower-cased, without names and numbers; some printers are matters of its HR.",
        "Departments other than IT and HR are unknown until a desk trains the router from its own corrections.",
        "No data says how urgent a ticket is: urgency is told by rules (`engine/src/routing/urgency.rs`).",
    ],
};

/// What the models of `card` were worth on rows held out, by set.
pub(crate) fn figures(card: &Card, trained: &[&Trained]) -> Value {
    if card.name == ROUTER.name {
        let [category, department] = trained else { return Value::Null };
        return json!({ "topics": topics(category), "hr_or_not_tickets": hr(department, "tickets"),
            "hr_or_not_intents": hr(department, "intents") });
    }
    let Some(trained) = trained.first() else { return Value::Null };
    let labels: Vec<&str> = trained.model.labels().iter().map(String::as_str).collect();
    let task = trained.held_out.first().map_or("", |row| row.set);
    let mut answers = Answers::new(&labels);
    let mut found: Map<String, Value> = Map::new();
    for row in trained.held_out.iter().filter(|row| row.set == task) {
        answers.decide(row.label == 1, trained.is_found(row), row.probabilities[1]);
    }
    let mut tell = |name: String, rows: &[&HeldOut]| {
        let count = rows.iter().filter(|row| trained.is_found(row)).count();
        found.insert(name, json!(format!("{count} of {}", rows.len())));
    };
    let others: std::collections::BTreeSet<String> = trained.held_out.iter().map(group).collect();
    for name in others {
        let rows: Vec<&HeldOut> = trained.held_out.iter().filter(|row| group(row) == name).collect();
        tell(name, &rows);
    }
    for (name, is_short) in [("long", false), ("short", true)] {
        let hard = trained.held_out.iter().filter(|row| row.label == 0 && row.has_trigger);
        let rows: Vec<&HeldOut> = hard.filter(|row| row.is_short == is_short).collect();
        if !rows.is_empty() {
            tell(format!("words of orders, {name}, harmless"), &rows);
        }
    }
    let mut figures = answers.figures();
    figures.insert("found".to_owned(), found.into());
    figures.into()
}

fn group(row: &HeldOut) -> String {
    let kind = row.kind.split(':').next().unwrap_or_default();
    let label = if row.label == 1 { "harmful" } else { "harmless" };
    [row.set, kind, label].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn topics(trained: &Trained) -> Value {
    let labels: Vec<&str> = trained.model.labels().iter().map(String::as_str).collect();
    let mut answers = Answers::new(&labels);
    for row in &trained.held_out {
        let best = |best, next| if row.probabilities[next] > row.probabilities[best] { next } else { best };
        answers.add(row.label, (1..labels.len()).fold(0, best), row.probabilities.clone());
    }
    answers.figures().into()
}

/// Whether rows of `set` were told to be a matter of HR: of tickets rather than of IT, of intents surely.
fn hr(trained: &Trained, set: &str) -> Value {
    let labels = trained.model.labels();
    let threshold = trained.model.thresholds().first().copied().unwrap_or(0.5);
    let mut answers = Answers::new(&["not HR", "HR"]);
    for row in trained.held_out.iter().filter(|row| row.set == set) {
        let sum = |department: &str| -> f32 {
            let of = labels.iter().zip(&row.probabilities).filter(|(label, _)| label.starts_with(department));
            of.map(|(_, probability)| probability).sum()
        };
        let (it, hr) = (sum("IT/"), sum("HR/"));
        let given = if set == "tickets" { hr > it } else { hr >= threshold };
        answers.decide(labels[row.label].starts_with("HR/"), given, hr);
    }
    answers.figures().into()
}

/// The card as Markdown.
pub(crate) fn write(card: &Card, trained: &[&Trained], bytes: usize, figures: &Value) -> String {
    let mut out =
        format!("# {}\n\n{}\n\nWritten by `ledgerdesk ai train`; do not edit.\n\n", card.title, card.purpose);
    let _ = writeln!(out, "- File: `engine/models/{}.model`, {bytes} bytes", card.name);
    for one in trained {
        let provenance = &one.model.provenance;
        let _ = writeln!(
            out,
            "- Model: {}, version {}, from {} rows with the hash {}",
            provenance.name, provenance.version, one.rows, provenance.data
        );
        let thresholds: Vec<String> = one.model.thresholds().iter().map(ToString::to_string).collect();
        if !thresholds.is_empty() {
            let _ = writeln!(
                out,
                "- Thresholds (doubt and harm, again for short texts; for departments: sure): {}",
                thresholds.join(", ")
            );
        }
    }
    let _ = write!(out, "- Method: {}\n\n## Data\n\n", card.method);
    for line in card.data {
        let _ = writeln!(out, "- {line}");
    }
    out.push_str(
        "\nNo text of the data is in the model: it holds weights of hashed features.\n\n## Held out\n\nFive-fold cross-validation; \
         texts that share more than half of their runs of four characters are in one fold.\n\n```json\n",
    );
    out.push_str(&serde_json::to_string_pretty(&compact(figures)).unwrap_or_default());
    out.push_str("\n```\n\n## Limits and biases\n\n");
    for line in card.limits {
        let _ = writeln!(out, "- {line}");
    }
    out
}

/// `figures` with every row of a confusion on one line.
fn compact(figures: &Value) -> Value {
    match figures {
        Value::Object(inner) => {
            inner.iter().map(|(name, value)| (name.clone(), compact(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(rows) if rows.iter().any(Value::is_array) => {
            rows.iter().map(|row| json!(row.to_string())).collect()
        }
        Value::Array(labels) => json!(
            labels.iter().map(|label| label.as_str().unwrap_or_default()).collect::<Vec<_>>().join(", ")
        ),
        Value::Number(number) => number.as_f64().map_or_else(
            || figures.clone(),
            |value| {
                if number.is_f64() { json!(rounded(value)) } else { figures.clone() }
            },
        ),
        _ => figures.clone(),
    }
}
