//! The shipped files, and bytes that are no model.

use engine::classifier::LinearModel;
use engine::routing::Router;
use engine::{Engine, Malformed};

/// The largest that all files may be together, in bytes.
const LIMIT: usize = 6 << 20;

#[test]
fn what_is_shipped_is_read_and_small() {
    let engine = Engine::shipped();
    assert_eq!(engine.screen("", "").model, "local-screening/1");
    assert_eq!(engine.route("", "").model, "local-routing/1");
    assert_eq!(engine.router().departments(), ["HR", "IT"]);
    assert_eq!(engine.router().categories().count(), 8);
    assert!(Engine::files().iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < LIMIT);
}

#[test]
fn no_word_of_the_data_is_in_a_file() {
    let words = [
        "password",
        "printer",
        "vacation",
        "ringtone",
        "bitches",
        "amoral",
        "laptop",
        "leaver",
        "please",
        "thank",
        "regards",
        "developer",
        "confluence",
        "unethical",
        "congratulations",
    ];
    for (name, bytes) in Engine::files() {
        let text: String = bytes.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect();
        for word in words {
            assert!(!text.contains(word), "{name} holds {word}");
        }
    }
}

#[test]
fn a_model_comes_out_of_its_bytes_as_it_went_in() {
    for (name, bytes) in Engine::files() {
        if name == "router.model" {
            assert!(Router::from_bytes(bytes).expect("a router").to_bytes() == bytes);
        } else {
            assert!(LinearModel::from_bytes(bytes).expect("a model").to_bytes() == bytes, "{name}");
        }
    }
}

#[test]
fn a_model_of_the_first_format_is_read_and_does_not_fade() {
    // Of two kinds of lamp, told by one bucket of 1,024: written as the first format was.
    let header =
        [b"LDGM\x01\x01m\x03\x00\x0a\x01\x00\x00".as_slice(), &1.0_f32.to_le_bytes(), b"\x00\x02"].concat();
    let labels =
        [b"\x04dark\x05light\x00".as_slice(), &0.5_f32.to_le_bytes(), &0.25_f32.to_le_bytes()].concat();
    let old = [header, labels, b"\x01\x07\x10\x04".to_vec()].concat();
    let model = LinearModel::from_bytes(&old).expect("a model of the first format");
    assert_eq!(model.labels(), ["dark", "light"]);
    let new = model.to_bytes();
    assert_eq!((new[4], new.len()), (2, old.len() + 1));
    assert_eq!(LinearModel::from_bytes(&new), Ok(model));
}

/// Numbers that look like chance.
fn chance(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).expect("31 bits")
}

#[test]
fn malformed_bytes_are_refused_and_never_a_panic() {
    assert_eq!(LinearModel::from_bytes(b""), Err(Malformed::CutOff));
    assert_eq!(LinearModel::from_bytes(b"LD"), Err(Malformed::CutOff));
    assert_eq!(LinearModel::from_bytes(b"PNG, not a model"), Err(Malformed::NoModel));
    assert_eq!(LinearModel::from_bytes(b"LDGM\x09"), Err(Malformed::UnknownFormat(9)));
    assert_eq!(LinearModel::from_bytes(b"LDGM\x00"), Err(Malformed::UnknownFormat(0)));
    let (_, whole) = Engine::files()[3];
    assert!(matches!(Router::from_bytes(&[whole, b"x"].concat()), Err(Malformed::Damaged(_))));
    let mut state = 7;
    for _ in 0..60 {
        let cut = chance(&mut state) % whole.len();
        assert!(Router::from_bytes(&whole[..cut]).is_err(), "cut at {cut}");
    }
    for round in 0..150 {
        let mut bytes = whole.to_vec();
        for _ in 0..=round % 4 {
            // Most of the structure is at the front.
            let reach = if round % 2 == 0 { 300 } else { bytes.len() };
            let place = chance(&mut state) % reach;
            bytes[place] = u8::try_from(chance(&mut state) % 256).expect("a byte");
        }
        if let Ok(router) = Router::from_bytes(&bytes) {
            let routing = router.route("the printer is jammed");
            assert!(!routing.department.is_empty() || router.departments().contains(&""));
        }
    }
}
