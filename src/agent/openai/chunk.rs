//! One event of a streamed answer, read tolerantly: endpoints that call themselves compatible
//! leave out, repeat, and rename what the reference sends.

use serde::Deserialize;
use serde_json::Value;

/// What one event adds to an answer. Fields of reasoning are not read at all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub(super) struct Chunk {
    /// More of the text.
    pub(super) text: String,
    /// More of the tool calls.
    pub(super) calls: Vec<Piece>,
    /// Why the answer ended, once it did.
    pub(super) finish: Option<String>,
    /// Tokens of the whole exchange, in and out.
    pub(super) tokens: Option<u64>,
    /// What went wrong on the other side in the middle of the answer.
    pub(super) error: Option<String>,
    /// Whether the event was an object at all.
    pub(super) readable: bool,
}

/// A piece of a tool call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Piece {
    /// Which call it belongs to, where the endpoint says so.
    pub(super) index: Option<u64>,
    /// The call's name for the answer to it.
    pub(super) id: Option<String>,
    /// The tool, or a part of its name.
    pub(super) name: Option<String>,
    /// More of the arguments' JSON.
    pub(super) arguments: String,
}

impl From<Value> for Chunk {
    fn from(event: Value) -> Self {
        let mut chunk = Chunk { readable: event.is_object(), ..Chunk::default() };
        chunk.error = event.get("error").filter(|e| !e.is_null()).map(error_text);
        chunk.tokens = event.get("usage").and_then(tokens);
        let Some(choice) = event.get("choices").and_then(Value::as_array).and_then(|all| first(all)) else {
            return chunk;
        };
        chunk.finish = text_at(choice, "finish_reason");
        // A whole answer where a stream was asked for holds `message`.
        let delta = choice.get("delta").filter(|d| d.is_object()).or_else(|| choice.get("message"));
        let Some(delta) = delta else { return chunk };
        for name in ["content", "refusal"] {
            chunk.text.push_str(&content(delta.get(name)));
        }
        if let Some(calls) = delta.get("tool_calls").and_then(Value::as_array) {
            chunk.calls = calls.iter().map(piece).collect();
        } else if let Some(call) = delta.get("function_call").filter(|c| c.is_object()) {
            // The form before there were several calls.
            chunk.calls = vec![Piece { index: Some(0), ..function(call) }];
        }
        chunk
    }
}

/// The answer that counts: the one with the number 0, or without a number.
fn first(choices: &[Value]) -> Option<&Value> {
    choices.iter().find(|c| c.get("index").and_then(Value::as_u64).unwrap_or(0) == 0)
}

fn text_at(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Text, or the texts of a list of parts.
fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|p| p.get("text").and_then(Value::as_str)).collect()
        }
        _ => String::new(),
    }
}

fn piece(call: &Value) -> Piece {
    let inner = call.get("function").filter(|f| f.is_object()).unwrap_or(call);
    Piece { index: call.get("index").and_then(Value::as_u64), id: text_at(call, "id"), ..function(inner) }
}

fn function(function: &Value) -> Piece {
    let arguments = match function.get("arguments") {
        Some(Value::String(text)) => text.clone(),
        Some(whole @ Value::Object(_)) => whole.to_string(),
        _ => String::new(),
    };
    Piece { index: None, id: None, name: text_at(function, "name"), arguments }
}

fn tokens(usage: &Value) -> Option<u64> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    count("total_tokens").or_else(|| Some(count("prompt_tokens")? + count("completion_tokens").unwrap_or(0)))
}

/// The words of an error, whatever form it has.
pub(super) fn error_text(error: &Value) -> String {
    let words = error.get("error").filter(|inner| !inner.is_null()).unwrap_or(error);
    match words {
        Value::String(text) => text.clone(),
        other => ["message", "detail", "msg", "type", "code"]
            .iter()
            .find_map(|name| match other.get(name) {
                Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
                _ => None,
            })
            .unwrap_or_else(|| other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn chunk(event: Value) -> Chunk {
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn reasoning_is_not_text() {
        let delta = json!({"reasoning_content": "hm", "reasoning": "hm", "content": "yes"});
        assert_eq!(chunk(json!({"choices": [{"index": 0, "delta": delta}]})).text, "yes");
    }

    #[test]
    fn what_is_left_out_or_null_is_no_error() {
        for event in [
            json!({}),
            json!({"choices": []}),
            json!({"choices": [{}]}),
            json!({"choices": [{"delta": null, "finish_reason": null}], "usage": null, "error": null}),
            json!({"choices": [{"delta": {"content": null, "tool_calls": null}}]}),
        ] {
            assert_eq!(chunk(event.clone()), Chunk { readable: true, ..Chunk::default() }, "{event}");
        }
        assert!(!chunk(json!("text")).readable);
    }

    #[test]
    fn a_call_is_read_in_the_forms_that_endpoints_send() {
        let whole = |call: Value| chunk(json!({"choices": [{"delta": call}]})).calls.remove(0);
        let expected = Piece { name: Some("t".into()), arguments: "{\"a\":1}".into(), ..Piece::default() };
        let function = json!({"name": "t", "arguments": "{\"a\":1}"});
        let call = whole(json!({"tool_calls": [{"index": 2, "id": "c", "function": function}]}));
        assert_eq!(call, Piece { index: Some(2), id: Some("c".into()), ..expected.clone() });
        let call = whole(json!({"tool_calls": [{"function": {"name": "t", "arguments": {"a": 1}}}]}));
        assert_eq!(call, expected);
        let call = whole(json!({"function_call": function}));
        assert_eq!(call, Piece { index: Some(0), ..expected });
    }

    #[test]
    fn a_whole_answer_and_a_list_of_parts_are_text_too() {
        let event = json!({"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]},
                                        "finish_reason": "stop"}]});
        let read = chunk(event);
        assert_eq!((read.text.as_str(), read.finish.as_deref()), ("ab", Some("stop")));
    }

    #[test]
    fn tokens_are_counted_in_total_or_added_up() {
        assert_eq!(chunk(json!({"usage": {"total_tokens": 7, "prompt_tokens": 5}})).tokens, Some(7));
        assert_eq!(chunk(json!({"usage": {"prompt_tokens": 5, "completion_tokens": 3}})).tokens, Some(8));
    }

    #[test]
    fn an_error_is_words_whatever_its_form() {
        for (error, words) in [
            (json!({"error": {"message": "busy", "code": 1}}), "busy"),
            (json!({"error": "busy"}), "busy"),
            (json!({"detail": "busy"}), "busy"),
            (json!({"code": 7}), "{\"code\":7}"),
        ] {
            assert_eq!(error_text(&error), words);
        }
    }
}
