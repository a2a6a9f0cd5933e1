//! The documents of the API and of events, and pages to read with; nothing of them comes from another site.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Uri};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::setting::Flag;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::desk::Desk;
use crate::problem::Problem;
use crate::schemas;

/// The pages run their own scripts, set styles in place, and ask this site only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

static DOCUMENT: LazyLock<String> = LazyLock::new(|| crate::openapi().to_json().unwrap_or_default());

static EVENTS: LazyLock<String> = LazyLock::new(|| crate::asyncapi().to_string());

static INDEX: LazyLock<String> = LazyLock::new(|| schemas::index().to_string());

static SCHEMAS: LazyLock<BTreeMap<&str, String>> = LazyLock::new(|| {
    schemas::files().iter().map(|(file, schema)| (file.as_str(), schema.to_string())).collect()
});

pub(super) fn routes(desk: Desk) -> Router<Desk> {
    let pages = SwaggerUi::new("/docs").config(Config::from("/openapi.json"));
    let pages = Router::from(pages).layer(map_response(with_policy));
    pages
        .route("/openapi.json", get(document))
        .route("/asyncapi.json", get(async || ([(CONTENT_TYPE, "application/json")], EVENTS.as_str())))
        .route_layer(from_fn_with_state(desk, while_on))
        // Events name their schemas, so these are always there.
        .route("/schemas", get(async || ([(CONTENT_TYPE, "application/json")], INDEX.as_str())))
        .route("/schemas/{file}", get(schema))
}

/// Passes on while the documentation is switched on.
async fn while_on(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if desk.was_on(Flag::ApiDocs).await {
        next.run(request).await
    } else {
        Problem::not_found("the documentation is switched off").into_response()
    }
}

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

async fn schema(uri: Uri) -> Result<impl IntoResponse, Problem> {
    let file = uri.path().rsplit('/').next().and_then(|file| SCHEMAS.get(file));
    let schema = file.ok_or_else(|| Problem::not_found("there is no such schema; /schemas lists them"))?;
    Ok(([(CONTENT_TYPE, "application/schema+json")], schema.as_str()))
}

async fn with_policy(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}
