//! Notifications: who of the desk's people is told of what happens, in the list, on sockets, by mail and by push.
//!
//! An event goes this way: [`raise`] asks the domain whom it concerns, who of them sees it, and how they want to be told, and
//! appends a notification for each; [`queue`] writes down what of it leaves the house and when; [`deliver`] writes the
//! texts when that is due, from what the reader may read then, and hands them to the mail's and the push's own queues. No
//! text is stored before. [`shown`] is the one place that finds the texts.

mod deliver;
mod letters;
mod queue;
mod raise;
mod shown;
mod words;

pub(crate) use self::deliver::Deliverer;
pub(crate) use self::queue::Queue;
pub(crate) use self::raise::Raise;
pub(crate) use self::shown::ShownNotification;

/// The longest excerpt of a message that a notification shows, in characters.
const EXCERPT: usize = 200;
