//! The people of the demo: three to sign in as, six more requesters, and the crowd of the sample file.

use domain::access::{Caller, Department, Reach, Role};
use domain::id::UserId;

use super::names;

/// The password of everybody who can sign in.
pub(crate) const PASSWORD: &str = "demo-password";

/// How many requesters the sample file's tickets are spread over.
pub(crate) const SAMPLE_REQUESTERS: u32 = 200;
/// How many agents of IT work on them.
pub(crate) const SAMPLE_IT: u32 = 6;
/// How many agents of HR do.
pub(crate) const SAMPLE_HR: u32 = 2;

/// Somebody in the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name they sign in with, from which their id follows.
    pub(crate) username: String,
    /// What they may do.
    pub(crate) role: Role,
}

impl Person {
    fn new(username: impl Into<String>, role: Role) -> Self {
        Self { username: username.into(), role }
    }

    /// A requester.
    pub(crate) fn requester(username: impl Into<String>) -> Self {
        Self::new(username, Role::User)
    }

    /// The agent on stage in `department`: Hana in HR, Ivan everywhere else.
    pub(crate) fn agent_of(department: &Department) -> Self {
        if *department == hr() { Self::new("hana", Role::HrAgent) } else { Self::new("ivan", Role::ItAgent) }
    }

    /// The requester of this number, from 0, among those of the sample file.
    pub(crate) fn sample_requester(number: u32) -> Self {
        Self::requester(format!("sample-user-{:03}", number % SAMPLE_REQUESTERS + 1))
    }

    /// The agent of this number, from 0, among those of `department` in the sample file.
    pub(crate) fn sample_agent(department: &Department, number: u32) -> Self {
        if *department == hr() {
            Self::new(format!("sample-hr-{}", number % SAMPLE_HR + 1), Role::HrAgent)
        } else {
            Self::new(format!("sample-it-{}", number % SAMPLE_IT + 1), Role::ItAgent)
        }
    }

    /// Their identity.
    pub(crate) fn id(&self) -> UserId {
        names::user(&self.username)
    }

    /// Their address.
    pub(crate) fn email(&self) -> String {
        format!("{}@example.com", self.username)
    }

    /// The departments they work for.
    pub(crate) fn departments(&self) -> Vec<Department> {
        match self.role {
            Role::ItAgent => vec![it()],
            Role::HrAgent => vec![hr()],
            Role::User | Role::Agent | Role::Admin => vec![],
        }
    }

    /// They, as somebody who issues commands.
    pub(crate) fn caller(&self) -> Caller {
        Caller::Person {
            id: self.id(),
            role: self.role,
            departments: self.departments(),
            reach: Reach::default(),
        }
    }
}

/// Those one can sign in as.
pub(crate) fn on_stage() -> Vec<Person> {
    let mut people = vec![Person::requester("ada"), Person::agent_of(&it()), Person::agent_of(&hr())];
    people.extend((1..=6).map(|number| Person::requester(format!("demo-user-{number}"))));
    people
}

/// Those of the sample file, who cannot sign in.
pub(crate) fn in_the_sample() -> Vec<Person> {
    let requesters = (0..SAMPLE_REQUESTERS).map(Person::sample_requester);
    let of_it = (0..SAMPLE_IT).map(|number| Person::sample_agent(&it(), number));
    let of_hr = (0..SAMPLE_HR).map(|number| Person::sample_agent(&hr(), number));
    requesters.chain(of_it).chain(of_hr).collect()
}

/// The department IT.
pub(crate) fn it() -> Department {
    "IT".parse().expect("IT is a department's code")
}

/// The department HR.
pub(crate) fn hr() -> Department {
    "HR".parse().expect("HR is a department's code")
}
