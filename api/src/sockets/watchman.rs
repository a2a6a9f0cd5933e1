//! Whose rights have to be looked at again: told by the log for accounts, settings and what organizations share, and
//! asked once a second for all sign-ins at once. A socket that nobody tells of anything looks by itself now and then.

use std::collections::HashSet;

use infrastructure::log::Filter;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::auth::TRUSTED_FOR;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::sessions;

/// How many events are looked at in one go.
const PAGE: usize = 256;

/// Watches while there are sockets.
pub(super) async fn run(desk: &Desk) {
    loop {
        desk.sockets.hub.is_awake().await;
        if let Err(problem) = watch(desk).await {
            tracing::debug!(code = problem.code(), "Nobody can say who may still listen");
            tokio::time::sleep(TRUSTED_FOR).await;
        }
        // Whatever was missed meanwhile.
        tell(desk, |_| true);
    }
}

/// Watches until nobody listens.
async fn watch(desk: &Desk) -> Answer<()> {
    let mut head = desk.log.watch_head();
    let mut position = *head.borrow_and_update();
    tell(desk, |_| true);
    let mut asked_at = Instant::now();
    loop {
        let _ = timeout_at(asked_at + TRUSTED_FOR, head.changed()).await;
        let reached = *head.borrow_and_update();
        while position < reached {
            let slice = desk.log.slice(position, reached, &Filter::default(), PAGE).await?;
            let of = |kind: &'static str| {
                let of_kind = slice.entries.iter().filter(move |entry| entry.row.stream_type == kind);
                of_kind.map(|entry| entry.row.stream_id)
            };
            let users: HashSet<Uuid> = of("user").collect();
            let concerns_all = of("setting").chain(of("catalogue")).next().is_some();
            tell(desk, |(user, owner, _)| concerns_all || users.contains(&user) || users.contains(&owner));
            position = slice.scanned;
        }
        if asked_at.elapsed() >= TRUSTED_FOR {
            asked_at = Instant::now();
            let lines = desk.sockets.hub.lines();
            if lines.is_empty() {
                return Ok(());
            }
            let tokens: Vec<Uuid> = lines.iter().map(|line| line.who.2).collect();
            let ended: HashSet<Uuid> = sessions::ended(desk.pool(), &tokens).await?.into_iter().collect();
            tell(desk, |(_, _, token)| ended.contains(&token));
        }
    }
}

/// Tells the sockets whose account, token's owner and token `concerned` says so of.
fn tell(desk: &Desk, concerned: impl Fn((Uuid, Uuid, Uuid)) -> bool) {
    for line in desk.sockets.hub.lines() {
        let (user, owner, token) = line.who;
        if concerned((user.0, owner.0, token)) {
            line.look.notify_one();
        }
    }
}
