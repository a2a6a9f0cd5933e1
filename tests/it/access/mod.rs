//! Who may do what: every operation of the document, asked by everybody.

mod api_tokens;
mod document;
mod matrix;
mod stage;
mod table;
mod tokens;
