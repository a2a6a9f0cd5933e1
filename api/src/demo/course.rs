//! The course of a ticket from the sample file: what its chance and the outcome it heads for make of it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Caller, Department};
use domain::change::Change;
use domain::ticket::TicketCommand;
use domain::ticket::values::{Impact, Status};

use super::chance::Chance;
use super::people::{Person, SAMPLE_HR, SAMPLE_IT, hr, it};
use super::phrases;
use super::plan::{Act, DESK, Step};
use super::stories::judgement;

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// A ticket's course so far, with the seconds that pass before each step.
pub(crate) struct Course<'a> {
    chance: &'a mut Chance,
    requester: Person,
    /// The department that solves it, whatever it was filed with.
    department: Department,
    agent: Person,
    steps: Vec<(u32, Caller, Act)>,
}

impl<'a> Course<'a> {
    /// The beginning of a course that ends in `department`.
    pub(crate) fn new(chance: &'a mut Chance, requester: Person, department: Department) -> Self {
        let agents = if department == hr() { SAMPLE_HR } else { SAMPLE_IT };
        let agent = Person::sample_agent(&department, chance.below(agents));
        Self { chance, requester, department, agent, steps: Vec::new() }
    }

    /// Everything until the ticket, filed with the department `filed_with`, stands at `outcome`.
    pub(crate) fn lead_to(&mut self, outcome: Status, filed_with: Option<&Department>) {
        match outcome {
            Status::Open => return self.linger(filed_with),
            Status::Assigned => {
                self.sort(filed_with);
                return self.assign();
            }
            Status::InProgress | Status::WaitingOnCustomer | Status::Resolved | Status::Closed => {}
        }
        self.sort(filed_with);
        self.work();
        match outcome {
            Status::WaitingOnCustomer => self.wait(),
            Status::Resolved => self.resolve(),
            Status::Closed => {
                self.resolve();
                self.close();
            }
            Status::Open | Status::Assigned | Status::InProgress => {}
        }
    }

    /// The steps between the filing and `now`, closer together if there is not time enough.
    pub(crate) fn laid_out(self, filed_at: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Step> {
        let needed: i64 = self.steps.iter().map(|(gap, ..)| i64::from(*gap)).sum();
        let needed = (needed * 1_000).max(1);
        let available = ((now - filed_at).num_milliseconds() * 9 / 10).max(0);
        let mut passed = 0;
        self.steps
            .into_iter()
            .map(|(gap, by, act)| {
                passed += i64::from(gap) * 1_000;
                let after = if needed > available {
                    i64::try_from(i128::from(passed) * i128::from(available) / i128::from(needed))
                        .expect("a part of what is available")
                } else {
                    passed
                };
                Step { at: filed_at + TimeDelta::milliseconds(after), by, act }
            })
            .collect()
    }

    /// Between `from` and `to` seconds later, the caller does this.
    fn then(&mut self, from: u32, to: u32, by: Caller, act: Act) {
        let gap = from + self.chance.below(to - from);
        self.steps.push((gap, by, act));
    }

    fn agent_does(&mut self, from: u32, to: u32, command: TicketCommand) {
        self.then(from, to, self.agent.caller(), Act::Do(command));
    }

    fn requester_does(&mut self, from: u32, to: u32, command: TicketCommand) {
        self.then(from, to, self.requester.caller(), Act::Do(command));
    }

    fn says(&mut self, from: u32, to: u32, by: Caller, phrases: &[&str], is_internal: bool) {
        let content = (*self.chance.pick(phrases)).to_owned();
        self.then(from, to, by, Act::Say { content, is_internal });
    }

    fn agent_answers(&mut self, from: u32, to: u32, phrases: &[&str]) {
        self.says(from, to, self.agent.caller(), phrases, false);
    }

    fn requester_answers(&mut self, from: u32, to: u32) {
        self.says(from, to, self.requester.caller(), phrases::ANSWERS, false);
    }

    fn note(&mut self, percent: u32) {
        if self.chance.percent(percent) {
            self.says(MINUTE, HOUR, self.agent.caller(), phrases::NOTES, true);
        }
    }

    /// Nobody has taken it up.
    fn linger(&mut self, filed_with: Option<&Department>) {
        if filed_with == Some(&self.department) && self.chance.percent(25) {
            self.judge();
        }
        if self.chance.percent(12) {
            self.requester_answers(4 * HOUR, 2 * DAY);
        }
    }

    /// Brings it to the department that solves it.
    fn sort(&mut self, filed_with: Option<&Department>) {
        let to = self.department.clone();
        match filed_with {
            Some(department) if *department == to => {}
            None => {
                let transfer = TicketCommand::Transfer { department: to, note: None };
                self.then(MINUTE, 2 * HOUR, DESK, Act::Do(transfer));
            }
            Some(other) => {
                let note = Some((*self.chance.pick(phrases::TRANSFERS)).to_owned());
                let by = Person::sample_agent(other, self.chance.below(SAMPLE_IT)).caller();
                let transfer = TicketCommand::Transfer { department: to, note };
                self.then(10 * MINUTE, 5 * HOUR, by, Act::Do(transfer));
            }
        }
    }

    /// Leaves it in the queue or on the agent's desk.
    fn assign(&mut self) {
        if self.chance.percent(15) {
            let queue = Act::Do(TicketCommand::Assign { agent: None, team: Change::Keep });
            return self.then(MINUTE, HOUR, DESK, queue);
        }
        self.take_up();
        self.note(25);
    }

    /// The agent gets it, by taking it or from the desk.
    fn take_up(&mut self) {
        if self.chance.percent(60) {
            self.agent_does(5 * MINUTE, 6 * HOUR, TicketCommand::Claim);
        } else {
            self.then(MINUTE, HOUR, DESK, Act::Assign(self.agent.clone()));
        }
    }

    fn judge(&mut self) {
        let impacts = [Impact::Low, Impact::Low, Impact::Low, Impact::Medium, Impact::Medium, Impact::High];
        let impact = *self.chance.pick(&impacts);
        self.agent_does(MINUTE, 30 * MINUTE, judgement(impact));
    }

    fn work(&mut self) {
        self.take_up();
        if self.chance.percent(45) {
            self.judge();
        }
        self.agent_answers(2 * MINUTE, 4 * HOUR, phrases::FIRST_ANSWERS);
        for _ in 0..self.chance.below(3) {
            self.requester_answers(10 * MINUTE, DAY);
            self.agent_answers(10 * MINUTE, 8 * HOUR, phrases::FURTHER_ANSWERS);
        }
        self.note(25);
    }

    fn wait(&mut self) {
        let reason = Some((*self.chance.pick(phrases::WAITING)).to_owned());
        let wait = TicketCommand::SetStatus { to: Status::WaitingOnCustomer, reason };
        self.agent_does(MINUTE, 30 * MINUTE, wait);
    }

    fn resolve(&mut self) {
        if self.chance.percent(25) {
            self.wait();
            self.requester_answers(HOUR, 3 * DAY);
        }
        self.consider_solved();
        if self.chance.percent(6) {
            let reason = Some((*self.chance.pick(phrases::REOPENINGS)).to_owned());
            self.requester_does(2 * HOUR, 3 * DAY, TicketCommand::Reopen { reason });
            self.agent_answers(10 * MINUTE, 6 * HOUR, phrases::FURTHER_ANSWERS);
            self.consider_solved();
        }
        if self.chance.percent(35) {
            let rating = *self.chance.pick(&[1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5]);
            let comment = phrases::COMMENTS[usize::from(rating) - 1];
            let comment = self.chance.percent(50).then(|| comment.to_owned());
            let judge = TicketCommand::GiveFeedback { rating: Some(rating), comment };
            self.requester_does(10 * MINUTE, DAY, judge);
        }
    }

    fn consider_solved(&mut self) {
        if self.chance.percent(7) {
            let resolve = TicketCommand::Resolve { resolution: None, resolution_code: None };
            return self.requester_does(HOUR, 2 * DAY, resolve);
        }
        let (resolution, code) = *self.chance.pick(phrases::RESOLUTIONS);
        let resolution = Some(resolution.to_owned());
        let resolve = TicketCommand::Resolve { resolution, resolution_code: Some(code.to_owned()) };
        self.agent_does(20 * MINUTE, DAY, resolve);
    }

    fn close(&mut self) {
        if self.chance.percent(60) {
            self.agent_does(DAY, 4 * DAY, TicketCommand::Close);
        } else {
            self.then(4 * DAY, 7 * DAY, DESK, Act::Do(TicketCommand::Close));
        }
    }
}

/// The department that solves tickets of this label.
pub(crate) fn department_of(label: &str) -> Department {
    if label.trim().eq_ignore_ascii_case("HR Support") { hr() } else { it() }
}

/// The other department.
pub(crate) fn other_than(department: &Department) -> Department {
    if *department == hr() { it() } else { hr() }
}
