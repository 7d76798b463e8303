//! Which operation of a REST service a method and a path mean.

use crate::catalog::shapes::{Location, Operation, Service};
use crate::sandbox::http::{Request, decode};

/// The labels of a path and their values.
pub(super) type Labels = Vec<(String, String)>;

/// The operation that fits best: literal parts count most, then required parts of the query and the headers.
pub(super) fn find<'a>(
    service: &'a Service,
    request: &Request,
    path: &str,
) -> Option<(&'a Operation, Labels)> {
    // A slash at the end belongs to a key, and means nothing elsewhere.
    best(service, request, path).or_else(|| best(service, request, path.strip_suffix('/')?))
}

fn best<'a>(service: &'a Service, request: &Request, path: &str) -> Option<(&'a Operation, Labels)> {
    let mut best: Option<(Fit, &Operation, Labels)> = None;
    for operation in service.operations.iter().filter(|o| o.method == request.method) {
        let Some((fit, labels)) = fit(service, operation, request, path) else { continue };
        if best.as_ref().is_none_or(|(so_far, _, _)| fit > *so_far) {
            best = Some((fit, operation, labels));
        }
    }
    best.map(|(_, operation, labels)| (operation, labels))
}

/// How well a path fits: literal segments, literal queries, required members, and simple before deprecated.
type Fit = (usize, usize, usize, bool);

fn fit(service: &Service, operation: &Operation, request: &Request, path: &str) -> Option<(Fit, Labels)> {
    let (template, literals) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
    let (labels, segments) = labels(template, path)?;
    let mut queries = 0;
    for literal in literals.split('&').filter(|literal| !literal.is_empty()) {
        let (name, value) = literal.split_once('=').unwrap_or((literal, ""));
        let found = request.query(name)?;
        if !value.is_empty() && found != value {
            return None;
        }
        queries += 1;
    }
    let mut required = 0;
    for member in operation.input.map_or(&[][..], |id| service.shape(id).members()) {
        let wire = member.wire_name.as_deref().unwrap_or(&member.name);
        let there = match member.location {
            Location::Query => request.query(wire).is_some(),
            Location::Header => request.header(&wire.to_ascii_lowercase()).is_some(),
            _ => continue,
        };
        if member.required && !there {
            return None;
        }
        required += usize::from(member.required);
    }
    Some(((segments, queries, required, !operation.traits.deprecated), labels))
}

/// The labels of a template in a path, and how many literal segments fit.
fn labels(template: &str, path: &str) -> Option<(Labels, usize)> {
    let mut labels = Vec::new();
    let mut literal = 0;
    let mut parts = split(template).into_iter().peekable();
    let mut given = split(path).into_iter();
    while let Some(part) = parts.next() {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(label) if label.ends_with('+') => {
                let rest: Vec<&str> = given.collect();
                let after: Vec<&str> = parts.collect();
                let here = rest.len().checked_sub(after.len()).filter(|here| *here > 0)?;
                let value = rest.get(..here)?.join("/");
                if value.is_empty() {
                    return None;
                }
                labels.push((label.trim_end_matches('+').to_owned(), decode(&value)));
                for (wanted, found) in after.iter().zip(rest.get(here..)?) {
                    if wanted != found {
                        return None;
                    }
                    literal += 1;
                }
                return Some((labels, literal));
            }
            Some(label) => {
                let value = given.next().filter(|value| !value.is_empty())?;
                labels.push((label.to_owned(), decode(value)));
            }
            None => {
                // A label can stand inside a segment.
                let value = given.next()?;
                match part.split_once('{').and_then(|(front, rest)| Some((front, rest.split_once('}')?))) {
                    Some((front, (label, back))) => {
                        let inner = value.strip_prefix(front)?.strip_suffix(back)?;
                        labels.push((label.to_owned(), decode(inner)));
                    }
                    None if decode(value) == part => literal += 1,
                    None => return None,
                }
            }
        }
    }
    given.next().is_none().then_some((labels, literal))
}

fn split(path: &str) -> Vec<&str> {
    match path.strip_prefix('/').unwrap_or(path) {
        "" => vec![],
        path => path.split('/').collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::CloudName;
    use pretty_assertions::assert_eq;

    fn found(
        service: &str,
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Option<String> {
        let service = Catalog::open(None).unwrap().service(CloudName::Aws, service).unwrap();
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: crate::sandbox::http::pairs(query),
            headers: headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
            body: vec![],
        };
        let (operation, labels) = find(&service, &request, path)?;
        let labels: Vec<String> = labels.iter().map(|(n, v)| format!(" {n}={v}")).collect();
        Some(format!("{}{}", operation.name, labels.concat()))
    }

    #[test]
    fn the_most_specific_operation_is_meant() {
        for (service, method, path, query, wanted) in [
            ("s3", "GET", "/", "", "ListBuckets"),
            ("s3", "PUT", "/b", "", "CreateBucket Bucket=b"),
            ("s3", "GET", "/b/", "list-type=2", "ListObjectsV2 Bucket=b"),
            ("s3", "GET", "/b", "", "ListObjects Bucket=b"),
            ("s3", "PUT", "/b", "encryption", "PutBucketEncryption Bucket=b"),
            ("s3", "PUT", "/b/a/c%20d", "", "PutObject Bucket=b Key=a/c d"),
            ("s3", "PUT", "/b/k", "partNumber=1&uploadId=u", "UploadPart Bucket=b Key=k"),
            ("lambda", "GET", "/2015-03-31/functions", "", "ListFunctions"),
            ("lambda", "GET", "/2015-03-31/functions/", "", "ListFunctions"),
            ("lambda", "GET", "/2015-03-31/functions/f", "", "GetFunction FunctionName=f"),
        ] {
            assert_eq!(found(service, method, path, query, &[]).as_deref(), Some(wanted), "{method} {path}");
        }
        let copied = found("s3", "PUT", "/b/k", "", &[("x-amz-copy-source", "/b/j")]);
        assert_eq!(copied.as_deref(), Some("CopyObject Bucket=b Key=k"));
    }

    #[test]
    fn what_fits_nothing_is_nothing() {
        assert_eq!(found("lambda", "PATCH", "/nowhere", "", &[]), None);
        assert_eq!(
            found("s3", "GET", "/b", "uploadId=1&nothing", &[]).as_deref(),
            Some("ListObjects Bucket=b")
        );
    }
}
