//! Who may do what: every operation of the document, asked by everybody.

mod document;
mod matrix;
mod stage;
mod table;
mod tokens;
