//! Services that must be asked where to go before they are called.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Aws;
use crate::catalog::OperationRef;
use crate::catalog::shapes::{Operation, Service};
use crate::clouds::{Call, CloudError};
use crate::plan::{CloudName, OperationName};

/// By service and region: the URL, and when it is to be asked for anew.
pub(super) type Told = BTreeMap<(String, Option<String>), (String, Instant)>;

/// Minutes for which an endpoint is good when the service does not say.
const MINUTES: u64 = 60;

impl Aws {
    /// The endpoint that a service gave last, where the operation goes there.
    pub(super) fn discovered(
        &self,
        service: &Service,
        operation: &Operation,
        region: Option<&str>,
    ) -> Option<String> {
        if operation.traits.endpoint_discovery != Some(true) {
            return None;
        }
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(&(service.name.clone(), region.map(str::to_owned))).map(|(url, _)| url.clone())
    }

    /// Asks a service where to go, where it wants to be asked and its answer is not known.
    ///
    /// # Errors
    ///
    /// It does not say; the call cannot be sent.
    pub(super) async fn discover(
        &self,
        found: &OperationRef,
        call: &Call,
        region: Option<&str>,
    ) -> Result<(), CloudError> {
        let (service, operation) = (found.service(), found.operation());
        if operation.traits.endpoint_discovery != Some(true)
            || self.identity.endpoint(service).await.is_some()
        {
            return Ok(());
        }
        let key = (service.name.clone(), region.map(str::to_owned));
        let known = self.told.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if known.is_some_and(|(_, until)| Instant::now() < until) {
            return Ok(());
        }
        let nowhere = |why: &str| {
            CloudError::Endpoint(format!("{} must be asked for its endpoint first, and {why}", service.name))
        };
        let asked = service.operations.iter().find(|o| o.traits.endpoint_operation);
        let asked = asked.ok_or_else(|| nowhere("its model has no operation for that"))?;
        let ask = Call {
            operation: OperationName::new(CloudName::Aws, &service.name, &asked.name),
            region: call.region.clone(),
            account: call.account.clone(),
            params: json!({}),
        };
        let reply = Box::pin(self.send(&ask)).await?;
        let (url, minutes) = first(&reply.output).ok_or_else(|| nowhere("it named none"))?;
        let until = Instant::now() + Duration::from_secs(minutes.saturating_mul(60));
        self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (url, until));
        Ok(())
    }
}

/// The first endpoint of an answer, and for how many minutes it is good.
fn first(output: &Value) -> Option<(String, u64)> {
    let endpoint = output["Endpoints"].get(0)?;
    let address = endpoint["Address"].as_str().filter(|address| !address.is_empty())?;
    let url = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    Some((url, endpoint["CachePeriodInMinutes"].as_u64().unwrap_or(MINUTES)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_endpoint_counts() {
        let output = json!({"Endpoints": [
            {"Address": "cell1.example.com", "CachePeriodInMinutes": 5}, {"Address": "cell2.example.com"}]});
        assert_eq!(first(&output), Some(("https://cell1.example.com".into(), 5)));
        assert_eq!(first(&json!({"Endpoints": [{"Address": "http://127.0.0.1:1"}]})).unwrap().1, MINUTES);
        assert_eq!(first(&json!({"Endpoints": []})), None);
        assert_eq!(first(&json!({"Endpoints": [{"Address": ""}]})), None);
    }
}
