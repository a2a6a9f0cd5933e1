//! Figures, compared with those worked out by hand.

use engine::evaluation::{Ranking, Verdicts, area_under_curve};

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn verdicts_give_the_figures_of_their_confusion() {
    let mut verdicts = Verdicts::new(&["no", "yes", "never"]);
    for (truth, given, times) in [(0, 0, 6), (0, 1, 2), (1, 1, 3), (1, 0, 1)] {
        (0..times).for_each(|_| verdicts.add(truth, given));
    }
    assert_eq!(verdicts.confusion(), [vec![6, 2, 0], vec![1, 3, 0], vec![0, 0, 0]]);
    assert!(near(verdicts.accuracy(), 0.75));
    let yes = &verdicts.classes()[1];
    assert!(near(yes.precision, 0.6) && near(yes.recall, 0.75) && near(yes.f1, 2.0 / 3.0) && yes.rows == 4);
    // A class without rows has no part in the mean.
    assert!(near(verdicts.macro_f1(), f64::midpoint(0.8, 2.0 / 3.0)));
    assert!(near(Verdicts::new(&["a", "b"]).macro_f1(), 0.0));
}

#[test]
fn the_area_under_the_curve_is_the_chance_of_the_right_order() {
    assert_eq!(area_under_curve(&[(0.1, false), (0.4, true), (0.35, false), (0.8, true)]), Some(1.0));
    assert_eq!(area_under_curve(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)]), Some(0.75));
    assert_eq!(area_under_curve(&[(0.5, false), (0.5, true)]), Some(0.5));
    assert_eq!(area_under_curve(&[(0.5, true)]), None);
}

#[test]
fn a_ranking_counts_places() {
    let mut ranking = Ranking::default();
    for place in [Some(1), Some(4), None, Some(2)] {
        ranking.add(place);
    }
    assert!(near(ranking.mrr(), (1.0 + 0.25 + 0.5) / 4.0));
    assert!(near(ranking.hit_at(1), 0.25) && near(ranking.hit_at(5), 0.75));
    assert!(near(Ranking::default().mrr(), 0.0));
}
