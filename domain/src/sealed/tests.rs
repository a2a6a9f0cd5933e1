use super::*;

struct Reverse;
impl Cipher for Reverse {
    fn seal(&self, _: UserId, plain: &str) -> Result<String, String> {
        Ok(plain.chars().rev().collect())
    }
    fn open(&self, _: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        Ok((cipher != "gone").then(|| cipher.chars().rev().collect::<String>().into()))
    }
}

#[test]
fn a_sealed_text_is_never_written_in_the_clear() {
    let text = Sealed::new(UserId::default(), "printer");
    assert!(serde_json::to_string(&text).is_err());
    let written = with_cipher(Arc::new(Reverse), || serde_json::to_string(&text)).expect("a cipher");
    assert!(!written.contains("printer"));
    let read = with_cipher(Arc::new(Reverse), || serde_json::from_str::<Sealed>(&written));
    assert_eq!(read.expect("a cipher"), text);
    assert!(!format!("{text:?}").contains("printer"));
}

#[test]
fn a_text_is_shown_only_on_purpose() {
    let text = Sealed::new(UserId::default(), "printer");
    let shown = with_texts_shown(|| serde_json::to_string(&[text, Sealed::erased(UserId::default())]));
    assert_eq!(shown.expect("texts"), r#"["printer","[erased]"]"#);
    let text = Sealed::new(UserId::default(), "printer");
    assert!(serde_json::to_string(&text).is_err());
    let withheld = with_texts_withheld(|| serde_json::to_string(&(text, 7)));
    assert_eq!(withheld.expect("a value"), "[null,7]");
}

#[test]
fn whose_texts_are_in_a_value_is_known_by_their_type() {
    let [ada, ivan] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
    let value = (Sealed::new(ada, "printer"), "plain", vec![Some(Sealed::erased(ivan)), None]);
    assert_eq!(subjects_in(&value), [ada, ivan]);
}

/// Lacks the keys of some.
struct Without(&'static [u128]);
impl Cipher for Without {
    fn seal(&self, subject: UserId, plain: &str) -> Result<String, String> {
        Reverse.seal(subject, plain)
    }
    fn open(&self, subject: UserId, cipher: &str) -> Result<Option<Arc<str>>, String> {
        if self.0.contains(&subject.0.as_u128()) { Ok(None) } else { Reverse.open(subject, cipher) }
    }
}

#[test]
fn the_keys_of_all_texts_stand_in_the_stored_form() {
    let [ada, ivan, own] = [1, 2, 3].map(Uuid::from_u128);
    let texts = (
        ("a: b", Sealed::new(UserId(ada), "printer: \u{fe0f}\"")),
        [Sealed::with_own_key(UserId(ivan), own, "é:")],
        format!("{}:", "ab".repeat(16)),
        ["0123:", ":", "\u{e9}\u{e9}:"],
    );
    let stored = with_cipher(Arc::new(Reverse), || serde_json::to_string(&texts)).expect("a cipher");
    // The name of a key that nobody has does no harm.
    let by_chance = Uuid::from_u128(0xabab_abab_abab_abab_abab_abab_abab_abab);
    let named: Vec<UserId> = keys_named_in(&stored).collect();
    assert_eq!(named, [ada, ivan, own, by_chance].map(UserId));
    assert_eq!(keys_named_in("").count() + keys_named_in(":::").count(), 0);
}

#[test]
fn a_text_with_a_key_of_its_own_opens_with_both_keys() {
    let text = Sealed::with_own_key(UserId(Uuid::from_u128(1)), Uuid::from_u128(2), "printer");
    assert_eq!(subjects_in(&text), [1, 2].map(|key| UserId(Uuid::from_u128(key))));
    let written = with_cipher(Arc::new(Reverse), || serde_json::to_string(&text)).expect("a cipher");
    let read = |without: &'static [u128]| -> Sealed {
        with_cipher(Arc::new(Without(without)), || serde_json::from_str(&written)).expect("a cipher")
    };
    assert_eq!(read(&[]), text);
    for (without, shown) in [(&[1][..], "[erased]"), (&[2], REDACTED), (&[1, 2], "[erased]")] {
        let read = read(without);
        assert_eq!((read.text(), read.shown(), read.own_key()), (None, shown, text.own_key()));
    }
}

#[test]
#[should_panic(expected = "not to be opened")]
fn whoever_asks_for_a_text_that_was_not_to_be_opened_is_told() {
    let text = Sealed::with_own_key(UserId(Uuid::from_u128(1)), Uuid::from_u128(2), "printer");
    let written = with_cipher(Arc::new(Reverse), || serde_json::to_string(&text)).expect("a cipher");
    let read: Sealed = with_texts_unopened(|| serde_json::from_str(&written)).expect("a text");
    assert_eq!((read.subject(), read.own_key()), (text.subject(), text.own_key()));
    let shown = with_texts_shown(|| serde_json::to_string(&read)).expect("nothing is asked for");
    assert_eq!(shown, "null");
    assert!(with_cipher(Arc::new(Reverse), || serde_json::to_string(&read)).is_ok(), "it asks for it");
}

#[test]
fn an_erased_text_reads_as_erased() {
    let stored = format!("\"{}:gone\"", Uuid::nil().simple());
    let read = with_cipher(Arc::new(Reverse), || serde_json::from_str::<Sealed>(&stored));
    assert_eq!(read.expect("a cipher").shown(), "[erased]");
}
