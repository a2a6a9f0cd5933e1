//! The engine: the shipped models and what they are asked.

use std::sync::{Arc, LazyLock};

use crate::bytes::Malformed;
use crate::routing::{Router, Routing};
use crate::screening::{Harm, Screening, Screens, Suspicion};

/// Models that are loaded.
///
/// Cloning is cheap: the models are shared.
#[derive(Debug, Clone)]
pub struct Engine {
    screens: Arc<Screens>,
    router: Arc<Router>,
}

/// The files of the models that are shipped, by name.
const SHIPPED: [(&str, &[u8]); 4] = [
    ("spam.model", include_bytes!("../models/spam.model")),
    ("abuse.model", include_bytes!("../models/abuse.model")),
    ("injection.model", include_bytes!("../models/injection.model")),
    ("router.model", include_bytes!("../models/router.model")),
];

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let [spam, abuse, injection, router] = SHIPPED.map(|(_, bytes)| bytes);
    Engine::from_files(spam, abuse, injection, router).expect("a test reads every model that is shipped")
});

impl Engine {
    /// The engine with the shipped models, which are read once.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &ENGINE
    }

    /// The names and bytes of the model files that are shipped.
    #[must_use]
    pub fn files() -> [(&'static str, &'static [u8]); 4] {
        SHIPPED
    }

    /// An engine with models of one's own, each the bytes of its file.
    ///
    /// # Errors
    /// If bytes are no model, or none for their task.
    pub fn from_files(spam: &[u8], abuse: &[u8], injection: &[u8], router: &[u8]) -> Result<Self, Malformed> {
        let screens = Arc::new(Screens::from_bytes(spam, abuse, injection)?);
        Ok(Self { screens, router: Arc::new(Router::from_bytes(router)?) })
    }

    /// This engine with another router, such as one trained from a desk's own corrections.
    #[must_use]
    pub fn with_router(&self, router: Router) -> Self {
        Self { screens: Arc::clone(&self.screens), router: Arc::new(router) }
    }

    /// The router, which a desk trains on.
    #[must_use]
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// Whether a ticket is harmful.
    #[must_use]
    pub fn screen(&self, title: &str, description: &str) -> Screening {
        self.screens.screen(&whole(title, description))
    }

    /// How likely a ticket is harmful in one way, from 0 to 1, and from which on it is held back.
    #[must_use]
    pub fn suspect(&self, harm: Harm, title: &str, description: &str) -> Suspicion {
        self.screens.suspect(harm, &whole(title, description))
    }

    /// Where a ticket belongs.
    #[must_use]
    pub fn route(&self, title: &str, description: &str) -> Routing {
        self.router.route(&whole(title, description))
    }
}

/// A ticket's title and description as one text.
fn whole(title: &str, description: &str) -> String {
    if title.is_empty() { description.to_owned() } else { format!("{title}\n{description}") }
}
