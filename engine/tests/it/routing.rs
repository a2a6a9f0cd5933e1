//! Routing of tickets as people write them; none of the texts is in the training.

use engine::Engine;
use engine::routing::{Urgency, urgency};

#[test]
fn plain_english_finds_its_department() {
    let tickets = [
        ("IT", "I cannot log in to the VPN", ""),
        ("IT", "The printer on floor 3 is jammed", "It shows error 52 since this morning."),
        ("IT", "Laptop battery dies within an hour", ""),
        ("IT", "Can't open the ticketing system, it says 403 forbidden", ""),
        ("IT", "Request for a new laptop for our intern", ""),
        ("IT", "Excel macro stopped working since the Office update", ""),
        ("IT", "Jenkins build server has run out of disk space", ""),
        ("HR", "When will I get my parental leave form?", ""),
        ("HR", "How much vacation do I have left this year?", ""),
        ("HR", "My salary was not paid this month", ""),
        ("HR", "Do we get Good Friday off?", ""),
        ("HR", "What is covered by dental insurance?", ""),
        ("HR", "Please update my bank details for payroll", ""),
    ];
    for (department, title, description) in tickets {
        let routing = Engine::shipped().route(title, description);
        assert_eq!(routing.department, department, "{title}: {routing:?}");
        assert!(routing.is_sure, "{title}: {routing:?}");
        assert!(routing.reasons[0].contains(department) && routing.category.is_some());
    }
}

#[test]
fn doubt_is_told() {
    for text in [
        "Hi there",
        "What is the capital of France?",
        "Tell me something funny",
        "How do I get to the airport?",
    ] {
        let routing = Engine::shipped().route("", text);
        assert!(!routing.is_sure && routing.reasons.len() == 2, "{text}: {routing:?}");
    }
}

#[test]
fn urgency_follows_words_and_numbers_of_people() {
    let told = |text: &str| urgency(text).map(|(urgency, _)| urgency);
    assert_eq!(told("There is an outage, the network is down"), Some(Urgency::Critical));
    assert_eq!(told("120 users cannot log in"), Some(Urgency::Critical));
    assert_eq!(told("12 colleagues see an error"), Some(Urgency::High));
    assert_eq!(told("Please fix ASAP!"), Some(Urgency::High));
    assert_eq!(told("Not urgent, whenever you have time"), Some(Urgency::Low));
    assert_eq!(told("No rush, but the whole team waits"), Some(Urgency::High));
    assert_eq!(told("The asaprin is empty; 5 people asked"), None);
    let (_, reasons) = urgency("urgent: the deadline is today").expect("urgent");
    assert_eq!(reasons, ["asks for haste: “urgent”", "names a deadline: “deadline is today”"]);
}
