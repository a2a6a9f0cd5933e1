//! What an answer has to be: told to the provider, and checked when the answer comes.

use serde_json::{Map, Value, json};

use super::asking::object;

/// What an answer has to be: an object of these fields and no other, each of its kind.
#[derive(Debug, Clone)]
pub struct Schema {
    fields: Vec<Field>,
}

/// A field of an answer.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it means, for the model.
    pub meaning: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a field holds.
#[derive(Debug, Clone)]
pub enum Kind {
    /// One of these words.
    OneOf(Vec<String>),
    /// Some of these words, each once.
    SomeOf {
        /// The words.
        of: Vec<String>,
        /// How many of them at most.
        most: usize,
    },
    /// A text.
    Text {
        /// How many characters it has at most.
        longest: usize,
    },
    /// A number from 0 to 1.
    Share,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    /// It is no object of JSON, or has a field twice.
    NoObject,
    /// A field is missing, or there is another one.
    Fields,
    /// A field holds something else.
    Value,
}

impl Misfit {
    /// What it is, for the model as well as for people.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::NoObject => "it is not one JSON object in which each field is there once",
            Self::Fields => "it does not have exactly the fields of the schema",
            Self::Value => "a field holds something that the schema does not allow",
        }
    }
}

impl Schema {
    /// An object of `fields`, all of which have to be there.
    #[must_use]
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields }
    }

    /// What `text` says, if that is what is wanted.
    pub(super) fn read(&self, text: &str) -> Result<Map<String, Value>, Misfit> {
        let values = object(text).ok_or(Misfit::NoObject)?;
        let has_all = self.fields.iter().all(|field| values.contains_key(field.name));
        if !has_all || values.len() != self.fields.len() {
            return Err(Misfit::Fields);
        }
        let fits = |field: &Field| values.get(field.name).is_some_and(|value| field.kind.admits(value));
        if self.fields.iter().all(fits) { Ok(values) } else { Err(Misfit::Value) }
    }

    /// As JSON Schema, with nothing that some providers refuse: how long and how many are said in words, and checked.
    pub(super) fn json(&self) -> Value {
        let mut schema = self.object(&|kind| match kind {
            Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
            Kind::SomeOf { of, .. } => json!({ "type": "array", "items": { "type": "string", "enum": of } }),
            Kind::Text { .. } => json!({ "type": "string" }),
            Kind::Share => json!({ "type": "number" }),
        });
        schema["type"] = "object".into();
        schema["additionalProperties"] = false.into();
        schema
    }

    /// As Gemini has it.
    pub(super) fn gemini(&self) -> Value {
        let mut schema = self.object(&|kind| match kind {
            Kind::OneOf(words) => json!({ "type": "STRING", "format": "enum", "enum": words }),
            Kind::SomeOf { of, .. } => {
                json!({ "type": "ARRAY", "items": { "type": "STRING", "format": "enum", "enum": of } })
            }
            Kind::Text { .. } => json!({ "type": "STRING" }),
            Kind::Share => json!({ "type": "NUMBER" }),
        });
        schema["type"] = "OBJECT".into();
        schema["propertyOrdering"] = schema["required"].clone();
        schema
    }

    fn object(&self, of: &dyn Fn(&Kind) -> Value) -> Value {
        let property = |field: &Field| {
            let mut property = of(&field.kind);
            property["description"] = field.described().into();
            (field.name.to_owned(), property)
        };
        let properties: Map<String, Value> = self.fields.iter().map(property).collect();
        let required: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
        json!({ "properties": properties, "required": required })
    }
}

impl Field {
    fn described(&self) -> String {
        let meaning = self.meaning;
        match &self.kind {
            Kind::OneOf(_) => meaning.to_owned(),
            Kind::SomeOf { most, .. } => format!("{meaning}; at most {most}"),
            Kind::Text { longest } => format!("{meaning}; at most {longest} characters"),
            Kind::Share => format!("{meaning}; a number from 0 to 1"),
        }
    }
}

impl Kind {
    fn admits(&self, value: &Value) -> bool {
        let is_of = |value: &Value, words: &[String]| {
            value.as_str().is_some_and(|said| words.iter().any(|word| word == said))
        };
        match self {
            Self::OneOf(words) => is_of(value, words),
            Self::SomeOf { of, most } => value.as_array().is_some_and(|said| {
                let is_once = said.iter().enumerate().all(|(at, one)| !said[..at].contains(one));
                said.len() <= *most && is_once && said.iter().all(|one| is_of(one, of))
            }),
            Self::Text { longest } => value.as_str().is_some_and(|text| {
                let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
                text.chars().count() <= *longest && text.chars().all(is_plain)
            }),
            Self::Share => value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let field = |name, kind| Field { name, meaning: "what it is", kind };
        Schema::new(vec![
            field("which", Kind::OneOf(words(&["IT", "HR"]))),
            field("some", Kind::SomeOf { of: words(&["a", "b", "c"]), most: 2 }),
            field("why", Kind::Text { longest: 5 }),
            field("sure", Kind::Share),
        ])
    }

    fn read(text: &str) -> Result<(), Misfit> {
        schema().read(text).map(drop)
    }

    #[test]
    fn an_answer_is_what_was_asked_for_or_none() {
        assert_eq!(read(r#" {"which":"IT","some":["a","c"],"why":"ünï\n!","sure":1} "#), Ok(()));
        for text in
            ["", "IT", "[]", "```json\n{}\n```", r#"{"which":"IT","which":"IT","some":[],"why":"","sure":1}"#]
        {
            assert_eq!(read(text), Err(Misfit::NoObject), "{text}");
        }
        for text in [
            "{}",
            r#"{"which":"IT","some":[],"why":""}"#,
            r#"{"which":"IT","some":[],"why":"","sure":1,"priority":"critical"}"#,
            r#"{"Which":"IT","some":[],"why":"","sure":1}"#,
        ] {
            assert_eq!(read(text), Err(Misfit::Fields), "{text}");
        }
        for (name, value) in [
            ("which", r#""it""#),
            ("which", r#"["IT"]"#),
            ("which", "null"),
            ("some", r#"["a","a"]"#),
            ("some", r#"["a","b","c"]"#),
            ("some", r#"["d"]"#),
            ("some", r#""a""#),
            ("why", r#""123456""#),
            ("why", r#""a\u0000""#),
            ("why", "5"),
            ("sure", "1.1"),
            ("sure", "-0.1"),
            ("sure", r#""1""#),
            ("sure", "null"),
        ] {
            let mut good: Map<String, Value> =
                object(r#"{"which":"IT","some":[],"why":"","sure":0.5}"#).expect("an object");
            good.insert(name.to_owned(), serde_json::from_str(value).expect("JSON"));
            let text = Value::from(good).to_string();
            assert_eq!(read(&text), Err(Misfit::Value), "{text}");
        }
    }

    #[test]
    fn both_kinds_of_providers_are_told_the_same() {
        let (json, gemini) = (schema().json(), schema().gemini());
        for (schema, text, object) in [(&json, "string", "object"), (&gemini, "STRING", "OBJECT")] {
            assert_eq!(schema["type"], object);
            assert_eq!(schema["required"], json!(["which", "some", "why", "sure"]));
            let which = &schema["properties"]["which"];
            assert_eq!((&which["type"], &which["enum"]), (&json!(text), &json!(["IT", "HR"])));
            assert_eq!(schema["properties"]["why"]["description"], "what it is; at most 5 characters");
        }
        assert_eq!(json["additionalProperties"], false);
    }
}
