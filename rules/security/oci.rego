# What takes more than one parameter to judge on OCI.
package provisioner.security

import rego.v1

import data.provisioner.lib

address_keys := ["body", "createVnicDetails", "assignPublicIp"]

# SEC-OCI-NET-03
deny contains found if {
	some step in lib.steps(["oci core.compute LaunchInstance", "oci core.compute AttachVnic"])
	lib.word(object.get(step.params, address_keys, false)) == "true"
	found := lib.with_patch(
		lib.finding("SEC-OCI-NET-03", step, "$.body.createVnicDetails.assignPublicIp", "The instance gets a public address: assignPublicIp is true"),
		[{"op": "replace", "path": "/body/createVnicDetails/assignPublicIp", "value": false}],
	)
}

deny contains found if {
	some step in lib.steps(["oci core.compute LaunchInstance", "oci core.compute AttachVnic"])
	object.get(step.params, address_keys, null) == null
	subnet := object.get(step.params, ["body", "createVnicDetails", "subnetId"], object.get(step.params, ["body", "subnetId"], ""))
	not oci_private(subnet)
	found := lib.unknown(lib.with_patch(
		lib.finding(
			"SEC-OCI-NET-03", step, "$.body.createVnicDetails.assignPublicIp",
			"Whether the instance gets a public address depends on its subnet; set assignPublicIp to false",
		),
		[lib.setting(step.params, "", address_keys, false)],
	))
}

deny contains found if {
	some step in lib.steps(["oci core.compute LaunchInstance", "oci core.compute AttachVnic"])
	lib.unknown_at(step.params, address_keys)
	found := lib.unknown(lib.finding(
		"SEC-OCI-NET-03", step, "$.body.createVnicDetails.assignPublicIp",
		"Whether the instance gets a public address is known only once an earlier step has run",
	))
}

oci_private(subnet) if input.inventory.subnets[subnet].public == false

oci_private(subnet) if {
	some step in lib.steps(["oci core.virtual_network CreateSubnet"])
	step.params.body.prohibitPublicIpOnVnic == true
	contains(subnet, sprintf("steps.%s.output", [step.id]))
}

# SEC-OCI-DB-01
access_list(step) := lib.list(object.get(step.params, ["body", "whitelistedIps"], []))

deny contains found if {
	some step in lib.steps(["oci database.database CreateAutonomousDatabase"])
	object.get(step.params, ["body", "subnetId"], "") == ""
	count(access_list(step)) == 0
	found := lib.finding("SEC-OCI-DB-01", step, "$.body.whitelistedIps", "The database is open to every address: it has neither a subnet nor an access list")
}

deny contains found if {
	some step in lib.steps(["oci database.database CreateAutonomousDatabase", "oci database.database UpdateAutonomousDatabase"])
	some i, entry in access_list(step)
	is_string(entry)
	lib.is_public(split(entry, ";")[0])
	found := lib.finding("SEC-OCI-DB-01", step, sprintf("$.body.whitelistedIps[%d]", [i]), sprintf("The database is open to the internet (%s)", [entry]))
}

deny contains found if {
	some step in lib.steps(["oci database.database UpdateAutonomousDatabase"])
	object.get(step.params, ["body", "whitelistedIps"], null) == []
	found := lib.finding("SEC-OCI-DB-01", step, "$.body.whitelistedIps", "The access list is emptied, which opens the database to every address")
}

deny contains found if {
	some step in lib.steps(["oci database.database CreateAutonomousDatabase", "oci database.database UpdateAutonomousDatabase"])
	some i, entry in access_list(step)
	lib.is_reference(entry)
	found := lib.unknown(lib.finding("SEC-OCI-DB-01", step, sprintf("$.body.whitelistedIps[%d]", [i]), "Who may reach the database is known only once an earlier step has run"))
}

# SEC-OCI-IAM-01
deny contains found if {
	some step in lib.steps(["oci identity.identity CreatePolicy", "oci identity.identity UpdatePolicy"])
	some i, statement in lib.list(object.get(step.params, ["body", "statements"], []))
	too_wide(statement)
	found := lib.finding("SEC-OCI-IAM-01", step, sprintf("$.body.statements[%d]", [i]), sprintf("The statement gives too much: %s", [statement]))
}

too_wide(statement) if {
	regex.match(`^\s*allow\s+(group|dynamic-group)\s.*\sto\s+manage\s+all-resources\s+in\s+(tenancy|compartment\s+id\s+ocid1\.tenancy)`, lower(statement))
	not regex.match(`^\s*allow\s+group\s+('?default'?/)?'?administrators'?\s`, lower(statement))
}

too_wide(statement) if {
	regex.match(`^\s*allow\s+any-(user|group)\s`, lower(statement))
	not regex.match(`\swhere\s`, lower(statement))
}

deny contains found if {
	some step in lib.steps(["oci identity.identity CreatePolicy", "oci identity.identity UpdatePolicy"])
	some i, statement in lib.list(object.get(step.params, ["body", "statements"], []))
	lib.is_reference(statement)
	regex.match(`^\$\{\{[^}]*\}\}$`, statement)
	found := lib.unknown(lib.finding("SEC-OCI-IAM-01", step, sprintf("$.body.statements[%d]", [i]), "What the statement gives is known only once an earlier step has run"))
}

# SEC-OCI-OKE-01
deny contains found if {
	some name, keys in {
		"oci container_engine.container_engine CreateCluster": ["body", "endpointConfig"],
		"oci container_engine.container_engine UpdateClusterEndpointConfig": ["body"],
	}
	some step in input.by[name]
	endpoint := object.get(step.params, keys, {})
	lib.is_yes(object.get(endpoint, "isPublicIpEnabled", false))
	count(lib.list(object.get(endpoint, "nsgIds", []))) == 0
	found := lib.with_patch(
		lib.finding(
			"SEC-OCI-OKE-01", step, sprintf("$.%s.isPublicIpEnabled", [concat(".", keys)]),
			"The internet can reach the Kubernetes API: the endpoint is public and has no network security group",
		),
		[{"op": "replace", "path": sprintf("/%s/isPublicIpEnabled", [concat("/", keys)]), "value": false}],
	)
}

deny contains found if {
	some step in lib.steps(["oci container_engine.container_engine CreateCluster"])
	not lib.word(object.get(step.params, ["body", "endpointConfig", "isPublicIpEnabled"], null)) in {"true", "false"}
	found := lib.unknown(lib.finding(
		"SEC-OCI-OKE-01", step, "$.body.endpointConfig.isPublicIpEnabled",
		"Whether the internet can reach the Kubernetes API is not said; set isPublicIpEnabled to false",
	))
}
