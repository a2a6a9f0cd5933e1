//! Training: from labelled texts to models, the same from the same.

mod calibration;
mod groups;
mod recipe;
mod router;
mod seed;
mod sets;
mod shipped;
mod thresholds;
mod triggers;

pub use groups::near_duplicates;
pub use recipe::{Recipe, Row, split};
pub use router::{CannotTrain, Kind, RouterOptions, train_router};
pub use sets::{Labelled, Sets};
pub use shipped::{
    HeldOut, TOPICS, Trained, router, train_abuse, train_category, train_department, train_injection,
    train_spam,
};
