//! Endpoints: what the SDK adds to the rule sets.

use serde_json::Value;

use crate::catalog::shapes::{Operation, Service};
use crate::clouds::aws::parse::ServiceFailure;
use crate::clouds::aws::render::Given;
use crate::clouds::http::HttpResponse;

/// The path template without the bucket, which the rules put where it belongs.
pub(crate) fn strip_bucket<'a>(service: &Service, uri: &'a str) -> &'a str {
    if service.name != "s3" {
        return uri;
    }
    match uri.strip_prefix("/{Bucket}") {
        Some("") => "/",
        Some(rest) => rest,
        None => uri,
    }
}

/// The prefix of the host, where the rules do not add it themselves.
pub(crate) fn host_prefix<'a>(service: &Service, operation: &'a Operation) -> Option<&'a str> {
    let prefix = operation.traits.host_prefix.as_deref()?;
    let by_rules = service.name == "s3control"
        && operation.traits.static_context_params.get("RequiresAccountId").is_some_and(|v| v == "true");
    (!by_rules).then_some(prefix)
}

/// Whether a request must name its bucket in the path, or must not; nothing where the settings decide.
pub(crate) fn path_style(service: &Service, operation: &Operation, params: &Given<'_>) -> Option<bool> {
    if service.name != "s3" {
        return None;
    }
    if operation.name == "GetBucketLocation" {
        // The bucket's region is what is asked for, so its own host cannot be known.
        return Some(true);
    }
    let bucket = params.get("Bucket").and_then(Value::as_str);
    bucket.filter(|bucket| bucket.starts_with("arn:")).map(|_| false)
}

/// The region in which a bucket is, where an answer says that it is not where it was asked for.
pub(crate) fn other_region(
    service: &str,
    failure: &ServiceFailure,
    response: &HttpResponse,
) -> Option<String> {
    if service != "s3" {
        return None;
    }
    let misplaced = matches!(
        failure.code.as_str(),
        "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException"
            | "301"
            | "400"
    ) || response.status == 301;
    if !misplaced {
        return None;
    }
    let said = response.header("x-amz-bucket-region").map(str::to_owned);
    said.or_else(|| {
        let text = String::from_utf8_lossy(&response.body);
        let after = text.split_once("<Region>")?.1;
        after.split_once('<').map(|(region, _)| region.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::compile::botocore::service_from_models;
    use serde_json::json;

    #[test]
    fn only_the_rules_know_where_the_bucket_goes() {
        let model = |name: &str| {
            let metadata = json!({"apiVersion": "1", "endpointPrefix": name, "protocol": "rest-xml"});
            service_from_models(
                name,
                &json!({"metadata": metadata, "operations": {}, "shapes": {}}),
                None,
                None,
                None,
            )
            .unwrap()
        };
        assert_eq!(strip_bucket(&model("s3"), "/{Bucket}/{Key+}"), "/{Key+}");
        assert_eq!(strip_bucket(&model("s3"), "/{Bucket}?acl"), "?acl");
        assert_eq!(strip_bucket(&model("s3"), "/{Bucket}"), "/");
        assert_eq!(strip_bucket(&model("other"), "/{Bucket}/x"), "/{Bucket}/x");
    }
}
