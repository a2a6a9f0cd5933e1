//! The log as a stream for other programs: where a reader is, what it wants, what of it it may see.
//!
//! Nothing is sent ahead: whoever reads asks the log for the next few events, so a reader that does not read
//! costs its connection and one page.

mod cloud;
mod filter;
mod live;
mod place;
mod reader;

pub(crate) use self::cloud::CloudEvent;
pub(crate) use self::filter::read as read_filter;
pub(crate) use self::live::{Format, Ids, Live, Streams, may_follow, shown_up_to};
pub(crate) use self::place::forked;
pub(crate) use self::reader::{Reader, told_outside};
