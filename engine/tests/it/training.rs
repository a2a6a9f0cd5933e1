//! Training on small data of our own.

use engine::classifier::{ComplementNaiveBayes, LinearModel, MaximumMargin};
use engine::routing::Router;
use engine::training::{CannotTrain, Kind, Recipe, RouterOptions, Row, near_duplicates, split, train_router};
use engine::{Engine, Features};

const SUBJECTS: [&str; 6] = ["kitchen", "garage", "garden", "cellar", "attic", "balcony"];
const PLACES: [&str; 8] = ["north", "south", "east", "west", "upper", "lower", "inner", "outer"];

fn corrections() -> Vec<(String, &'static str)> {
    let facilities =
        |place: &str, subject: &str| (format!("the lamp in the {place} {subject} flickers"), "Facilities");
    let catering = |place: &str, subject: &str| {
        (format!("sandwiches for the guests in the {place} {subject}"), "Catering")
    };
    PLACES
        .iter()
        .flat_map(|place| {
            SUBJECTS.iter().flat_map(move |subject| [facilities(place, subject), catering(place, subject)])
        })
        .collect()
}

fn pairs<'a>(corrections: &'a [(String, &'static str)]) -> Vec<(&'a str, &'static str)> {
    corrections.iter().map(|(text, label)| (text.as_str(), *label)).collect()
}

#[test]
fn a_desk_teaches_its_own_departments_without_losing_the_shipped_ones() {
    let shipped = Engine::shipped();
    let corrections = corrections();
    let options = RouterOptions { base: Some(shipped.router()), version: 2, ..RouterOptions::default() };
    let router = train_router(&pairs(&corrections), &options).expect("a router");
    assert_eq!(router.departments(), ["HR", "IT", "Catering", "Facilities"]);
    let engine = shipped.with_router(router);
    assert_eq!(engine.route("", "the lamp in my office flickers").department, "Facilities");
    assert_eq!(engine.route("", "more sandwiches for tomorrow").department, "Catering");
    assert_eq!(engine.route("", "I cannot log in to the VPN").department, "IT");
    assert_eq!(engine.route("", "How much vacation do I have left?").department, "HR");
    assert_eq!(engine.route("", "").model, "local-routing/2");
    assert_ne!(shipped.route("", "the lamp in my office flickers").department, "Facilities");
}

#[test]
fn the_same_examples_and_seed_give_the_same_bytes() {
    let corrections = corrections();
    let train =
        |seed| train_router(&pairs(&corrections), &RouterOptions { seed, ..RouterOptions::default() });
    let (one, other) = (train(1).expect("a router"), train(1).expect("a router"));
    assert!(one.to_bytes() == other.to_bytes());
    assert!(one.to_bytes() != train(2).expect("a router").to_bytes());
    let read = Router::from_bytes(&one.to_bytes()).expect("a router");
    assert_eq!(read.route("a lamp flickers").department, "Facilities");
}

#[test]
fn what_stands_first_counts_most_where_words_fade() {
    let texts: Vec<String> = (0..60)
        .map(|row| {
            let (first, last) = if row % 2 == 0 { ("lamp", "sandwich") } else { ("sandwich", "lamp") };
            format!("{first} {} {last} {last}", format!("w{row} ").repeat(20))
        })
        .collect();
    let rows: Vec<Row<'_>> =
        texts.iter().zip(0..).map(|(text, row)| Row { text, label: row % 2, weight: 1.0 }).collect();
    let groups: Vec<usize> = (0..rows.len()).collect();
    let told = |fade| {
        let recipe = Recipe {
            features: Features { words: 1, fade, ..Features::words(14) },
            least: 2,
            margin: MaximumMargin { cost: 1.0, balance: 0.0, rounds: 20, seed: 1 },
            bayes: ComplementNaiveBayes { smoothing: 1.0, scale: 0.0 },
        };
        let (model, _) = recipe.train(&["lamp", "sandwich"], &rows, &groups, 5);
        let read = LinearModel::from_bytes(&model.to_bytes()).expect("a model");
        [&model, &read].map(|model| model.probability("lamp over there"))
    };
    // Without fading what is said twice at the end outweighs the head, so a lamp alone is taken for the end.
    assert!(told(0).iter().all(|sandwich| *sandwich > 0.6), "{:?}", told(0));
    assert!(told(5).iter().all(|sandwich| *sandwich < 0.4), "{:?}", told(5));
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let train = |examples: &[(&str, &str)], kind| {
        train_router(examples, &RouterOptions { kind, ..RouterOptions::default() }).err()
    };
    assert_eq!(train(&[], Kind::Department), Some(CannotTrain::TooFewLabels));
    assert_eq!(train(&[("a", "IT"), ("b", "IT")], Kind::Department), Some(CannotTrain::TooFewLabels));
    assert_eq!(train(&[("a", "x"), ("b", "y")], Kind::Category), Some(CannotTrain::NoBase));
    let labels: Vec<String> = (0..300).map(|label| format!("d{label}")).collect();
    let many: Vec<(&str, &str)> = labels.iter().map(|label| ("text", label.as_str())).collect();
    assert_eq!(train(&many, Kind::Department), Some(CannotTrain::TooManyLabels));
}

#[test]
fn near_duplicates_share_a_group_and_a_fold() {
    let texts: Vec<String> = (0..40)
        .flat_map(|number| {
            let word = ["amber", "basil", "cedar", "delta", "ember"][number % 5].repeat(number + 2);
            [
                format!("order {word} for the desk"),
                format!("order {word} for the  Desk."),
                format!("no {number}"),
            ]
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let groups = near_duplicates(&texts);
    let folds = split(&groups, 4, 1);
    for place in (0..texts.len()).step_by(3) {
        assert_eq!(groups[place], groups[place + 1], "{}", texts[place]);
        assert_eq!(folds[place], folds[place + 1]);
    }
    assert!((0..4).all(|fold| folds.contains(&fold)));
    assert_ne!(near_duplicates(&["the lamp is out", "a printer jams"])[1], 0);
}

#[test]
fn held_out_rows_are_judged_by_models_that_have_not_seen_them() {
    // Labels by chance: nothing can be learned but by heart.
    let texts: Vec<String> =
        (0..200_u32).map(|row| format!("w{} w{} w{}", row * 3, row * 3 + 1, row * 3 + 2)).collect();
    let rows: Vec<Row<'_>> = texts
        .iter()
        .enumerate()
        .map(|(place, text)| Row { text, label: usize::from((place * 7919) % 13 < 6), weight: 1.0 })
        .collect();
    let groups: Vec<usize> = (0..rows.len()).collect();
    let recipe = Recipe {
        features: Features::words(14),
        least: 1,
        margin: MaximumMargin { cost: 10.0, balance: 0.0, rounds: 10, seed: 1 },
        bayes: ComplementNaiveBayes { smoothing: 1.0, scale: 0.1 },
    };
    let (model, held_out) = recipe.train(&["no", "yes"], &rows, &groups, 5);
    let right = |given: &dyn Fn(usize) -> f32| {
        (0..rows.len()).filter(|row| (given(*row) > 0.5) == (rows[*row].label == 1)).count()
    };
    assert!(right(&|row| held_out[row][1]) < 140, "{}", right(&|row| held_out[row][1]));
    assert!(right(&|row| model.probability(rows[row].text)) > 180);
}
