//! What people of the sample file write to each other.

/// An agent's first answer.
pub(crate) const FIRST_ANSWERS: &[&str] = &[
    "Thank you for the report. I am looking into it now and will come back to you today.",
    "Hello, I have taken this over. Could you tell me since when this happens, and whether colleagues see it too?",
    "Thanks, that is all I need for the moment. I will let you know as soon as it is done.",
    "Hi! I can see what you mean. Please keep things as they are while I check the logs.",
    "Thank you for writing. This needs an approval first; I have asked for it and will keep you informed.",
    "Got it. One question before I start: is this urgent for a date, or is it fine within the week?",
    "Hello, I have found your record and am checking what is missing.",
];

/// What a requester answers.
pub(crate) const ANSWERS: &[&str] = &[
    "Thanks for the quick reaction. It started this week, and two colleagues next to me see the same.",
    "Yes, that is right. Nothing else has changed on my side.",
    "It is not on fire, but I need it by the end of the week.",
    "I tried that just now, without any difference. Anything else I should look at?",
    "Here is what I found: it happens only in the office, at home everything works.",
    "My manager has approved it; her answer is in the shared mailbox.",
    "Perfect, thank you. I will try it tomorrow morning and tell you.",
];

/// What an agent answers after that.
pub(crate) const FURTHER_ANSWERS: &[&str] = &[
    "That helps. I have changed the setting, please sign out and in again and tell me whether it is better.",
    "Thank you. I am passing the details on to the team that looks after this system and stay your contact.",
    "A part has to be ordered; it should be here in two or three days.",
    "I could reproduce it. The fix is being tested, you will hear from me before noon.",
    "All approvals are in. The change is scheduled for tonight.",
];

/// What agents write to each other.
pub(crate) const NOTES: &[&str] = &[
    "Third report of this kind this month, watching for a pattern.",
    "Checked the directory: the account is fine, so it must be the device.",
    "Vendor case opened, answer expected tomorrow.",
    "Spoke on the phone, details as described in the ticket.",
    "Please do not close before the requester has confirmed.",
];

/// Why a ticket waits for its requester.
pub(crate) const WAITING: &[&str] = &[
    "Waiting for a confirmation that it works.",
    "Needs an answer to the question above.",
    "Needs the manager's approval.",
    "Waiting for a time when the device is free.",
];

/// Why a ticket goes to another department.
pub(crate) const TRANSFERS: &[&str] = &[
    "This one is yours; the requester knows that it is being passed on.",
    "Nothing for us to do here, please take over.",
];

/// How a ticket was solved, with the code for reports.
pub(crate) const RESOLUTIONS: &[(&str, &str)] = &[
    ("Set up as requested and tested together with the requester.", "fixed"),
    ("The faulty part was replaced.", "fixed"),
    ("Access was granted after approval.", "fixed"),
    ("The question was answered; a pointer to the guide was added.", "answered"),
    ("The record was corrected and takes effect with the next run.", "fixed"),
    ("A workaround is in place until the next update.", "workaround"),
    ("Same as an earlier ticket, which stays open.", "duplicate"),
    ("Could not be reproduced any more; please reopen if it comes back.", "not_reproducible"),
];

/// Why a ticket is reopened.
pub(crate) const REOPENINGS: &[&str] =
    &["Sorry, it is back since this morning.", "It worked for a day, now the same thing happens again."];

/// What requesters say of the outcome, by their rating from 1 to 5.
pub(crate) const COMMENTS: &[&str] = &[
    "It took far too long and nobody told me why.",
    "Solved in the end, but I had to ask twice.",
    "Fine.",
    "Friendly and quick enough.",
    "Excellent, solved within hours.",
];
