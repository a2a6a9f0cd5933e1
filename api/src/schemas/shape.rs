//! What a schema demands, apart from how it explains it.

use serde_json::{Map, Value};

/// Keywords that only explain.
const EXPLAIN: [&str; 5] = ["$comment", "title", "description", "example", "examples"];
/// Keywords that hold a schema per name, so that a name may be that of a keyword.
const PER_NAME: [&str; 3] = ["properties", "$defs", "patternProperties"];
/// Keywords whose words may stand in any order.
const SETS: [&str; 2] = ["required", "enum"];

/// What `schema` demands. Two schemas with one shape accept the same, however they word it.
#[must_use]
pub fn shape(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => Value::Object(demands(keywords)),
        Value::Array(schemas) => schemas.iter().map(shape).collect(),
        other => other.clone(),
    }
}

fn demands(keywords: &Map<String, Value>) -> Map<String, Value> {
    let kept = keywords.iter().filter(|(keyword, _)| !EXPLAIN.contains(&keyword.as_str()));
    kept.map(|(keyword, value)| (keyword.clone(), demand(keyword, value))).collect()
}

fn demand(keyword: &str, value: &Value) -> Value {
    match value {
        Value::Object(named) if PER_NAME.contains(&keyword) => {
            Value::Object(named.iter().map(|(name, schema)| (name.clone(), shape(schema))).collect())
        }
        Value::Array(words) if SETS.contains(&keyword) => {
            let mut words = words.clone();
            words.sort_by_key(Value::to_string);
            Value::Array(words)
        }
        other => shape(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wording_is_no_part_of_the_shape_and_fields_named_like_keywords_are() {
        let schema = json!({
            "title": "A ticket", "description": "…", "type": "object", "required": ["title", "a"],
            "properties": {
                "title": { "type": "string", "description": "In a line.", "title": "Title" },
                "description": { "oneOf": [{ "$ref": "#/$defs/description" }, { "type": "null" }] },
            },
            "$defs": { "description": { "enum": ["b", "a"], "description": "Words." } },
        });
        let expected = json!({
            "type": "object", "required": ["a", "title"],
            "properties": {
                "title": { "type": "string" },
                "description": { "oneOf": [{ "$ref": "#/$defs/description" }, { "type": "null" }] },
            },
            "$defs": { "description": { "enum": ["a", "b"] } },
        });
        assert_eq!(shape(&schema), expected);
    }

    #[test]
    fn every_demand_is_part_of_the_shape() {
        let schema = json!({
            "type": "object", "properties": { "at": { "type": "string", "format": "date-time" } },
            "required": ["at"], "$defs": { "Word": { "enum": ["a"] } },
        });
        let changes = [
            ("/properties/at/type", json!("integer")),
            ("/properties/at/format", json!("date")),
            ("/required", json!([])),
            ("/$defs/Word/enum", json!(["a", "b"])),
            ("/properties", json!({})),
        ];
        for (place, change) in changes {
            let mut other = schema.clone();
            *other.pointer_mut(place).expect(place) = change;
            assert_ne!(shape(&other), shape(&schema), "{place}");
        }
    }
}
