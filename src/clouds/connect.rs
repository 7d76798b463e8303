//! The clouds that there are clients for: one arm each.

use std::sync::Arc;

use super::aws::Aws;
use super::azure::Azure;
use super::oci::Oci;
use super::{Cloud, CloudError, Tell};
use crate::catalog::Catalog;
use crate::config::Settings;
use crate::plan::CloudName;

/// Where a client sends its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// The real cloud, with its own settings.
    Live,
    /// The embedded clouds at this address.
    Sandbox(&'a str),
}

/// The client of a cloud; nothing when there is none, or the catalog does not know the cloud.
/// The settings are what the person chose for calls that do not say it themselves; `tell` hears what only a person can do.
///
/// # Errors
///
/// The client cannot be made.
pub fn connect(
    cloud: CloudName,
    catalog: &Catalog,
    place: Place<'_>,
    settings: &Settings,
    tell: &Tell,
) -> Option<Result<Arc<dyn Cloud>, CloudError>> {
    if !catalog.clouds().any(|known| known == cloud) {
        return None;
    }
    let (catalog, region) = (catalog.clone(), settings.region(cloud).map(str::to_owned));
    Some(match (cloud, place) {
        (CloudName::Aws, Place::Live) => shared(Aws::live(catalog, region)),
        (CloudName::Aws, Place::Sandbox(endpoint)) => shared(Aws::sandbox(catalog, endpoint, region)),
        (CloudName::Azure, Place::Live) => {
            shared(Azure::live(catalog, settings.azure.clone(), Arc::clone(tell)))
        }
        (CloudName::Azure, Place::Sandbox(endpoint)) => shared(Azure::sandbox(catalog, endpoint)),
        (CloudName::Oci, Place::Live) => shared(Oci::live(catalog, region)),
        (CloudName::Oci, Place::Sandbox(endpoint)) => shared(Oci::sandbox(catalog, endpoint, region)),
    })
}

fn shared<C: Cloud + 'static>(made: Result<C, CloudError>) -> Result<Arc<dyn Cloud>, CloudError> {
    made.map(|cloud| Arc::new(cloud) as Arc<dyn Cloud>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_cloud_of_the_catalog_that_has_a_client_is_connected() {
        let catalog = Catalog::open(None).unwrap();
        let at = Place::Sandbox("http://127.0.0.1:1");
        let tell: Tell = Arc::new(|_| {});
        let aws = connect(CloudName::Aws, &catalog, at, &Settings::default(), &tell).unwrap().unwrap();
        assert_eq!(aws.region().await.as_deref(), Some("eu-central-1"));
        let settings = Settings { aws_region: Some("eu-west-1".into()), ..Settings::default() };
        let chosen = connect(CloudName::Aws, &catalog, at, &settings, &tell).unwrap().unwrap();
        assert_eq!(chosen.region().await.as_deref(), Some("eu-west-1"));
    }
}
