//! Who may be meant by what a message says: people by id and by name, and how far each of them sees.

use domain::access::Caller;
use domain::conversation::mentions::names_in;
use domain::id::UserId;

use crate::desk::Desk;
use crate::problem::Answer;

/// The people of `ids` and those whose names stand in `content`, as whoever they are to the desk. Whom nobody is called
/// or who may not sign in is passed over: a message tells nobody who has an account.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn meant(desk: &Desk, ids: &[UserId], content: &str) -> Answer<Vec<Caller>> {
    let mut all = ids.to_vec();
    for name in names_in(content) {
        all.extend(desk.commands.user_named(&name).await?);
    }
    let mut people = Vec::new();
    for id in all {
        people.extend(person(desk, id).await?);
    }
    Ok(people)
}

/// The person `id` as a caller who sees what they see now; none who may not sign in.
///
/// # Errors
/// The log cannot be read.
pub(crate) async fn person(desk: &Desk, id: UserId) -> Answer<Option<Caller>> {
    let account = &desk.commands.load_user(id).await?.state;
    match account.caller().filter(|_| account.may_sign_in()) {
        Some(caller) => desk.reaching(caller).await.map(Some),
        None => Ok(None),
    }
}
