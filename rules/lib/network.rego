# Every opening to a port, of every cloud, in one form:
# {step, cloud, path, protocol: tcp|udp|all|other, from, to, source, unknown}.
package provisioner.lib

import rego.v1

aws_ingress := ["aws ec2 AuthorizeSecurityGroupIngress"]

# AWS: lists of permissions.
openings contains opening if {
	some step in steps(aws_ingress)
	some i, permission in list(object.get(step.params, "IpPermissions", []))
	is_object(permission)
	some kind, member in {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6"}
	some j, range in list(object.get(permission, kind, []))
	opening := aws_opening(step, permission, object.get(range, member, ""), sprintf("$.IpPermissions[%d].%s[%d].%s", [i, kind, j, member]))
}

# AWS: the flat form.
openings contains opening if {
	some step in steps(aws_ingress)
	cidr := object.get(step.params, "CidrIp", "")
	cidr != ""
	opening := aws_opening(step, step.params, cidr, "$.CidrIp")
}

# AWS: changed rules.
openings contains opening if {
	some step in steps(["aws ec2 ModifySecurityGroupRules"])
	some i, update in list(object.get(step.params, "SecurityGroupRules", []))
	rule := object.get(update, "SecurityGroupRule", {})
	is_object(rule)
	some member in ["CidrIpv4", "CidrIpv6"]
	cidr := object.get(rule, member, "")
	cidr != ""
	opening := aws_opening(step, rule, cidr, sprintf("$.SecurityGroupRules[%d].SecurityGroupRule.%s", [i, member]))
}

aws_opening(step, permission, cidr, path) := object.union(
	{"step": step, "cloud": "aws", "path": path, "source": cidr, "protocol": protocol(object.get(permission, "IpProtocol", "-1"))},
	ports(object.get(permission, "FromPort", null), object.get(permission, "ToPort", null)),
)

# Azure: a rule on its own or in its group.
azure_rules contains {"step": step, "path": "$.body.properties", "rule": rule} if {
	some step in steps(["azure network SecurityRules_CreateOrUpdate"])
	rule := object.get(step.params, ["body", "properties"], {})
}

azure_rules contains {"step": step, "path": path, "rule": rule} if {
	some step in steps(["azure network NetworkSecurityGroups_CreateOrUpdate"])
	some i, entry in list(object.get(step.params, ["body", "properties", "securityRules"], []))
	rule := object.get(entry, "properties", {})
	path := sprintf("$.body.properties.securityRules[%d].properties", [i])
}

openings contains opening if {
	some entry in azure_rules
	rule := entry.rule
	lower(object.get(rule, "access", "")) == "allow"
	lower(object.get(rule, "direction", "")) == "inbound"
	some i, source in members(rule, "sourceAddressPrefix", "sourceAddressPrefixes")
	some range in members(rule, "destinationPortRange", "destinationPortRanges")
	path := sprintf("%s.%s", [entry.path, member_path(rule, "sourceAddressPrefix", "sourceAddressPrefixes", i)])
	opening := object.union(
		{"step": entry.step, "cloud": "azure", "path": path, "source": source, "protocol": protocol(object.get(rule, "protocol", "*"))},
		port_range(range),
	)
}

# What a member and its plural hold together, and where each of it stands.
members(rule, one, many) := array.concat(list(object.get(rule, one, null)), list(object.get(rule, many, [])))

member_path(rule, one, _, 0) := one if object.get(rule, one, null) != null

member_path(rule, one, many, position) := sprintf("%s[%d]", [many, position - alone]) if {
	alone := count(list(object.get(rule, one, null)))
	position >= alone
}

port_range("*") := {"from": 0, "to": 65535, "ports_unknown": false}

port_range(text) := {"from": 0, "to": 65535, "ports_unknown": true} if is_reference(text)

port_range(value) := {"from": to_number(from), "to": to_number(to), "ports_unknown": false} if {
	text := sprintf("%v", [value])
	text != "*"
	not is_reference(text)
	parts := split(text, "-")
	from := trim_space(parts[0])
	to := trim_space(parts[count(parts) - 1])
	regex.match(`^[0-9]+$`, from)
	regex.match(`^[0-9]+$`, to)
}

# OCI: security lists.
openings contains opening if {
	some step in steps(["oci core.virtual_network CreateSecurityList", "oci core.virtual_network UpdateSecurityList"])
	some i, rule in list(object.get(step.params, ["body", "ingressSecurityRules"], []))
	is_object(rule)
	opening := oci_opening(step, rule, sprintf("$.body.ingressSecurityRules[%d].source", [i]))
}

# OCI: network security groups.
openings contains opening if {
	some step in steps([
		"oci core.virtual_network AddNetworkSecurityGroupSecurityRules",
		"oci core.virtual_network UpdateNetworkSecurityGroupSecurityRules",
	])
	some i, rule in list(object.get(step.params, ["body", "securityRules"], []))
	is_object(rule)
	upper(object.get(rule, "direction", "INGRESS")) == "INGRESS"
	opening := oci_opening(step, rule, sprintf("$.body.securityRules[%d].source", [i]))
}

oci_opening(step, rule, path) := object.union(
	{"step": step, "cloud": "oci", "path": path, "source": object.get(rule, "source", ""), "protocol": protocol(object.get(rule, "protocol", "all"))},
	oci_ports(rule),
)

oci_ports(rule) := ports(
	object.get(rule, ["tcpOptions", "destinationPortRange", "min"], null),
	object.get(rule, ["tcpOptions", "destinationPortRange", "max"], null),
) if protocol(object.get(rule, "protocol", "all")) != "udp"

oci_ports(rule) := ports(
	object.get(rule, ["udpOptions", "destinationPortRange", "min"], null),
	object.get(rule, ["udpOptions", "destinationPortRange", "max"], null),
) if protocol(object.get(rule, "protocol", "all")) == "udp"

protocol(value) := "tcp" if word(value) in {"tcp", "6"}

protocol(value) := "udp" if word(value) in {"udp", "17"}

protocol(value) := "all" if word(value) in {"-1", "all", "*"}

protocol(value) := "all" if is_reference(value)

protocol(value) := "other" if {
	not word(value) in {"tcp", "6", "udp", "17", "-1", "all", "*"}
	not is_reference(value)
}

# The ports from and to; all where they are absent or -1.
ports(from, to) := {"from": 0, "to": 65535, "ports_unknown": true} if {
	some bound in [from, to]
	is_reference(bound)
} else := {"from": port(from, 0), "to": port(to, 65535), "ports_unknown": false}

port(null, otherwise) := otherwise

port(value, otherwise) := number if {
	value != null
	number := at_least_zero(to_number(value), otherwise)
}

at_least_zero(number, _) := number if number >= 0

at_least_zero(number, otherwise) := otherwise if number < 0

holds(opening, number) if {
	opening.from <= number
	opening.to >= number
}

# Whether an opening is known to admit the internet, or may do so.
admits_internet(opening) if is_public(opening.source)

may_admit_internet(opening) if is_reference(opening.source)

internet_words := {"*", "internet", "any", "0.0.0.0", "::", "/0", "<nw>/0"}

is_public(source) if lower(source) in internet_words

is_public(source) if {
	[address, bits] := split(source, "/")
	contains(address, ".")
	not is_private(address)
	to_number(bits) < object.get(data.books.security, "max_public_prefix", 8)
}

is_public(source) if {
	[address, bits] := split(source, "/")
	contains(address, ":")
	not regex.match(`^f[cde]`, lower(address))
	to_number(bits) < 16
}

is_private(address) if startswith(address, "10.")

is_private(address) if startswith(address, "192.168.")

is_private(address) if regex.match(`^172\.(1[6-9]|2[0-9]|3[01])\.`, address)

# A source as a person reads it, with the ports that are open to it.
opened(opening) := sprintf("%s admits %s", [opening.path, opening.source])
