//! Made-up SDK packages, written the way the clouds' generators write, as wheels.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A wheel of these files in a folder.
fn wheel(folder: &Path, name: &str, version: &str, files: &[(String, String)]) -> PathBuf {
    let stem = format!("{}-{version}", name.replace('-', "_"));
    let path = folder.join(format!("{stem}-py3-none-any.whl"));
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    let mut record = String::new();
    let about = ("METADATA".to_owned(), format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"));
    for (file, text) in files
        .iter()
        .map(|(file, text)| (file.clone(), text))
        .chain([(format!("{stem}.dist-info/{}", about.0), &about.1)])
    {
        zip.start_file(&file, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
        record.push_str(&format!("{file},,\n"));
    }
    zip.start_file(format!("{stem}.dist-info/RECORD"), SimpleFileOptions::default()).unwrap();
    zip.write_all(record.as_bytes()).unwrap();
    zip.finish().unwrap();
    path
}

/// A botocore in which each service has `MakeThing`, with a parameter more from version 2 on.
pub(crate) fn botocore(folder: &Path, version: &str, services: &[&str]) -> PathBuf {
    let mut members = json!({"Name": {"shape": "Text"}});
    if version.starts_with('2') {
        members["Zone"] = json!({"shape": "Text"});
    }
    let partitions = json!({"version": "1.1", "partitions": [{
        "id": "aws", "regionRegex": "^(us|eu)\\-\\w+\\-\\d+$", "regions": {"eu-central-1": {"description": "Frankfurt"}},
        "outputs": {
            "name": "aws", "dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
            "implicitGlobalRegion": "us-east-1", "supportsDualStack": true, "supportsFIPS": true,
        },
    }]});
    let mut files = vec![
        ("botocore/__init__.py".to_owned(), format!("__version__ = '{version}'\n")),
        ("botocore/data/partitions.json".to_owned(), partitions.to_string()),
    ];
    for service in services {
        // From version 3 on, `plain` speaks a way that nobody understands.
        let odd = *service == "plain" && version.starts_with('3');
        let protocol = if odd { "smoke-signals" } else { "json" };
        let model = json!({
            "metadata": {
                "apiVersion": "2026-01-01", "endpointPrefix": service, "protocol": protocol, "jsonVersion": "1.1",
                "signatureVersion": "v4", "targetPrefix": "Made", "serviceFullName": "Amazon Made Up", "serviceId": service,
            },
            "operations": {"MakeThing": {
                "name": "MakeThing", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "MakeThingRequest"},
            }},
            "shapes": {
                "MakeThingRequest": {"type": "structure", "required": ["Name"], "members": members},
                "Text": {"type": "string"},
            },
        });
        let rules = json!({
            "version": "1.0",
            "parameters": {"Region": {"builtIn": "AWS::Region", "required": true, "type": "String"}},
            "rules": [{"conditions": [], "type": "endpoint", "endpoint": {
                "url": format!("https://{service}.{{Region}}.amazonaws.com"), "properties": {}, "headers": {},
            }}],
        });
        let document = |kind: &str, value: &Value| {
            (format!("botocore/data/{service}/2026-01-01/{kind}.json"), value.to_string())
        };
        files.extend([document("service-2", &model), document("endpoint-rule-set-1", &rules)]);
    }
    wheel(folder, "botocore", version, &files)
}

/// An oci in which each service has `GetThing`.
pub(crate) fn oci(folder: &Path, version: &str, services: &[&str]) -> PathBuf {
    let mut files = vec![
        (
            "oci/regions_definitions.py".to_owned(),
            "REGIONS_SHORT_NAMES = {'fra': 'eu-frankfurt-1'}\nREGION_REALMS = {'eu-frankfurt-1': 'oc1'}\n\
             REALMS = {'oc1': 'oraclecloud.com'}\n"
                .to_owned(),
        ),
        ("oci/service_endpoints.py".to_owned(), "SERVICE_ENDPOINTS = {}\n".to_owned()),
    ];
    for service in services {
        files.extend([
            (format!("oci/{service}/things_client.py"), OCI_CLIENT.replace("SERVICE", service)),
            (format!("oci/{service}/models/__init__.py"), "things_type_mapping = f()\n".to_owned()),
            (format!("oci/{service}/models/thing.py"), OCI_MODEL.to_owned()),
        ]);
    }
    wheel(folder, "oci", version, &files)
}

const OCI_CLIENT: &str = r#"
class ThingsClient(object):
    def __init__(self, config, **kwargs):
        base_client_init_kwargs = {
            'regional_client': True,
            'base_path': '/20260101',
            'service_endpoint_template': 'https://SERVICE.{region}.oci.{secondLevelDomain}',
            'service_endpoint_template_per_realm': {  },
            'service_uses_dualstack_endpoints_by_default': False
        }
        self.base_client = BaseClient("SERVICE", config, signer, t, **base_client_init_kwargs)

    def get_thing(self, thing_id, **kwargs):
        """
        :param str thing_id: (required)
        """
        required_arguments = ['thingId']
        resource_path = "/things/{thingId}"
        method = "GET"
        operation_name = "get_thing"
        path_params = {
            "thingId": thing_id
        }
        header_params = {
            "accept": "application/json"
        }
        if retry_strategy:
            return retry_strategy.make_retrying_call(
                self.base_client.call_api, resource_path=resource_path, path_params=path_params,
                response_type="Thing")
        else:
            return self.base_client.call_api(
                resource_path=resource_path, path_params=path_params,
                response_type="Thing")
"#;

const OCI_MODEL: &str = r#"
class Thing(object):
    def __init__(self, **kwargs):
        self.swagger_types = {'id': 'str'}
        self.attribute_map = {'id': 'id'}
        self._id = None
    @property
    def id(self):
        """Gets it."""
        return self._id
    @id.setter
    def id(self, id):
        self._id = id
    def __repr__(self):
        return formatted_flat_dict(self)
"#;

/// An azure-mgmt package with `Things_Get`.
pub(crate) fn azure(folder: &Path, service: &str, version: &str) -> PathBuf {
    let at =
        |file: &str, text: &str| (format!("azure/mgmt/{service}/{file}"), text.replace("SERVICE", service));
    let files = [
        at("__init__.py", "from ._client import ThingsClient\n"),
        at("_client.py", AZURE_CLIENT),
        at("_configuration.py", AZURE_CONFIGURATION),
        at("operations/__init__.py", "from ._operations import ThingsOperations\n"),
        at("operations/_operations.py", AZURE_OPERATIONS),
        at("models/__init__.py", "from ._models import Thing\n"),
        at(
            "models/_models.py",
            "class Thing(_serialization.Model):\n    _attribute_map = {\n        \"id\": {\"key\": \"id\", \"type\": \"str\"},\n    }\n",
        ),
    ];
    wheel(folder, &format!("azure-mgmt-{service}"), version, &files)
}

const AZURE_CLIENT: &str = r#"
class ThingsClient:
    def __init__(self, credential, subscription_id, **kwargs):
        self._config = ThingsClientConfiguration(credential=credential, subscription_id=subscription_id, **kwargs)
        self.things = ThingsOperations(self._client, self._config, self._serialize, self._deserialize)
"#;

const AZURE_CONFIGURATION: &str = r#"
class ThingsClientConfiguration:
    def __init__(self, credential, subscription_id, **kwargs):
        api_version = kwargs.pop("api_version", "2026-01-01")
        self.subscription_id = subscription_id
        self.api_version = api_version
"#;

const AZURE_OPERATIONS: &str = r#"
def build_things_get_request(thing_name: str, subscription_id: str, **kwargs):
    _params = kwargs.pop("params", {})
    api_version = kwargs.pop("api_version", _params.pop("api-version", "2026-01-01"))
    _url = "/subscriptions/{subscriptionId}/providers/Microsoft.SERVICE/things/{thingName}"
    path_format_arguments = {
        "thingName": _SERIALIZER.url("thing_name", thing_name, "str"),
        "subscriptionId": _SERIALIZER.url("subscription_id", subscription_id, "str"),
    }
    _url = _url.format(**path_format_arguments)
    _params["api-version"] = _SERIALIZER.query("api_version", api_version, "str")
    return HttpRequest(method="GET", url=_url, params=_params, **kwargs)


class ThingsOperations:
    def get(self, thing_name: str, **kwargs) -> _models.Thing:
        _request = build_things_get_request(
            thing_name=thing_name,
            subscription_id=self._config.subscription_id,
            api_version=self._config.api_version,
            params=_params,
        )
        pipeline_response = self._client._pipeline.run(_request, stream=False, **kwargs)
        response = pipeline_response.http_response
        if response.status_code not in [200]:
            raise HttpResponseError(response=response)
        deserialized = self._deserialize("Thing", pipeline_response.http_response)
        return deserialized
"#;
