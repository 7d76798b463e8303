//! A request in the form of the wire.

use serde_json::{Value, json};

use super::ToolCall;
use crate::agent::context::Message;
use crate::mcp::ToolSpec;

/// What the endpoint can do, as far as it was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Abilities {
    /// It calls tools.
    pub(super) tools: bool,
    /// It counts tokens of streamed answers.
    pub(super) usage: bool,
}

/// Puts a request together.
pub(super) fn request(
    model: &str,
    system: &str,
    messages: &[Message],
    tools: &[ToolSpec],
    abilities: Abilities,
) -> Value {
    let mut wire = vec![json!({"role": "system", "content": system})];
    for message in messages {
        add(&mut wire, message);
    }
    let mut request = json!({"model": model, "messages": wire, "stream": true});
    if abilities.usage {
        request["stream_options"] = json!({"include_usage": true});
    }
    if abilities.tools && !tools.is_empty() {
        request["tools"] = tools.iter().map(tool).collect();
    }
    request
}

fn add(wire: &mut Vec<Value>, message: &Message) {
    match message {
        Message::Person(text) => {
            // Templates of some models want the voices to take turns.
            if let Some(last) = wire.last_mut().filter(|last| last["role"] == "user") {
                let before = last["content"].as_str().unwrap_or_default();
                last["content"] = format!("{before}\n\n{text}").into();
            } else {
                wire.push(json!({"role": "user", "content": text}));
            }
        }
        Message::Model { text, calls } => {
            let mut said = json!({"role": "assistant", "content": text});
            if !calls.is_empty() {
                said["tool_calls"] = calls.iter().map(call).collect();
            }
            wire.push(said);
        }
        Message::Tool { call, text } => {
            wire.push(json!({"role": "tool", "tool_call_id": call, "content": text}));
        }
    }
}

fn call(call: &ToolCall) -> Value {
    // Endpoints that read the arguments of the past refuse a request in which they are no JSON.
    let fits = serde_json::from_str::<Value>(&call.arguments).is_ok_and(|v| v.is_object());
    let arguments = if fits { call.arguments.as_str() } else { "{}" };
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}})
}

fn tool(tool: &ToolSpec) -> Value {
    json!({"type": "function", "function": {
        "name": tool.name, "description": tool.description, "parameters": tool.input_schema,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const ALL: Abilities = Abilities { tools: true, usage: true };

    fn messages(request: &Value) -> Vec<(String, String)> {
        let text = |m: &Value, name: &str| m[name].as_str().unwrap_or_default().to_owned();
        request["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| (text(m, "role"), text(m, "content")))
            .collect()
    }

    #[test]
    fn neighbours_with_one_voice_become_one_message() {
        let past = [
            Message::Person("a".into()),
            Message::Person("[program] b".into()),
            Message::Model { text: "c".into(), calls: vec![] },
            Message::Person("d".into()),
        ];
        let found = messages(&request("m", "s", &past, &[], ALL));
        let pair = |role: &str, text: &str| (role.to_owned(), text.to_owned());
        assert_eq!(
            found,
            [
                pair("system", "s"),
                pair("user", "a\n\n[program] b"),
                pair("assistant", "c"),
                pair("user", "d")
            ]
        );
    }

    #[test]
    fn arguments_that_are_no_json_are_not_sent_back() {
        let call =
            |arguments: &str| ToolCall { id: "c".into(), name: "t".into(), arguments: arguments.into() };
        let said = Message::Model { text: String::new(), calls: vec![call("{\"a\":1}"), call("{\"a\":")] };
        let sent = request("m", "s", &[said], &[], ALL);
        let calls = &sent["messages"][1]["tool_calls"];
        assert_eq!(calls[0]["function"]["arguments"], "{\"a\":1}");
        assert_eq!(calls[1]["function"]["arguments"], "{}");
    }

    #[test]
    fn what_an_endpoint_cannot_do_is_not_asked() {
        let tools =
            [ToolSpec { name: "t".into(), description: "d".into(), input_schema: json!({"type": "object"}) }];
        let sent = request("m", "s", &[], &tools, ALL);
        assert_eq!(sent["tools"][0]["function"]["name"], "t");
        assert_eq!(sent["stream_options"]["include_usage"], true);
        let sent = request("m", "s", &[], &tools, Abilities { tools: false, usage: false });
        assert!(sent.get("tools").is_none() && sent.get("stream_options").is_none(), "{sent}");
    }
}
