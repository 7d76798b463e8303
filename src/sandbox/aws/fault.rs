//! Errors as the clouds give them: a code, a status, a message, and the choice among those that the model lists.

use super::noun;
use crate::catalog::shapes::{Operation, Protocol, Service, Shape};

/// An error of a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: String,
    pub(super) status: u16,
    pub(super) message: String,
    /// The shape's name, where the model has one and the wire's code differs.
    pub(super) shape: Option<String>,
}

/// What kind of error is looked for among the modelled ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// What is named does not exist.
    NotFound,
    /// The name is taken.
    Exists,
    /// Something else still needs it.
    InUse,
}

impl Sort {
    /// Parts of names that speak for this sort, best first.
    fn words(self) -> &'static [&'static str] {
        match self {
            Sort::NotFound => {
                &["NotFound", "NoSuch", "DoesNotExist", "NonExistent", "Nonexistent", "NotExist", "Unknown"]
            }
            Sort::Exists => &["AlreadyOwnedBy", "AlreadyExists", "Exists", "Duplicate", "InUse", "Conflict"],
            Sort::InUse => {
                &["Dependency", "DeleteConflict", "NotEmpty", "HasChildren", "InUse", "Associated"]
            }
        }
    }
}

impl Fault {
    pub(super) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), status, message: message.into(), shape: None }
    }

    /// The request cannot be read.
    pub(super) fn malformed(protocol: Protocol, reason: &str) -> Self {
        let code = match protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => "SerializationException",
            Protocol::RestXml => "MalformedXML",
            Protocol::Ec2 => "InvalidParameterValue",
            _ => "MalformedInput",
        };
        Self::new(400, code, reason)
    }

    /// A parameter that must be given is not.
    pub(super) fn missing(protocol: Protocol, member: &str) -> Self {
        let code = match protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => "ValidationException",
            Protocol::RestXml => "InvalidRequest",
            Protocol::Ec2 => "MissingParameter",
            _ => "ValidationError",
        };
        Self::new(400, code, format!("The request must contain the parameter {member}"))
    }

    /// A parameter that makes no sense.
    pub(super) fn invalid(protocol: Protocol, reason: impl Into<String>) -> Self {
        let code = match protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => "ValidationException",
            Protocol::RestXml => "InvalidArgument",
            Protocol::Ec2 => "InvalidParameterValue",
            _ => "ValidationError",
        };
        Self::new(400, code, reason)
    }

    /// The sandbox can say nothing sensible.
    pub(super) fn not_supported(service: &str, operation: &str, what: &str) -> Self {
        Self::new(
            501,
            "SandboxNotSupported",
            format!(
                "the embedded sandbox does not support {service} {operation} ({what}); nothing was changed"
            ),
        )
    }

    /// The sandbox itself failed.
    pub(super) fn internal(reason: impl std::fmt::Display) -> Self {
        Self::new(500, "InternalFailure", format!("the embedded sandbox failed: {reason}"))
    }

    /// The error of a sort that the operation models, or, for what does not exist, the service.
    pub(super) fn modelled(service: &Service, operation: &Operation, sort: Sort, kind: &str) -> Option<Self> {
        let own: Vec<&Shape> = operation.errors.iter().map(|id| service.shape(*id)).collect();
        let found = pick(&own, sort, kind).or_else(|| {
            if sort != Sort::NotFound {
                return None;
            }
            let all: Vec<&Shape> = service.shapes.iter().filter(|shape| shape.traits.exception).collect();
            pick(&all, sort, kind)
        })?;
        Some(Self {
            code: found.traits.error_code.clone().unwrap_or_else(|| found.name.clone()),
            status: found.traits.error_status.unwrap_or_else(|| usual_status(service.protocol, sort)),
            message: String::new(),
            shape: Some(found.name.clone()),
        })
    }
}

/// The error whose name says the sort: best about the kind, then about anything, then the best of the words.
fn pick<'a>(errors: &[&'a Shape], sort: Sort, kind: &str) -> Option<&'a Shape> {
    let stem = noun::stem(kind);
    let ranked = errors.iter().filter_map(|shape| {
        let (at, word) = sort.words().iter().enumerate().find(|(_, word)| shape.name.contains(**word))?;
        let rest = shape.name.replace(word, "");
        let about = ["Exception", "Fault", "Error"]
            .iter()
            .fold(rest.as_str(), |rest, end| rest.strip_suffix(end).unwrap_or(rest));
        let about = noun::stem(about);
        let rank = if !about.is_empty() && about == stem {
            0
        } else if matches!(about.as_str(), "" | "resourc" | "entity" | "request") {
            1
        } else if stem.contains(&about) || about.contains(&stem) {
            2
        } else {
            3
        };
        Some(((rank, at, shape.name.len()), *shape))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, shape)| shape)
}

/// The status where the model names none.
pub(super) fn usual_status(protocol: Protocol, sort: Sort) -> u16 {
    match (protocol, sort) {
        (Protocol::RestJson | Protocol::RestXml | Protocol::Query, Sort::NotFound) => 404,
        (Protocol::RestJson | Protocol::RestXml | Protocol::Query, _) => 409,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::CloudName;

    #[test]
    fn the_modelled_error_about_the_kind_is_chosen() {
        let catalog = Catalog::open(None).unwrap();
        for (service, operation, sort, kind, code, status) in [
            ("rds", "DescribeDBInstances", Sort::NotFound, "DBInstance", "DBInstanceNotFound", 404),
            ("rds", "CreateDBInstance", Sort::Exists, "DBInstance", "DBInstanceAlreadyExists", 400),
            ("iam", "GetRole", Sort::NotFound, "Role", "NoSuchEntity", 404),
            ("iam", "CreateRole", Sort::Exists, "Role", "EntityAlreadyExists", 409),
            ("iam", "DeleteRole", Sort::InUse, "Role", "DeleteConflict", 409),
            ("dynamodb", "DescribeTable", Sort::NotFound, "Table", "ResourceNotFoundException", 400),
            ("dynamodb", "CreateTable", Sort::Exists, "Table", "ResourceInUseException", 400),
            ("lambda", "GetFunction", Sort::NotFound, "Function", "ResourceNotFoundException", 404),
            ("lambda", "CreateFunction", Sort::Exists, "Function", "ResourceConflictException", 409),
        ] {
            let service = catalog.service(CloudName::Aws, service).unwrap();
            let fault = Fault::modelled(&service, service.operation(operation).unwrap(), sort, kind).unwrap();
            assert_eq!((fault.code.as_str(), fault.status), (code, status), "{operation}");
        }
    }

    #[test]
    fn an_operation_that_cannot_fail_so_says_nothing() {
        let sns = Catalog::open(None).unwrap().service(CloudName::Aws, "sns").unwrap();
        let create = sns.operation("CreateTopic").unwrap();
        assert_eq!(Fault::modelled(&sns, create, Sort::Exists, "Topic"), None);
    }
}
