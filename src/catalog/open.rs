//! Opening catalogs and looking names up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::live::{self, LiveList};
use super::search::Index;
use super::shapes::Service;
use super::snapshot::{self, Opened};
use super::{CatalogError, OperationRef, ServiceEntry};
use crate::plan::{CloudName, OperationName};

/// The catalogs that come with the program.
static EMBEDDED: [(CloudName, &[u8]); 3] = [
    (CloudName::Aws, include_bytes!("../../assets/catalog/aws.catalog")),
    (CloudName::Oci, include_bytes!("../../assets/catalog/oci.catalog")),
    (CloudName::Azure, include_bytes!("../../assets/catalog/azure.catalog")),
];
/// Opened services that are kept at most.
const MOST_OPEN: usize = 12;

/// All services of all clouds; clones share everything. Opening reads the heads alone;
/// a service, and the entries of all operations, are read when they are first asked for.
#[derive(Clone)]
pub struct Catalog {
    clouds: Arc<BTreeMap<CloudName, Arc<OneCloud>>>,
    /// What a live Azure knows beyond the packages.
    live: Option<Arc<OneCloud>>,
    warnings: Arc<Vec<String>>,
    pub(super) words: Arc<OnceLock<Index>>,
}

struct OneCloud {
    bytes: Bytes,
    opened: Opened,
    dictionary: OnceLock<Result<Vec<u8>, CatalogError>>,
    entries: OnceLock<Vec<ServiceEntry>>,
    open: Mutex<Vec<(usize, Arc<Service>)>>,
    partitions: OnceLock<Result<Arc<Value>, CatalogError>>,
    path: Option<PathBuf>,
}

enum Bytes {
    Embedded(&'static [u8]),
    File(Vec<u8>),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Bytes::Embedded(bytes) => bytes,
            Bytes::File(bytes) => bytes,
        }
    }
}

/// What a catalog of one cloud holds, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CatalogStatus {
    /// The cloud.
    pub cloud: CloudName,
    /// The package that it was compiled from.
    pub source: String,
    /// The version of the package.
    pub version: String,
    /// How many services it has.
    pub services: usize,
    /// How many operations it has.
    pub operations: usize,
    /// Its size, packed, in bytes.
    pub bytes: usize,
    /// The file that it was read from; nothing for the one that comes with the program.
    pub file: Option<PathBuf>,
}

impl Catalog {
    /// Opens the catalogs that come with the program, each replaced by the one under
    /// `<data_dir>/catalog/<cloud>.catalog` where there is one. A replacement that is damaged is left
    /// aside and named in [`Catalog::warnings`].
    ///
    /// # Errors
    ///
    /// A catalog that came with the program is damaged.
    pub fn open(data_dir: Option<&Path>) -> Result<Self, CatalogError> {
        let mut clouds = BTreeMap::new();
        let mut warnings = Vec::new();
        for (cloud, embedded) in EMBEDDED {
            let replaced =
                data_dir.map(|dir| dir.join("catalog").join(format!("{cloud}.catalog"))).and_then(|path| {
                    match OneCloud::read(&path) {
                        Ok(Some(one)) if one.cloud() == cloud => Some(one),
                        Ok(Some(one)) => {
                            warnings.push(format!(
                                "{} is a catalog of {}; it is not used",
                                path.display(),
                                one.cloud()
                            ));
                            None
                        }
                        Ok(None) => None,
                        Err(error) => {
                            warnings.push(format!(
                                "{}: {error}; the catalog that came with the program is used",
                                path.display()
                            ));
                            None
                        }
                    }
                });
            let one = match replaced {
                Some(one) => one,
                None => OneCloud::new(Bytes::Embedded(embedded), None)?,
            };
            clouds.insert(cloud, Arc::new(one));
        }
        let path = data_dir.map(|dir| dir.join("catalog").join(live::FILE));
        let live = path.and_then(|path| match OneCloud::read(&path) {
            Ok(found) => found.filter(|one| one.cloud() == CloudName::Azure).map(Arc::new),
            Err(error) => {
                warnings.push(format!(
                    "{}: {error}; types that no package covers are not known until `provisioner catalog update --live`",
                    path.display()
                ));
                None
            }
        });
        Ok(Self { clouds: Arc::new(clouds), live, warnings: Arc::new(warnings), words: Arc::default() })
    }

    /// A catalog of nothing but the services of one snapshot, for tests and checkers.
    ///
    /// # Errors
    ///
    /// The snapshot is damaged.
    pub fn from_snapshot(bytes: Vec<u8>) -> Result<Self, CatalogError> {
        let one = OneCloud::new(Bytes::File(bytes), None)?;
        let clouds = BTreeMap::from([(one.cloud(), Arc::new(one))]);
        Ok(Self { clouds: Arc::new(clouds), live: None, warnings: Arc::default(), words: Arc::default() })
    }

    /// What was wrong with replacements, in words.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The clouds that there is a catalog of.
    pub fn clouds(&self) -> impl Iterator<Item = CloudName> {
        self.clouds.keys().copied()
    }

    /// The services of a cloud, by name, sorted; none when there is no catalog of it.
    pub fn services(&self, cloud: CloudName) -> impl Iterator<Item = &ServiceEntry> {
        let live = self.live.iter().filter(move |_| cloud == CloudName::Azure);
        self.clouds.get(&cloud).into_iter().chain(live).flat_map(|one| one.entries())
    }

    /// The same without what a live service knows beyond the packages.
    #[must_use]
    pub fn without_live(&self) -> Self {
        Self { live: None, words: Arc::default(), ..self.clone() }
    }

    /// From where what no package covers is known, if any of it is.
    #[must_use]
    pub fn live(&self) -> Option<LiveList> {
        serde_json::from_value(self.live.as_ref()?.read_partitions().ok()?.as_ref().clone()).ok()
    }

    /// A service, opened.
    ///
    /// # Errors
    ///
    /// No service has this name (the error offers the nearest), or its section is damaged.
    pub fn service(&self, cloud: CloudName, name: &str) -> Result<Arc<Service>, CatalogError> {
        let one = self.clouds.get(&cloud).ok_or(CatalogError::NoCloud(cloud))?;
        match &self.live {
            Some(live) if cloud == CloudName::Azure && name.starts_with(live::PREFIX) => live.service(name),
            _ => one.service(name),
        }
    }

    /// An operation.
    ///
    /// # Errors
    ///
    /// The service or the operation does not exist (the error offers the nearest), or the
    /// service's section is damaged.
    pub fn operation(&self, name: &OperationName) -> Result<OperationRef, CatalogError> {
        let service = self.service(name.cloud, &name.service)?;
        match service.operations.binary_search_by(|o| o.name.as_str().cmp(&name.operation)) {
            Ok(position) => Ok(OperationRef { service, position }),
            Err(_) => Err(CatalogError::UnknownOperation {
                cloud: name.cloud,
                service: name.service.clone(),
                name: name.operation.clone(),
                nearest: nearest(&name.operation, service.operations.iter().map(|o| o.name.as_str())),
            }),
        }
    }

    /// The partitions document of AWS: regions, DNS suffixes, and what they support.
    ///
    /// # Errors
    ///
    /// The section is damaged.
    pub fn partitions(&self) -> Result<Arc<Value>, CatalogError> {
        self.places(CloudName::Aws)
    }

    /// What a cloud's package says about its places: the partitions of AWS, the realms and regions of OCI.
    ///
    /// # Errors
    ///
    /// There is no catalog of the cloud, or the section is damaged.
    pub fn places(&self, cloud: CloudName) -> Result<Arc<Value>, CatalogError> {
        let one = self.clouds.get(&cloud).ok_or(CatalogError::NoCloud(cloud))?;
        one.partitions.get_or_init(|| one.read_partitions()).clone()
    }

    /// What each catalog holds.
    #[must_use]
    pub fn status(&self) -> Vec<CatalogStatus> {
        self.clouds
            .iter()
            .map(|(cloud, one)| CatalogStatus {
                cloud: *cloud,
                source: one.opened.head.source.clone(),
                version: one.opened.head.version.clone(),
                services: one.opened.head.services.len(),
                operations: one.opened.head.services.iter().map(|s| s.operations as usize).sum(),
                bytes: one.bytes.get().len(),
                file: one.path.clone(),
            })
            .collect()
    }
}

impl OneCloud {
    fn new(bytes: Bytes, path: Option<PathBuf>) -> Result<Self, CatalogError> {
        let opened = snapshot::read_head(bytes.get())?;
        Ok(Self {
            bytes,
            opened,
            dictionary: OnceLock::new(),
            entries: OnceLock::new(),
            open: Mutex::default(),
            partitions: OnceLock::new(),
            path,
        })
    }

    fn cloud(&self) -> CloudName {
        self.opened.head.cloud
    }

    /// The entries. They were found whole at opening; should they not be readable all the same, the services tell.
    fn entries(&self) -> &[ServiceEntry] {
        self.entries.get_or_init(|| {
            let (head, start) = (&self.opened.head, self.opened.start);
            snapshot::read_section("the entries", self.bytes.get(), start, head.entries, &[]).unwrap_or_else(
                |error| {
                    tracing::error!(cloud = %head.cloud, %error, "the services are read one by one");
                    let services = head.services.iter().filter_map(|s| self.service(&s.name).ok());
                    services.map(|service| ServiceEntry::of(&service)).collect()
                },
            )
        })
    }

    fn read(path: &Path) -> Result<Option<Self>, CatalogError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::new(Bytes::File(bytes), Some(path.to_owned())).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CatalogError::Read { path: path.to_owned(), reason: error.to_string() }),
        }
    }

    fn service(&self, name: &str) -> Result<Arc<Service>, CatalogError> {
        let services = &self.opened.head.services;
        let Ok(position) = services.binary_search_by(|s| s.name.as_str().cmp(name)) else {
            return Err(CatalogError::UnknownService {
                cloud: self.cloud(),
                name: name.to_owned(),
                nearest: nearest(name, services.iter().map(|s| s.name.as_str())),
            });
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = open.iter().position(|(at, _)| *at == position) {
            // The one that was used last stands last.
            let entry = open.remove(found);
            let service = entry.1.clone();
            open.push(entry);
            return Ok(service);
        }
        let dictionary = self
            .dictionary
            .get_or_init(|| snapshot::read_dictionary(self.bytes.get(), &self.opened))
            .as_ref()
            .map_err(Clone::clone)?;
        let service: Service = snapshot::read_section(
            &format!("service {name}"),
            self.bytes.get(),
            self.opened.start,
            services[position].place,
            dictionary,
        )?;
        let service = Arc::new(service);
        if open.len() >= MOST_OPEN {
            open.remove(0);
        }
        open.push((position, service.clone()));
        Ok(service)
    }

    fn read_partitions(&self) -> Result<Arc<Value>, CatalogError> {
        let text: String = snapshot::read_section(
            "the partitions",
            self.bytes.get(),
            self.opened.start,
            self.opened.head.partitions,
            &[],
        )?;
        serde_json::from_str(&text).map(Arc::new).map_err(|e| CatalogError::damaged("the partitions", e))
    }
}

/// Up to three names that are like the wanted one, nearest first.
fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .map(|name| {
            let lower = name.to_lowercase();
            let inside = if lower.contains(&wanted) || wanted.contains(&lower) { 0.1 } else { 0.0 };
            (strsim::jaro_winkler(&lower, &wanted) + inside, name)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::compile::botocore::service_from_models;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn service(name: &str) -> Service {
        let model = json!({
            "metadata": {"apiVersion": "1", "endpointPrefix": name, "protocol": "json", "jsonVersion": "1.0"},
            "operations": {
                "MakeThing": {"name": "MakeThing", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}},
                "ListThings": {"name": "ListThings", "http": {"method": "POST", "requestUri": "/"}, "readonly": true},
            },
            "shapes": {"In": {"type": "structure", "required": ["Name"], "members": {"Name": {"shape": "S"}}}, "S": {"type": "string"}},
        });
        service_from_models(name, &model, None, None, None).unwrap()
    }

    fn snapshot_of(names: &[&str]) -> Vec<u8> {
        let services: Vec<Service> = names.iter().map(|n| service(n)).collect();
        snapshot::write(CloudName::Aws, "test", "1.0", &services, &json!({"partitions": []})).unwrap()
    }

    #[test]
    fn what_was_written_is_read_back() {
        let catalog = Catalog::from_snapshot(snapshot_of(&["alpha", "beta"])).unwrap();
        assert_eq!(*catalog.service(CloudName::Aws, "beta").unwrap(), service("beta"));
        let found = catalog.operation(&OperationName::new(CloudName::Aws, "alpha", "MakeThing")).unwrap();
        assert_eq!(found.operation().name, "MakeThing");
        let entry = catalog.services(CloudName::Aws).next().unwrap();
        assert_eq!(entry.operations[1].required, ["Name"]);
        assert!(entry.operations[0].readonly);
        assert_eq!(*catalog.partitions().unwrap(), json!({"partitions": []}));
    }

    #[test]
    fn a_wrong_name_offers_the_nearest() {
        let catalog = Catalog::from_snapshot(snapshot_of(&["alpha", "beta"])).unwrap();
        let message = catalog.service(CloudName::Aws, "alhpa").unwrap_err().to_string();
        assert_eq!(message, "aws has no service `alhpa`; did you mean alpha?");
        let wrong = OperationName::new(CloudName::Aws, "alpha", "ListThing");
        let message = catalog.operation(&wrong).unwrap_err().to_string();
        assert!(message.ends_with("did you mean ListThings?"), "{message}");
    }

    #[test]
    fn entries_that_cannot_be_read_are_told_by_the_services() {
        let mut one = OneCloud::new(Bytes::File(snapshot_of(&["alpha", "beta"])), None).unwrap();
        let entries = OneCloud::new(Bytes::File(snapshot_of(&["alpha", "beta"])), None).unwrap();
        one.opened.head.entries = one.opened.head.partitions;
        assert_eq!(one.entries(), entries.entries());
        assert_eq!(one.entries().len(), 2);
    }

    #[test]
    fn many_services_share_what_they_have_in_common() {
        let names: Vec<String> = (0..40).map(|n| format!("service-{n:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let bytes = snapshot_of(&names);
        assert!(
            bytes.len() < snapshot_of(&names[..20]).len(),
            "the services are not packed with a dictionary"
        );
        let catalog = Catalog::from_snapshot(bytes.clone()).unwrap();
        assert_eq!(*catalog.service(CloudName::Aws, "service-39").unwrap(), service("service-39"));
        for at in (0..bytes.len()).step_by(7) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x40;
            if let Ok(catalog) = Catalog::from_snapshot(flipped) {
                let all = names.iter().all(|name| catalog.service(CloudName::Aws, name).is_ok());
                assert!(!(all && catalog.partitions().is_ok()), "byte {at}");
            }
        }
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_is_an_error_or_harmless_and_never_a_panic() {
        let whole = snapshot_of(&["alpha"]);
        for length in 0..whole.len() {
            let cut = whole[..length].to_vec();
            if let Ok(catalog) = Catalog::from_snapshot(cut) {
                let read = catalog.service(CloudName::Aws, "alpha").is_ok() && catalog.partitions().is_ok();
                assert!(!read, "cut at {length}");
            }
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x40;
            if let Ok(catalog) = Catalog::from_snapshot(flipped) {
                let read = catalog.service(CloudName::Aws, "alpha").is_ok() && catalog.partitions().is_ok();
                assert!(!read, "byte {at}");
            }
        }
    }

    #[test]
    fn the_embedded_catalog_holds_all_of_oci_in_a_megabyte() {
        let catalog = Catalog::open(None).unwrap();
        let status = catalog.status().into_iter().find(|s| s.cloud == CloudName::Oci).unwrap();
        assert!(status.services >= 329 && status.operations >= 8_381, "{status:?}");
        assert!(status.bytes <= 1 << 20, "{status:?}");
        for entry in catalog.services(CloudName::Oci) {
            let service = catalog.service(CloudName::Oci, &entry.name).unwrap();
            assert_eq!(service.operations.len(), entry.operations.len(), "{}", entry.name);
        }
    }

    #[test]
    fn the_embedded_catalog_holds_all_of_aws() {
        let catalog = Catalog::open(None).unwrap();
        let status = &catalog.status()[0];
        assert!(status.services >= 424 && status.operations >= 18_378, "{status:?}");
        let ec2 = catalog.operation(&OperationName::new(CloudName::Aws, "ec2", "RunInstances")).unwrap();
        assert!(ec2.operation().input.is_some());
    }

    #[test]
    fn a_damaged_replacement_is_named_and_left_aside() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("catalog")).unwrap();
        std::fs::write(dir.path().join("catalog/aws.catalog"), "broken").unwrap();
        let catalog = Catalog::open(Some(dir.path())).unwrap();
        assert!(catalog.warnings()[0].contains("aws.catalog"), "{:?}", catalog.warnings());
        assert!(catalog.service(CloudName::Aws, "s3").is_ok());
    }

    #[test]
    fn a_replacement_is_used_instead() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("catalog")).unwrap();
        std::fs::write(dir.path().join("catalog/aws.catalog"), snapshot_of(&["alpha"])).unwrap();
        let catalog = Catalog::open(Some(dir.path())).unwrap();
        assert!(catalog.service(CloudName::Aws, "alpha").is_ok());
        assert!(catalog.service(CloudName::Aws, "s3").is_err());
    }
}
