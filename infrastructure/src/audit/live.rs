//! Verifying the log where it is: everything that an export has, and what only the database knows.

use super::checker::{BLOCK, Checker};
use super::tree::Frontier;
use super::walk::{Entry, Walk};
use super::{Audit, Fault, SignedHead, Verified};
use crate::log::genesis;

impl Audit {
    /// Walks the whole log and checks that nothing in it was altered, removed, moved or added: leaves, blocks, tree
    /// and signed heads, and that it extends the heads in `kept`, which somebody kept elsewhere.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn verify(&self, kept: &[SignedHead]) -> sqlx::Result<Verified> {
        let ends = self.ends().await?;
        let acknowledged = self.acknowledged(ends.events.max(ends.blocks)).await?;
        let key = self.key();
        let mut checker = Checker::new(&key, kept);
        checker.expect_nodes(ends.heads);
        let mut walk = Walk::new(self.pool.clone(), 1, ends.events.max(ends.blocks), true);
        if let Err(fault) = checker.begin(0, Frontier::default(), genesis()) {
            return Ok(checker.verified(Some(fault)));
        }
        while let Some(entries) = walk.next().await? {
            if let Some(fault) = entries.iter().find_map(|entry| check(&mut checker, entry).err()) {
                let fault = self.narrowed(fault).await?;
                return Ok(checker.verified(Some(fault)));
            }
        }
        let missing = checker.next();
        // A tail cut off leaves traces as long as anything still knows of it.
        let whole = if ends.heads >= missing {
            Err(Fault::at(
                missing,
                format!("the event is missing; a signed head covers {} events", ends.heads),
            ))
        } else if acknowledged {
            Err(Fault::at(missing, "the event was acknowledged and is missing"))
        } else if ends.nodes >= missing {
            Err(Fault::at(missing, format!("the event is missing; the tree covers {} events", ends.nodes)))
        } else {
            checker.finish()
        };
        Ok(checker.verified(whole.err()))
    }

    /// Whether some command is known to have events behind `end`, where the log ended a moment ago.
    async fn acknowledged(&self, end: i64) -> sqlx::Result<bool> {
        let mut transaction = self.pool.begin().await?;
        // It looks at every command there ever was.
        sqlx::query("set local statement_timeout = 0").execute(&mut *transaction).await?;
        sqlx::query_scalar(
            "select exists (select from ledger.commands k
                             where k.last_position > $1
                               and k.last_position > (select coalesce(max(last_position), 0) from ledger.blocks))",
        )
        .bind(end)
        .fetch_one(&mut *transaction)
        .await
    }

    /// A block says only that one of its events is wrong; commands and versions may say which.
    async fn narrowed(&self, fault: Fault) -> sqlx::Result<Fault> {
        let Some(until) = fault.until.filter(|_| fault.what == BLOCK) else { return Ok(fault) };
        let position: Option<i64> = sqlx::query_scalar(
            "select min(e.position) from ledger.events e
              where e.position between $1 and $2
                and (not exists (select from ledger.commands k
                                  where k.command_id = e.command_id
                                    and e.position between k.first_position and k.last_position)
                     or exists (select from ledger.events o
                                 where o.stream_id = e.stream_id and o.version < e.version
                                   and o.position > e.position))",
        )
        .bind(fault.position)
        .bind(until)
        .fetch_one(&self.pool)
        .await?;
        Ok(match position {
            Some(position) => Fault::at(position, "the event is not in its place"),
            None => fault,
        })
    }
}

fn check(checker: &mut Checker<'_>, entry: &Entry) -> Result<(), Fault> {
    match entry {
        Entry::Event(event) => checker.event(event),
        Entry::Node(node) => checker.node(node),
        Entry::Block(block) => checker.block(block),
        Entry::Head(head) => checker.head(head),
    }
}
