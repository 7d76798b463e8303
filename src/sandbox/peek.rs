//! What an outside process may ask the sandbox about itself: `GET /_sandbox/requests`, `GET /_sandbox/resources`.

use serde_json::{Value, json};

use super::face::Face;
use super::http::{Answer, Request};
use crate::text::mask_named;

/// The answer, if the path is the sandbox's own.
pub(super) fn peek(face: &Face, request: &Request) -> Option<Answer> {
    let what = request.path.strip_prefix("/_sandbox/")?;
    let document = match (request.method.as_str(), what) {
        ("GET", "requests") => json!({"requests": face.log.all()}),
        ("GET", "resources") => json!({"resources": resources(face)}),
        _ => {
            let message = "ask GET /_sandbox/requests or GET /_sandbox/resources";
            return Some(Answer::new(404, "application/json", json!({"message": message}).to_string()));
        }
    };
    Some(Answer::new(200, "application/json", document.to_string()))
}

fn resources(face: &Face) -> Vec<Value> {
    face.ledger
        .all()
        .map(|thing| {
            json!({
                "service": thing.service, "region": thing.region, "kind": thing.kind, "id": thing.id, "arn": thing.arn,
                "names": thing.names, "tags": thing.tags, "phase": thing.phase, "created": thing.created,
                "refers_to": thing.parents.iter().map(|parent| &parent.key).collect::<Vec<_>>(),
                "attributes": mask_named(&Value::Object(thing.attributes.clone())),
            })
        })
        .collect()
}
