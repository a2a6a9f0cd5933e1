//! The document that describes the API, made of what the routes say of themselves.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Required};
use utoipa::{Modify, OpenApi};

use crate::api_tokens::scopes::API_TOKEN;
use crate::problem::{ProblemBody, declared};
use crate::settle::Late;

/// What the document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ledgerdesk",
        description = "A help desk in which every change is an event in one append-only log.\n\n\
            Every command answers with `X-Ledger-Position`; any GET with `min_position` shows at least what \
            that position led to. `ETag` is the resource's version; `If-Match` makes a command insist on it. \
            A POST with `Idempotency-Key` has one outcome however often it is sent, within 24 hours. Every \
            answer tells how many requests are left: `X-RateLimit-Limit`, `-Remaining` and `-Reset` (in \
            seconds), `RateLimit-Policy` and `RateLimit`. Every path also answers without `/api/v1`. What events look like is at `/schemas`, the channels they leave \
            by are described at `/asyncapi.json`. `/auth/token` is another name of `/auth/login`, `/me` of \
            `/auth/me`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "auth", description = "Signing in and out."),
        (name = "users", description = "People: who has an account, and as what."),
        (name = "home", description = "What each kind of person sees first."),
        (name = "tickets", description = "Requesters' problems, from creation to closing."),
        (name = "knowledge", description = "Articles that answer questions before they are tickets."),
        (name = "audit", description = "Proof that the log is as it was: signed heads, proofs, exports."),
        (name = "events", description = "The log for other programs: every event once, in order, without holes."),
        (name = "notifications", description = "What people are told of, and how they want to be."),
        (name = "webhooks", description = "Addresses outside that are told of events as they happen."),
        (name = "push", description = "Browsers that are told of something while no page of the desk is open."),
        (name = "catalogues", description = "Departments, buildings, categories, teams, organizations, tags."),
        (name = "ai", description = "What models make of a text, asked directly."),
        (name = "misuse", description = "Who seems to misuse the desk, for administrators."),
        (name = "settings", description = "What administrators decide while the desk runs."),
        (name = "internal", description = "What programs of the desk's predecessors call."),
        (name = "ops", description = "Whether the desk is well."),
    ),
    components(schemas(ProblemBody, Late)),
    modifiers(&Reusable),
)]
pub(crate) struct Document;

/// What routes refer to: the way to sign in, and the answers they share.
struct Reusable;

impl Modify for Reusable {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        bearer.description = Some("The access token that /auth/login gave.".to_owned());
        components.add_security_scheme("bearerAuth", SecurityScheme::Http(bearer));
        let mut token = Http::new(HttpAuthScheme::Bearer);
        token.bearer_format = Some("hd_…".to_owned());
        token.description = Some(
            "An API token that /auth/tokens gave, for whatever names a scope that it has. With the scope \
             impersonate and X-On-Behalf-Of (an id, a name or an address) it acts as that person."
                .to_owned(),
        );
        components.add_security_scheme(API_TOKEN, SecurityScheme::Http(token));
        declared::register(components);
    }
}

/// Adds to every operation what the layers do for it, so that no route repeats it.
pub(crate) fn complete(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, post, put, patch, delete, .. } = item;
        if let Some(get) = get.as_mut().filter(|_| path.starts_with("/api/v1/")) {
            add(get, min_position(), &[("422", "Invalid"), ("503", "Unavailable")]);
        }
        let is_repeatable = |post: &&mut Operation| {
            post.security.is_some() && !path.contains("/auth/") && !takes_a_form(post)
        };
        if let Some(post) = post.as_mut().filter(is_repeatable) {
            add(post, idempotency_key(), &[("409", "Conflict"), ("422", "Invalid")]);
        }
        let operations = [get, post, put, patch, delete].map(|operation| operation.as_mut());
        for operation in operations.into_iter().flatten().filter(|_| path.starts_with("/api/v1/")) {
            answers(operation, &[("429", "Limited")]);
            // An API token that is not for this, or a second factor that is missing.
            if operation.security.is_some() {
                answers(operation, &[("403", "Forbidden")]);
            }
        }
        for command in [post, put, patch, delete].into_iter().flatten() {
            if command.responses.responses.contains_key("412") {
                add(command, if_match(), &[]);
            }
        }
    }
}

/// Whether its body is a form with a file, which is not kept to be compared.
fn takes_a_form(operation: &Operation) -> bool {
    matches!(&operation.request_body, Some(RefOr::T(body)) if body.content.contains_key("multipart/form-data"))
}

fn add(operation: &mut Operation, parameter: Parameter, more: &[(&str, &str)]) {
    operation.parameters.get_or_insert_default().push(parameter.into());
    answers(operation, more);
}

fn answers(operation: &mut Operation, more: &[(&str, &str)]) {
    for (status, name) in more {
        let answer = || Ref::from_response_name(*name).into();
        operation.responses.responses.entry((*status).to_owned()).or_insert_with(answer);
    }
}

fn min_position() -> Parameter {
    let position = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0));
    optional(
        "min_position",
        ParameterIn::Query,
        "Show at least what this position of the log led to.",
        position,
    )
}

fn idempotency_key() -> Parameter {
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    optional("Idempotency-Key", ParameterIn::Header, "The same key, the same outcome.", key)
}

fn if_match() -> Parameter {
    let tag =
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^\"v[0-9]+\"$")).examples(["\"v17\""]);
    optional("If-Match", ParameterIn::Header, "The version the command insists on, as ETag gave it.", tag)
}

fn optional(name: &str, place: ParameterIn, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    /// Every operation of the document with its address.
    fn operations(document: &Value) -> Vec<(String, &Value)> {
        let paths = document["paths"].as_object().expect("paths");
        paths
            .iter()
            .flat_map(|(path, item)| {
                let item = item.as_object().expect("an item");
                item.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
            })
            .collect()
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_what_it_is() {
        let document = serde_json::to_value(crate::openapi()).expect("JSON");
        let mut names = BTreeSet::new();
        for (address, operation) in operations(&document) {
            let name = operation["operationId"].as_str().unwrap_or_default();
            assert!(!name.is_empty() && names.insert(name.to_owned()), "{address}: {name}");
            assert!(operation["summary"].is_string(), "{address}");
            assert!(operation["tags"].is_array(), "{address}");
            let responses = operation["responses"].as_object().expect("responses");
            if operation.get("security").is_some() {
                assert!(responses.contains_key("401") && responses.contains_key("503"), "{address}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = crate::openapi().to_json().expect("JSON");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap_or_default();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn what_the_layers_do_is_in_the_document() {
        let document = serde_json::to_value(crate::openapi()).expect("JSON");
        let parameters = |pointer: &str| document.pointer(pointer).map(Value::to_string).unwrap_or_default();
        assert!(parameters("/paths/~1api~1v1~1users/get/parameters").contains("min_position"));
        assert!(parameters("/paths/~1api~1v1~1users/post/parameters").contains("Idempotency-Key"));
        assert!(!parameters("/paths/~1api~1v1~1auth~1login/post/parameters").contains("Idempotency-Key"));
    }
}
