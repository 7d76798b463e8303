# EC2, containers, functions, and clusters of AWS.
package provisioner.security

import rego.v1

import data.provisioner.lib

# Launches and templates hold the same members at different depths.
launches contains {"step": step, "at": "$", "pointer": "", "data": step.params, "template": false} if {
	some step in lib.steps(["aws ec2 RunInstances"])
}

launches contains {"step": step, "at": "$.LaunchTemplateData", "pointer": "/LaunchTemplateData", "data": launch, "template": true} if {
	some step in lib.steps(["aws ec2 CreateLaunchTemplate", "aws ec2 CreateLaunchTemplateVersion"])
	launch := object.get(step.params, "LaunchTemplateData", {})
	is_object(launch)
}

launches contains {"step": step, "at": "$", "pointer": "", "data": step.params, "template": true} if {
	some step in lib.steps(["aws autoscaling CreateLaunchConfiguration"])
}

launches contains {"step": step, "at": "$.LaunchSpecification", "pointer": "/LaunchSpecification", "data": launch, "template": true} if {
	some step in lib.steps(["aws ec2 RequestSpotInstances"])
	launch := object.get(step.params, "LaunchSpecification", {})
	is_object(launch)
}

# A spot request has no say over instance metadata.
has_metadata_options(launch) if launch.step.operation != "RequestSpotInstances"

from_template(launch) if object.get(launch.data, "LaunchTemplate", null) != null

# SEC-AWS-EC2-01: metadata without a session token.
deny contains found if {
	some launch in launches
	has_metadata_options(launch)
	not from_template(launch)
	options := object.get(launch.data, "MetadataOptions", {})
	not lib.unknown_at(launch.data, ["MetadataOptions", "HttpTokens"])
	lib.word(object.get(options, "HttpTokens", "optional")) != "required"
	lib.word(object.get(options, "HttpEndpoint", "enabled")) != "disabled"
	found := lib.with_patch(
		lib.finding(
			"SEC-AWS-EC2-01", launch.step, sprintf("%s.MetadataOptions.HttpTokens", [launch.at]),
			sprintf("Instance metadata answers without a session token: HttpTokens is %s, must be required", [object.get(options, "HttpTokens", "not set")]),
		),
		[{"op": "add", "path": sprintf("%s/MetadataOptions", [launch.pointer]), "value": object.union(options, {"HttpTokens": "required"})}],
	)
}

deny contains found if {
	some step in lib.steps(["aws ec2 ModifyInstanceMetadataOptions"])
	lib.word(object.get(step.params, "HttpTokens", "required")) == "optional"
	lib.word(object.get(step.params, "HttpEndpoint", "enabled")) != "disabled"
	found := lib.with_patch(
		lib.finding("SEC-AWS-EC2-01", step, "$.HttpTokens", "Instance metadata answers without a session token: HttpTokens is optional, must be required"),
		[{"op": "replace", "path": "/HttpTokens", "value": "required"}],
	)
}

deny contains found if {
	some step in lib.steps(["aws ec2 ModifyInstanceMetadataOptions"])
	lib.is_reference(object.get(step.params, "HttpTokens", ""))
	found := lib.unknown(lib.finding(
		"SEC-AWS-EC2-01", step, "$.HttpTokens",
		"Whether instance metadata asks for a session token is known only once an earlier step has run",
	))
}

deny contains found if {
	some launch in launches
	lib.unknown_at(launch.data, ["MetadataOptions", "HttpTokens"])
	found := lib.unknown(lib.finding(
		"SEC-AWS-EC2-01", launch.step, sprintf("%s.MetadataOptions.HttpTokens", [launch.at]),
		"Whether instance metadata asks for a session token is known only once an earlier step has run",
	))
}

# SEC-AWS-EC2-02: public addresses.
deny contains found if {
	some launch in launches
	some i, card in lib.list(object.get(launch.data, "NetworkInterfaces", []))
	lib.word(object.get(card, "AssociatePublicIpAddress", false)) == "true"
	found := lib.with_patch(
		lib.finding(
			"SEC-AWS-EC2-02", launch.step, sprintf("%s.NetworkInterfaces[%d].AssociatePublicIpAddress", [launch.at, i]),
			"The instance gets a public address: AssociatePublicIpAddress is true",
		),
		[{"op": "replace", "path": sprintf("%s/NetworkInterfaces/%d/AssociatePublicIpAddress", [launch.pointer, i]), "value": false}],
	)
}

# A launch configuration says it without a card.
deny contains found if {
	some launch in launches
	lib.is_yes(object.get(launch.data, "AssociatePublicIpAddress", false))
	found := lib.with_patch(
		lib.finding("SEC-AWS-EC2-02", launch.step, sprintf("%s.AssociatePublicIpAddress", [launch.at]), "The instances get a public address: AssociatePublicIpAddress is true"),
		[{"op": "replace", "path": sprintf("%s/AssociatePublicIpAddress", [launch.pointer]), "value": false}],
	)
}

# Cards that come from an earlier step, as a whole or in this one member.
deny contains found if {
	some launch in launches
	some i, card in lib.list(object.get(launch.data, "NetworkInterfaces", []))
	lib.unknown_at(card, ["AssociatePublicIpAddress"])
	launch.template
	found := lib.unknown(lib.finding(
		"SEC-AWS-EC2-02", launch.step, sprintf("%s.NetworkInterfaces[%d].AssociatePublicIpAddress", [launch.at, i]),
		"Whether the instance gets a public address is known only once an earlier step has run",
	))
}

deny contains found if {
	some launch in launches
	some i, card in lib.list(object.get(launch.data, "NetworkInterfaces", []))
	is_object(card)
	lib.is_reference(object.get(card, "AssociatePublicIpAddress", false))
	not launch.template
	found := lib.unknown(lib.finding(
		"SEC-AWS-EC2-02", launch.step, sprintf("%s.NetworkInterfaces[%d].AssociatePublicIpAddress", [launch.at, i]),
		"Whether the instance gets a public address is known only once an earlier step has run",
	))
}

# Without a word on it, the subnet decides; a subnet that is known to be private is none.
deny contains found if {
	some launch in launches
	not launch.template
	not from_template(launch)
	not says_address(launch.data)
	subnet := subnet_of(launch.data)
	not known_private(subnet)
	found := lib.unknown(lib.finding(
		"SEC-AWS-EC2-02", launch.step, "$.NetworkInterfaces",
		"Whether the instance gets a public address depends on its subnet; set AssociatePublicIpAddress to false",
	))
}

says_address(launch) if {
	some card in lib.list(object.get(launch, "NetworkInterfaces", []))
	object.get(card, "AssociatePublicIpAddress", null) != null
}

# An address cannot be given to a card that exists already.
says_address(launch) if {
	some card in lib.list(object.get(launch, "NetworkInterfaces", []))
	object.get(card, "NetworkInterfaceId", null) != null
}

subnet_of(launch) := launch.SubnetId

subnet_of(launch) := card.SubnetId if {
	not launch.SubnetId
	some card in launch.NetworkInterfaces
}

subnet_of(launch) := "" if {
	not launch.SubnetId
	count([1 | some card in object.get(launch, "NetworkInterfaces", []); card.SubnetId]) == 0
}

known_private(subnet) if input.inventory.subnets[subnet].public == false

# Subnets of the same plan give no addresses unless a step says so.
known_private(subnet) if {
	some step in lib.steps(["aws ec2 CreateSubnet"])
	contains(subnet, sprintf("steps.%s.output", [step.id]))
	count([1 | some other in lib.related(step); other.name == "aws ec2 ModifySubnetAttribute"; gives_addresses(other)]) == 0
}

gives_addresses(step) if lib.word(object.get(step.params, ["MapPublicIpOnLaunch", "Value"], false)) != "false"

# SEC-AWS-EC2-03: disks.
deny contains found if {
	some launch in launches
	some i, mapping in lib.list(object.get(launch.data, "BlockDeviceMappings", []))
	disk := object.get(mapping, "Ebs", null)
	is_object(disk)
	encrypted := object.get(disk, "Encrypted", null)
	not lib.is_yes(encrypted)
	not lib.is_reference(encrypted)
	found := lib.with_patch(
		lib.finding(
			"SEC-AWS-EC2-03", launch.step, sprintf("%s.BlockDeviceMappings[%d].Ebs.Encrypted", [launch.at, i]),
			sprintf("The disk %s is not encrypted: Encrypted is %s", [object.get(mapping, "DeviceName", "?"), shown(encrypted)]),
		),
		[{"op": "add", "path": sprintf("%s/BlockDeviceMappings/%d/Ebs/Encrypted", [launch.pointer, i]), "value": true}],
	)
}

deny contains found if {
	some launch in launches
	some i, mapping in lib.list(object.get(launch.data, "BlockDeviceMappings", []))
	lib.unknown_at(mapping, ["Ebs", "Encrypted"])
	found := lib.unknown(lib.finding(
		"SEC-AWS-EC2-03", launch.step, sprintf("%s.BlockDeviceMappings[%d].Ebs.Encrypted", [launch.at, i]),
		"Whether the disk is encrypted is known only once an earlier step has run",
	))
}

deny contains found if {
	some launch in launches
	not launch.template
	not from_template(launch)
	count(lib.list(object.get(launch.data, "BlockDeviceMappings", []))) == 0
	found := lib.unknown(lib.finding(
		"SEC-AWS-EC2-03", launch.step, "$.BlockDeviceMappings",
		"Whether the disks are encrypted depends on the account's default; name the root disk with Encrypted true",
	))
}

shown(null) := "not set"

shown(value) := lib.word(value) if value != null

# SEC-AWS-EC2-05: no role.
deny contains found if {
	some launch in launches
	not launch.template
	not from_template(launch)
	object.get(launch.data, "IamInstanceProfile", null) == null
	found := lib.finding("SEC-AWS-EC2-05", launch.step, "$.IamInstanceProfile", "The instance has no role, so programs on it would need keys")
}

# SEC-AWS-EC2-04, SEC-AZ-VM-05: secrets in start-up data and environments.
credential_patterns := [
	`(A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}`,
	`-----BEGIN ([A-Z]+ )*PRIVATE KEY-----`,
	`gh[pousr]_[A-Za-z0-9]{36}`,
	`xox[baprs]-[A-Za-z0-9-]{10,}`,
]

# Against the text in lower case.
lower_patterns := [
	`aws_secret_access_key["' ]{0,3}[=:]["' ]{0,3}[a-z0-9/+=]{20,}`,
	`(secret|private|account|storage)_?(access_?)?key["' ]{0,3}[=:]["' ]{0,3}[a-z0-9/+=_-]{16,}`,
	`(password|passwd|pwd|secret|api_?key|auth_?token|access_?token)["' ]{0,3}[=:]["' ]{0,3}[^\s"'$%{<(*/][^\s"'$%{<(*]{7,}`,
	`accountkey=[a-z0-9/+]{40,}`,
	`[a-z][a-z0-9+.-]*://[^\s/:@"'$]+:[^\s/:@"'$]{4,}@`,
]

holds_credential(text) if {
	some pattern in credential_patterns
	regex.match(pattern, text)
}

holds_credential(text) if {
	some pattern in lower_patterns
	regex.match(pattern, lower(text))
}

# Forty characters of capitals, small letters, and digits, as secret access keys are; a path or a hash is none.
holds_credential(text) if {
	some found in regex.find_n(`(?:^|[^A-Za-z0-9/+=])[A-Za-z0-9/+=]{40}(?:$|[^A-Za-z0-9/+=])`, text, -1)
	regex.match(`[A-Z].*[A-Z].*[A-Z]`, found)
	regex.match(`[a-z].*[a-z].*[a-z]`, found)
	regex.match(`[0-9]`, found)
	not regex.match(`/[a-z]+/`, found)
}

# A member whose own name says secret, with something written out.
names_credential(name, value) if {
	regex.match(`(password|passwd|secret|api_?key|token|private_?key|credential)`, lower(name))
	not regex.match(`(arn|_id|name|path|file|url|uri|ttl|expiry|version|_enabled|length)$`, lower(name))
	is_string(value)
	count(value) >= 6
	not lib.is_reference(value)
	not regex.match(`^(arn:|https?://|ssm:|\{\{resolve:|/|true$|false$|[0-9]+$)`, value)
}

decoded(text) := base64.decode(text) if {
	regex.match(`^[A-Za-z0-9+/\s]+={0,2}$`, text)
	base64.is_valid(text)
}

readable(text) := concat("\n", array.concat([text], [plain | plain := decoded(text)]))

startup_texts contains {"step": launch.step, "path": sprintf("%s.UserData", [launch.at]), "rule": "SEC-AWS-EC2-04", "text": text} if {
	some launch in launches
	text := launch.data.UserData
	is_string(text)
}

startup_texts contains {"step": step, "path": "$.UserData.Value", "rule": "SEC-AWS-EC2-04", "text": text} if {
	some step in lib.steps(["aws ec2 ModifyInstanceAttribute"])
	text := object.get(step.params, ["UserData", "Value"], null)
	is_string(text)
}

startup_texts contains {"step": step, "path": concat(".", array.concat(["$"], keys)), "rule": "SEC-AZ-VM-05", "text": text} if {
	some name, places in {
		"azure compute VirtualMachines_CreateOrUpdate": [["body", "properties", "osProfile", "customData"], ["body", "properties", "userData"]],
		"azure compute VirtualMachineScaleSets_CreateOrUpdate": [
			["body", "properties", "virtualMachineProfile", "osProfile", "customData"], ["body", "properties", "virtualMachineProfile", "userData"],
		],
	}
	some step in input.by[name]
	some keys in places
	text := object.get(step.params, keys, null)
	is_string(text)
}

startup_texts contains {"step": step, "path": "$.body.metadata.user_data", "rule": "SEC-ALL-SECRET-01", "text": text} if {
	some step in lib.steps(["oci core.compute LaunchInstance"])
	text := object.get(step.params, ["body", "metadata", "user_data"], null)
	is_string(text)
}

environment_values contains {"step": step, "path": sprintf("$.Environment.Variables.%s", [name]), "name": name, "value": value} if {
	some step in lib.steps(["aws lambda CreateFunction", "aws lambda UpdateFunctionConfiguration"])
	some name, value in object.get(step.params, ["Environment", "Variables"], {})
}

environment_values contains {"step": step, "path": sprintf("$.containerDefinitions[%d].environment[%d].value", [i, j]), "name": object.get(pair, "name", ""), "value": value} if {
	some step in lib.steps(["aws ecs RegisterTaskDefinition"])
	some i, container in lib.list(object.get(step.params, "containerDefinitions", []))
	some j, pair in lib.list(object.get(container, "environment", []))
	value := object.get(pair, "value", "")
}

# The value is never repeated: a finding is shown, stored, and sent on.
deny contains found if {
	some start in startup_texts
	holds_credential(readable(start.text))
	found := lib.finding(start.rule, start.step, start.path, "The start-up data holds what looks like a credential")
}

deny contains found if {
	some start in startup_texts
	lib.is_reference(start.text)
	regex.match(`^\$\{\{[^}]*\}\}$`, start.text)
	found := lib.unknown(lib.finding(start.rule, start.step, start.path, "What the start-up data holds is known only once an earlier step has run"))
}

deny contains found if {
	some pair in environment_values
	is_string(pair.value)
	holds_credential(pair.value)
	found := lib.finding("SEC-AWS-EC2-04", pair.step, pair.path, sprintf("The environment variable %s holds what looks like a credential", [pair.name]))
}

deny contains found if {
	some pair in environment_values
	names_credential(pair.name, pair.value)
	found := lib.finding("SEC-AWS-EC2-04", pair.step, pair.path, sprintf("The environment variable %s holds what looks like a credential", [pair.name]))
}

# SEC-ALL-SECRET-01: a secret written out in a parameter.
deny contains found if {
	some step in input.steps
	some path in step.secrets
	found := lib.finding("SEC-ALL-SECRET-01", step, path, sprintf("%s holds a secret letter for letter", [path]))
}
