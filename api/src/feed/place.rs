//! Where a reader is, and what it is told when that is no place in this log.

use infrastructure::audit::text::to_hex;
use infrastructure::log::{Common, Fork};
use serde_json::{Value, json};

use crate::problem::Problem;

/// 409: the log's history is not the one that the reader has read.
pub(crate) fn forked(fork: &Fork) -> Problem {
    let Fork { position, head, last_common } = fork;
    let message = match last_common {
        None => format!(
            "position {position} is beyond the end of the log, {head}: the log was restored from an older backup, \
             or it is another log. A number cannot tell what is common; keep the cursor of each answer instead"
        ),
        Some(Common { position: 0, .. }) => {
            format!("the cursor at {position} is of another log: nothing is known to be common")
        }
        Some(common) => format!(
            "the log is not the one that was read up to {position}: it was restored or replaced. What was read \
             behind {} is not in it; go on from last_common.cursor",
            common.position
        ),
    };
    Problem::conflict("LOG_FORKED", message)
        .detail("cursor_position", *position)
        .detail("head", *head)
        .detail("last_common", last_common.as_ref().map_or(Value::Null, described))
}

fn described(common: &Common) -> Value {
    let block_hash = to_hex(&common.block_hash);
    json!({ "position": common.position, "block_hash": block_hash, "cursor": common.cursor.to_string() })
}
