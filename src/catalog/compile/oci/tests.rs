//! A small package, written the way the generator writes.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::json;

use super::compile;
use crate::catalog::shapes::{Collection, Location, Service, ShapeKind};

const CLIENT: &str = r#"
class ThingClient(object):
    """About."""

    def __init__(self, config, **kwargs):
        base_client_init_kwargs = {
            'regional_client': True,
            'base_path': '/20200101',
            'service_endpoint_template': 'https://thing.{region}.oci.{secondLevelDomain}',
            'service_endpoint_template_per_realm': {  },
            'service_uses_dualstack_endpoints_by_default': False
        }
        self.base_client = BaseClient("thing", config, signer, t, **base_client_init_kwargs)

    def make_thing(self, shelf_id, make_thing_details, **kwargs):
        """
        Makes it.

        :param str shelf_id: (required)
            Which.

        :param oci.things.models.MakeThingDetails make_thing_details: (required)
            What.

        :param list[str] colour: (optional)
            Allowed values are: "RED", "BLUE"

        :param str opc_retry_token: (optional)
            Token.

        :param obj retry_strategy: (optional)
            Not sent.
        """
        required_arguments = ['shelfId']
        resource_path = "/shelves/{shelfId}/things"
        method = "POST"
        operation_name = "make_thing"
        api_reference_link = ""

        expected_kwargs = ["retry_strategy", "colour", "opc_retry_token"]
        extra_kwargs = [_key for _key in six.iterkeys(kwargs) if _key not in expected_kwargs]
        if extra_kwargs:
            raise ValueError(f"unknown kwargs: {extra_kwargs!r}")

        path_params = {
            "shelfId": shelf_id
        }
        path_params = {k: v for (k, v) in six.iteritems(path_params) if v is not missing}
        for (k, v) in six.iteritems(path_params):
            if v is None or (isinstance(v, six.string_types) and len(v.strip()) == 0):
                raise ValueError(f'Parameter {k} cannot be None, whitespace or empty string')

        if 'colour' in kwargs:
            colour_allowed_values = ["RED", "BLUE"]
            for colour_item in kwargs['colour']:
                if colour_item not in colour_allowed_values:
                    raise ValueError("no")

        query_params = {
            "colour": self.base_client.generate_collection_format_param(kwargs.get("colour", missing), 'csv')
        }
        query_params = {k: v for (k, v) in six.iteritems(query_params) if v is not missing and v is not None}

        header_params = {
            "accept": "application/json",
            "opc-retry-token": kwargs.get("opc_retry_token", missing)
        }
        header_params = {k: v for (k, v) in six.iteritems(header_params) if v is not missing and v is not None}

        retry_strategy = self.base_client.get_preferred_retry_strategy(
            operation_retry_strategy=kwargs.get('retry_strategy'), client_retry_strategy=self.retry_strategy)
        if retry_strategy is None:
            retry_strategy = retry.DEFAULT_RETRY_STRATEGY

        if retry_strategy:
            return retry_strategy.make_retrying_call(
                self.base_client.call_api,
                resource_path=resource_path, method=method, path_params=path_params,
                query_params=query_params, header_params=header_params, body=make_thing_details,
                response_type="Thing", required_arguments=required_arguments)
        else:
            return self.base_client.call_api(
                resource_path=resource_path, method=method, path_params=path_params,
                query_params=query_params, header_params=header_params, body=make_thing_details,
                response_type="Thing", required_arguments=required_arguments)

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

const COMPOSITE: &str = r#"
class ThingClientCompositeOperations(object):
    def make_thing_and_wait_for_state(self, shelf_id, make_thing_details, wait_for_states=[]):
        operation_result = self.client.make_thing(shelf_id, make_thing_details, **operation_kwargs)
        waiter_result = oci.wait_until(self.client, self.client.get_thing(thing_id),
            evaluate_response=lambda r: getattr(r.data, 'lifecycle_state') in states, succeed_on_not_found=x)
"#;

const THING: &str = r#"
class Thing(object):
    STATE_UP = "UP"
    def __init__(self, **kwargs):
        self.swagger_types = {'id': 'str', 'lifecycle_state': 'str', 'secret': 'str'}
        self.attribute_map = {'id': 'id', 'lifecycle_state': 'lifeCycle', 'secret': 'secret'}
        self._redacted_field_paths = [['secret']]
        self._id = None
    @property
    def lifecycle_state(self):
        """
        **[Required]** Gets it.
        """
        return self._lifecycle_state
    @lifecycle_state.setter
    def lifecycle_state(self, lifecycle_state):
        """Sets it."""
        allowed_values = ["UP", "DOWN", 'UNKNOWN_ENUM_VALUE']
        if not value_allowed_none_or_none_sentinel(lifecycle_state, allowed_values):
            lifecycle_state = 'UNKNOWN_ENUM_VALUE'
        self._lifecycle_state = lifecycle_state
    def __repr__(self):
        return formatted_flat_dict(self)
"#;

const DETAILS: &str = r#"
class MakeThingDetails(object):
    def __init__(self, **kwargs):
        self.swagger_types = {'kind': 'str', 'size': 'int', 'tags': 'dict(str, dict(str, object))', 'inner': 'list[MakeThingDetails]'}
        self.attribute_map = {'kind': 'kind', 'size': 'sizeInGBs', 'tags': 'tags', 'inner': 'inner'}
    @staticmethod
    def get_subtype(object_dictionary):
        type = object_dictionary['kind']
        if type == 'BIG':
            return 'MakeBigThingDetails'
        else:
            return 'MakeThingDetails'
    @property
    def kind(self):
        """**[Required]** Gets the kind."""
        return self._kind
    @kind.setter
    def kind(self, kind):
        allowed_values = ["BIG"]
        if not value_allowed_none_or_none_sentinel(kind, allowed_values):
            raise ValueError("no")
        self._kind = kind
"#;

const BIG: &str = r#"
class MakeBigThingDetails(MakeThingDetails):
    def __init__(self, **kwargs):
        self.swagger_types = {'kind': 'str', 'floor': 'NeverGenerated'}
        self.attribute_map = {'kind': 'kind', 'floor': 'floor'}
        self._kind = None
        self._kind = 'BIG'
"#;

/// The package with one file replaced.
fn package(root: &Path, replaced: &str, text: &str) {
    let files = [
        ("oci/things/thing_client.py", CLIENT),
        ("oci/things/thing_client_composite_operations.py", COMPOSITE),
        ("oci/things/models/__init__.py", "things_type_mapping = f()\n"),
        ("oci/things/models/thing.py", THING),
        ("oci/things/models/make_thing_details.py", DETAILS),
        ("oci/things/models/make_big_thing_details.py", BIG),
        (
            "oci/regions_definitions.py",
            "REGIONS_SHORT_NAMES = {'x': 'us-x-1'}\nREGION_REALMS = {'us-x-1': 'oc1'}\nREALMS = {'oc1': 'example.com'}\n",
        ),
        ("oci/service_endpoints.py", "SERVICE_ENDPOINTS = {}\n"),
        ("oci-1.0.dist-info/METADATA", "Name: oci\nVersion: 1.0\n"),
    ];
    let mut record = String::new();
    for (name, own) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, if name == replaced { text } else { own }).unwrap();
        record.push_str(&format!("{name},,\n"));
    }
    fs::write(root.join("oci-1.0.dist-info/RECORD"), record).unwrap();
}

fn service() -> Service {
    let dir = tempfile::tempdir().unwrap();
    package(dir.path(), "", "");
    let mut compiled = compile(dir.path(), &|_, _| {}).unwrap();
    assert_eq!((compiled.version.as_str(), compiled.services.len()), ("1.0", 1));
    assert_eq!(compiled.partitions["realms"], json!({"oc1": "example.com"}));
    compiled.services.remove(0)
}

/// The error when a file says `after` in place of `before`.
fn error(file: &str, source: &str, before: &str, after: &str) -> String {
    assert!(source.contains(before), "{before}");
    let dir = tempfile::tempdir().unwrap();
    package(dir.path(), file, &source.replacen(before, after, 1));
    compile(dir.path(), &|_, _| {}).err().unwrap().to_string()
}

#[test]
fn an_operation_is_read_with_the_places_of_its_parameters() {
    let service = service();
    assert_eq!((service.name.as_str(), service.title.as_str()), ("things.thing", "Thing"));
    assert_eq!(service.api_version, "20200101");
    let make = service.operation("MakeThing").unwrap();
    assert_eq!((make.method.as_str(), make.uri.as_str()), ("POST", "/shelves/{shelfId}/things"));
    let input = service.shape(make.input.unwrap());
    let members: Vec<_> = input.members().iter().map(|m| (m.name.as_str(), m.location, m.required)).collect();
    assert_eq!(
        members,
        [
            ("shelfId", Location::Uri, true),
            ("colour", Location::Query, false),
            ("opc-retry-token", Location::Header, false),
            ("body", Location::Body, true),
        ]
    );
    let colour = input.member("colour").unwrap();
    assert_eq!(colour.collection, Some(Collection::Csv));
    let ShapeKind::List { member } = &service.shape(colour.shape).kind else { panic!("a list") };
    assert_eq!(service.shape(member.shape).traits.allowed, ["RED", "BLUE"]);
    assert!(service.shape(member.shape).traits.closed);
    assert!(input.member("opc-retry-token").unwrap().idempotency_token);
    let about = make.traits.oci.as_deref().unwrap();
    assert!(about.retried && about.retry_token && !about.unsigned_content);
    assert_eq!(about.headers, [("accept".to_owned(), "application/json".to_owned())]);
    let awaits = about.awaits.as_ref().unwrap();
    assert_eq!((awaits.operation.as_str(), awaits.state.as_str()), ("GetThing", "lifeCycle"));
    assert!(!awaits.work_request && awaits.service.is_none());
}

#[test]
fn models_are_read_with_wire_names_words_and_subtypes() {
    let service = service();
    let body =
        service.shape(service.operation("MakeThing").unwrap().input.unwrap()).member("body").unwrap().shape;
    let details = service.shape(body);
    assert_eq!(details.name, "MakeThingDetails");
    assert!(details.member("sizeInGBs").is_some() && details.member("kind").unwrap().required);
    assert_eq!(details.traits.discriminator.as_deref(), Some("kind"));
    let (value, big) = &details.traits.variants[0];
    assert_eq!((value.as_str(), service.shape(*big).name.as_str()), ("BIG", "MakeBigThingDetails"));
    // Required through the base; a type without a model is text.
    let big = service.shape(*big);
    assert!(big.member("kind").unwrap().required);
    assert!(matches!(service.shape(big.member("floor").unwrap().shape).kind, ShapeKind::String));
    let thing = service.shape(service.operation("GetThing").unwrap().output.unwrap());
    let state = thing.member("lifeCycle").unwrap();
    let words = &service.shape(state.shape).traits;
    assert_eq!(
        (words.allowed.as_slice(), words.closed),
        (["UP".to_owned(), "DOWN".to_owned()].as_slice(), false)
    );
    assert!(
        thing.member("secret").unwrap().traits.sensitive && !thing.member("id").unwrap().traits.sensitive
    );
}

#[test]
fn what_is_not_understood_is_named_with_file_and_line() {
    let client = "oci/things/thing_client.py";
    for (before, after, wanted) in [
        (
            "        method = \"POST\"\n",
            "        method = \"POST\"\n        log(method)\n",
            "line 37: a statement that is not understood: `log(method)`",
        ),
        ("'csv'", "'pipes'", "lists written as `pipes`"),
        (
            "body=make_thing_details,",
            "body=make_thing_details, hedged=True,",
            "another one when it is retried",
        ),
        ("'regional_client'", "'sharded_client'", "`sharded_client` is a client setting"),
        ("operation_name = \"make_thing\"", "operation_name = \"other\"", "operation_name is `other`"),
        ("\"shelfId\": shelf_id", "\"shelfId\": shelf_id + 1", "`shelf_id + 1` is not understood"),
        ("{shelfId}", "{shelf}", "has no parameter for `{shelf}`"),
        (":param str shelf_id:", ":param obj shelf_id:", "does not say what type `shelf_id` has"),
    ] {
        let message = error(client, CLIENT, before, after);
        assert!(message.starts_with(client) && message.contains(wanted), "{message}");
    }
    let model = "oci/things/models/thing.py";
    for (before, after, wanted) in [
        ("'id': 'str'", "'id': 'tuple[str]'", "has the unknown type `tuple[str]`"),
        ("{'id': 'id', ", "{", "attribute `id` has no wire name"),
        ("lifecycle_state = 'UNKNOWN_ENUM_VALUE'", "pass", "a check of words"),
        ("    def __repr__", "    def surprise", "`surprise` is a member of a model"),
        ("[['secret']]", "[['gone']]", "nothing is at gone"),
    ] {
        let message = error(model, THING, before, after);
        assert!(message.contains(wanted), "{message}");
    }
    let composite = "oci/things/thing_client_composite_operations.py";
    let message = error(composite, COMPOSITE, "self.client.get_thing(", "self.client.get_else(");
    assert!(message.contains("is awaited by GetElse"), "{message}");
}

#[test]
fn another_package_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let message = compile(dir.path(), &|_, _| {}).err().unwrap().to_string();
    assert!(message.contains("holds no `oci` package"), "{message}");
}
