//! Answers of the Resource Manager.

use serde_json::{Value, json};

use crate::catalog::shapes::Operation;
use crate::clouds::http::HttpResponse;

/// A body without the mark that some services put before it.
pub(super) fn plain(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii()
}

/// Whether a status means that the operation was carried out.
pub(super) fn succeeded(operation: &Operation, status: u16) -> bool {
    let listed = operation.traits.arm.as_deref().map_or(&[][..], |arm| arm.success.as_slice());
    listed.contains(&status) || listed.is_empty() && (200..300).contains(&status)
}

/// The answer of an operation that was carried out.
///
/// # Errors
///
/// What cannot be read, in words.
pub(super) fn output(operation: &Operation, response: &HttpResponse) -> Result<Value, String> {
    if operation.method == "HEAD" {
        return Ok(json!({"exists": (200..300).contains(&response.status)}));
    }
    let body = plain(&response.body);
    if body.is_empty() {
        // An absent answer must not be taken for "nothing exists".
        return match response.status {
            200 if operation.method == "GET" && operation.output.is_some() => {
                Err("the answer is empty, which this operation never answers".into())
            }
            _ => Ok(json!({})),
        };
    }
    let kind = response.header("content-type").unwrap_or("application/json").to_ascii_lowercase();
    if operation.output.is_none() && !kind.contains("json") {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| {
        let start: String = String::from_utf8_lossy(body).chars().take(40).collect();
        format!("it is no JSON ({error}) and begins with `{}`", crate::text::line(&start))
    })
}

/// The cloud's name for the request.
pub(super) fn request_id(response: &HttpResponse) -> Option<String> {
    ["x-ms-request-id", "x-ms-correlation-request-id"]
        .iter()
        .find_map(|name| response.header(name))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::testing::service;
    use super::*;
    use pretty_assertions::assert_eq;

    fn answer(status: u16, body: &[u8]) -> HttpResponse {
        HttpResponse { status, headers: vec![], body: body.to_vec() }
    }

    #[test]
    fn absence_is_never_taken_for_nothing_exists() {
        let service = service();
        let list = service.operation("VirtualMachines_List").unwrap();
        for body in [&b""[..], b"  ", b"<html>Sign in to the network</html>", b"{\"value\": ["] {
            assert!(output(list, &answer(200, body)).is_err(), "{body:?}");
        }
        assert_eq!(output(list, &answer(200, b"\xef\xbb\xbf{\"value\": []}")), Ok(json!({"value": []})));
        let delete = service.operation("VirtualMachines_Delete").unwrap();
        assert_eq!(output(delete, &answer(204, b"")), Ok(json!({})));
    }

    #[test]
    fn asking_whether_something_exists_has_two_good_answers() {
        let service = service();
        let exists = service.operation("ResourceGroups_CheckExistence").unwrap();
        assert!(succeeded(exists, 404) && succeeded(exists, 204) && !succeeded(exists, 403));
        assert_eq!(output(exists, &answer(404, b"")), Ok(json!({"exists": false})));
        assert_eq!(output(exists, &answer(204, b"")), Ok(json!({"exists": true})));
    }
}
