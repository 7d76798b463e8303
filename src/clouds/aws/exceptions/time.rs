//! Timestamps: what the SDK decides in code.

use crate::catalog::shapes::Service;

/// Services whose timestamps are written with milliseconds.
const MILLISECONDS: [&str; 1] = ["bedrock-agentcore"];

/// Whether a service is sent timestamps with milliseconds.
pub(crate) fn milliseconds(service: &Service) -> bool {
    MILLISECONDS.contains(&service.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::test_service;

    #[test]
    fn one_service_is_sent_milliseconds() {
        let mut service = test_service::service(&[]);
        assert!(!milliseconds(&service));
        service.name = "bedrock-agentcore".into();
        assert!(milliseconds(&service));
    }
}
