//! The ticket's rules, as given/when/then.

mod aftermath;
mod answers;
mod creation;
mod editing;
mod followers;
mod links;
mod merging;
mod properties;
mod resolution;
mod routing;
mod splitting;
mod statuses;
mod testing;
mod triage;
