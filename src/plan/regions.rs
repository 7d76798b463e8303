//! The regions of steps that name none.

use std::collections::BTreeMap;

use super::CloudName;

/// A region for each cloud that has a usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions(BTreeMap<CloudName, String>);

impl Regions {
    /// No cloud has a usual region.
    #[must_use]
    pub fn none() -> &'static Self {
        static NONE: Regions = Regions(BTreeMap::new());
        &NONE
    }

    /// The same region name for every cloud, where one was given.
    #[must_use]
    pub fn everywhere(region: Option<&str>) -> Self {
        region.map_or_else(Self::default, |region| {
            CloudName::ALL.into_iter().map(|cloud| (cloud, region.to_owned())).collect()
        })
    }

    /// The usual region of a cloud.
    #[must_use]
    pub fn get(&self, cloud: CloudName) -> Option<&str> {
        self.0.get(&cloud).map(String::as_str)
    }
}

impl FromIterator<(CloudName, String)> for Regions {
    fn from_iter<T: IntoIterator<Item = (CloudName, String)>>(regions: T) -> Self {
        Self(regions.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_without_a_usual_region_has_none() {
        let regions: Regions = [(CloudName::Aws, "eu-central-1".to_owned())].into_iter().collect();
        assert_eq!((regions.get(CloudName::Aws), regions.get(CloudName::Oci)), (Some("eu-central-1"), None));
        assert_eq!(Regions::everywhere(None), Regions::default());
        assert_eq!(Regions::everywhere(Some("r")).get(CloudName::Azure), Some("r"));
    }
}
