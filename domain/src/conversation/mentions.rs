//! Who is spoken to in a message.

use crate::access::{Caller, Whose};
use crate::id::UserId;
use crate::user::values::Username;

/// How many people one message speaks to at most.
pub const MOST_MENTIONS: usize = 50;

/// The names that `content` speaks to, each once: what follows an `@` that stands at the beginning of a word. At most
/// [`MOST_MENTIONS`].
#[must_use]
pub fn names_in(content: &str) -> Vec<Username> {
    let mut names: Vec<Username> = Vec::new();
    let mut before = None;
    for (at, c) in content.char_indices() {
        let begins_a_word = !before.is_some_and(|before: char| before.is_alphanumeric() || before == '@');
        if c == '@' && begins_a_word {
            names.extend(name_at(&content[at + 1..]).filter(|name| !names.contains(name)));
        }
        if names.len() == MOST_MENTIONS {
            break;
        }
        before = Some(c);
    }
    names
}

/// The name that `text` begins with. A name may hold dots, but the one at its end is the sentence's.
fn name_at(text: &str) -> Option<Username> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')));
    let name = text[..end.unwrap_or(text.len())].trim_end_matches(['.', '-']);
    Username::parse(name).ok()
}

/// Those of `people` whom a message by `by` on a ticket speaks to, each once: they see the ticket and may read the
/// message. Whoever writes it needs not be told.
#[must_use]
pub fn kept(people: &[Caller], by: &Caller, ticket: Whose<'_>, is_internal: bool) -> Vec<UserId> {
    let mut kept = Vec::new();
    for person in people {
        let sight = person.sight();
        let may_read =
            sight.sees(ticket) && (!is_internal || sight.reads_internal(ticket.requester, ticket.assignee));
        let Some(id) = person.person().filter(|id| may_read && !by.is(*id)) else { continue };
        if !kept.contains(&id) && kept.len() < MOST_MENTIONS {
            kept.push(id);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::access::{Department, Reach, Role};

    #[test]
    fn a_name_follows_an_at_sign_at_the_beginning_of_a_word() {
        let names = |content: &str| -> Vec<String> {
            names_in(content).iter().map(|name| name.as_str().to_owned()).collect()
        };
        assert_eq!(names("@ivan, ask @Hana.B. (@eve_1)\n@ivan"), ["ivan", "hana.b", "eve_1"]);
        assert_eq!(names("größe@ivan ada@example.com @@ivan @ @. @- @ü @i"), [] as [&str; 0]);
        assert_eq!(names("…@ivan…"), ["ivan"]);
        let many: Vec<String> = (0..90).map(|n| format!("@person-{n}")).collect();
        assert_eq!(names(&many.join(" ")).len(), MOST_MENTIONS);
    }

    #[test]
    fn those_are_kept_who_may_read_the_message() {
        let [ada, ivan, hana, root] = [1, 2, 3, 4].map(|n| UserId(Uuid::from_u128(n)));
        let [it, hr] = ["IT", "HR"].map(|code| code.parse::<Department>().expect("a code"));
        let person = |id, role, department: &Department| Caller::Person {
            id,
            role,
            departments: vec![department.clone()],
            reach: Reach::default(),
        };
        let people = [
            person(ada, Role::User, &it),
            person(ivan, Role::ItAgent, &it),
            person(hana, Role::HrAgent, &hr),
            person(root, Role::Admin, &hr),
            person(ivan, Role::ItAgent, &it),
        ];
        let ticket = Whose { requester: ada, department: Some(&it), assignee: None, organization: None };
        let kept_by = |by: &Caller, ticket, is_internal| kept(&people, by, ticket, is_internal);
        assert_eq!(kept_by(&people[3], ticket, false), [ada, ivan]);
        assert_eq!(kept_by(&people[0], ticket, false), [ivan, root]);
        assert_eq!(kept_by(&people[3], ticket, true), [ivan], "a note is not the requester's");
        let own = Whose { requester: ivan, ..ticket };
        assert!(kept_by(&people[3], own, true).is_empty(), "nor an agent's about themselves");
    }
}
