# Every opening to a port, of every cloud, in one form:
# {step, cloud, path, protocol: tcp|udp|all|other, from, to, source, unknown}, where `unknown` is the reference that decides
# whether it is one, or empty.
package provisioner.lib

import rego.v1

aws_ingress := ["aws ec2 AuthorizeSecurityGroupIngress"]

# Addresses inside a private block, and no wider than it, of which nothing has to be said.
private_networks := `^(10\.[0-9.]+/([89]|[12][0-9]|3[0-2])|192\.168\.[0-9.]+/(1[6-9]|2[0-9]|3[0-2])|172\.(1[6-9]|2[0-9]|3[01])\.[0-9.]+/(1[2-9]|2[0-9]|3[0-2]))$`

# AWS: lists of permissions.
openings contains opening if {
	some step in steps(aws_ingress)
	some i, permission in list(object.get(step.params, "IpPermissions", []))
	is_object(permission)
	some kind, member in {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6"}
	some j, range in list(object.get(permission, kind, []))
	is_object(range)
	not regex.match(private_networks, range[member])
	opening := aws_opening(step, permission, range[member], sprintf("$.IpPermissions[%d].%s[%d].%s", [i, kind, j, member]))
}

# AWS: ranges that come from an earlier step as a whole.
openings contains opening if {
	some step in steps(aws_ingress)
	some i, permission in list(object.get(step.params, "IpPermissions", []))
	is_object(permission)
	some kind in ["IpRanges", "Ipv6Ranges"]
	some j, range in list(object.get(permission, kind, []))
	is_reference(range)
	opening := aws_opening(step, permission, range, sprintf("$.IpPermissions[%d].%s", [i, kind]))
}

# AWS: permissions that come from an earlier step as a whole.
openings contains opening if {
	some step in steps(aws_ingress)
	some permission in list(object.get(step.params, "IpPermissions", []))
	is_reference(permission)
	opening := aws_opening(step, {}, permission, "$.IpPermissions")
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

aws_opening(step, permission, cidr, path) := opened(
	step, "aws", path, cidr, object.get(permission, "IpProtocol", "-1"),
	[object.get(permission, "FromPort", null), object.get(permission, "ToPort", null)], [],
)

# What all clouds have in common. Where every protocol is meant, ports do not count, whatever they say.
opened(step, cloud, path, source, says, bounds, others) := object.union(
	{
		"step": step, "cloud": cloud, "path": path, "source": text(source), "protocol": protocol(says),
		"unknown": first_reference(array.concat([says], array.concat(bounds, others))),
	},
	ports_of(says, bounds),
)

# "*" is Azure's word, and there ports count.
ports_of(says, bounds) := {"from": 0, "to": 65535} if {
	word(says) in {"-1", "all"}
} else := ports(bounds[0], bounds[1])

first_reference(values) := found[0] if {
	found := [value | some value in values; is_reference(value)]
	count(found) > 0
} else := ""

# A source as it is written; a number or an object is no source.
text(value) := value if is_string(value)

text(value) := "" if not is_string(value)

# Azure: a rule on its own or in its group.
azure_rules contains {"step": step, "path": "$.body.properties", "rule": rule} if {
	some step in steps(["azure network SecurityRules_CreateOrUpdate"])
	rule := object.get(step.params, ["body", "properties"], {})
}

azure_rules contains {"step": step, "path": path, "rule": rule} if {
	some step in steps(["azure network NetworkSecurityGroups_CreateOrUpdate"])
	some i, entry in list(object.get(step.params, ["body", "properties", "securityRules"], []))
	is_object(entry)
	rule := object.get(entry, "properties", {})
	path := sprintf("$.body.properties.securityRules[%d].properties", [i])
}

openings contains opening if {
	some entry in azure_rules
	rule := entry.rule
	is_object(rule)
	access := object.get(rule, "access", "")
	may_be(access, "allow")
	direction := object.get(rule, "direction", "")
	may_be(direction, "inbound")
	some i, source in members(rule, "sourceAddressPrefix", "sourceAddressPrefixes")
	not regex.match(private_networks, source)
	some range in port_texts(members(rule, "destinationPortRange", "destinationPortRanges"))
	bounds := port_range(range)
	path := sprintf("%s.%s", [entry.path, member_path(rule, "sourceAddressPrefix", "sourceAddressPrefixes", i)])
	opening := opened(entry.step, "azure", path, source, object.get(rule, "protocol", "*"), bounds, [access, direction])
}

# Azure: rules that come from an earlier step as a whole.
openings contains opening if {
	some entry in azure_rules
	is_reference(entry.rule)
	opening := opened(entry.step, "azure", entry.path, entry.rule, "*", [null, null], [])
}

openings contains opening if {
	some step in steps(["azure network NetworkSecurityGroups_CreateOrUpdate"])
	some entry in list(object.get(step.params, ["body", "properties", "securityRules"], []))
	is_reference(entry)
	opening := opened(step, "azure", "$.body.properties.securityRules", entry, "*", [null, null], [])
}

may_be(value, wanted) if lower(text(value)) == wanted

may_be(value, _) if is_reference(value)

# What a member and its plural hold together, and where each of it stands.
members(rule, one, many) := array.concat(list(object.get(rule, one, null)), list(object.get(rule, many, [])))

member_path(rule, one, _, 0) := one if object.get(rule, one, null) != null

member_path(rule, one, many, position) := sprintf("%s[%d]", [many, position - alone]) if {
	alone := count(list(object.get(rule, one, null)))
	position >= alone
}

# People write "22,3389" where a list is meant.
port_texts(values) := [part | some value in values; some part in split(sprintf("%v", [value]), ",")]

port_range(written) := [0, 65535] if trim_space(written) == "*"

port_range(written) := [written, written] if is_reference(written)

port_range(written) := [to_number(from), to_number(to)] if {
	trim_space(written) != "*"
	not is_reference(written)
	parts := split(written, "-")
	from := trim_space(parts[0])
	to := trim_space(parts[count(parts) - 1])
	regex.match(`^[0-9]+$`, from)
	regex.match(`^[0-9]+$`, to)
}

# OCI: security lists, and network security groups.
oci_rules contains {"step": step, "path": sprintf("$.body.ingressSecurityRules[%d]", [i]), "rule": rule} if {
	some step in steps(["oci core.virtual_network CreateSecurityList", "oci core.virtual_network UpdateSecurityList"])
	some i, rule in list(object.get(step.params, ["body", "ingressSecurityRules"], []))
}

oci_rules contains {"step": step, "path": sprintf("$.body.securityRules[%d]", [i]), "rule": rule} if {
	some step in steps([
		"oci core.virtual_network AddNetworkSecurityGroupSecurityRules",
		"oci core.virtual_network UpdateNetworkSecurityGroupSecurityRules",
	])
	some i, rule in list(object.get(step.params, ["body", "securityRules"], []))
}

openings contains opening if {
	some entry in oci_rules
	rule := entry.rule
	is_object(rule)
	not regex.match(private_networks, object.get(rule, "source", ""))
	direction := object.get(rule, "direction", "INGRESS")
	may_be(direction, "ingress")
	says := object.get(rule, "protocol", "all")
	opening := opened(entry.step, "oci", sprintf("%s.source", [entry.path]), object.get(rule, "source", ""), says, oci_ports(rule, says), [direction])
}

openings contains opening if {
	some entry in oci_rules
	is_reference(entry.rule)
	opening := opened(entry.step, "oci", entry.path, entry.rule, "all", [null, null], [])
}

oci_ports(rule, says) := [
	object.get(rule, [options, "destinationPortRange", "min"], null),
	object.get(rule, [options, "destinationPortRange", "max"], null),
] if {
	options := oci_options(protocol(says))
	not unknown_at(rule, [options, "destinationPortRange"])
} else := [rule[options], rule[options]] if {
	options := oci_options(protocol(says))
	is_reference(rule[options])
} else := [range, range] if {
	options := oci_options(protocol(says))
	range := rule[options].destinationPortRange
}

oci_options(kind) := "udpOptions" if {
	kind == "udp"
} else := "tcpOptions"

protocol(value) := "tcp" if word(value) in {"tcp", "6"}

protocol(value) := "udp" if word(value) in {"udp", "17"}

protocol(value) := "all" if word(value) in {"-1", "all", "*"}

protocol(value) := "all" if is_reference(value)

protocol(value) := "other" if {
	not word(value) in {"tcp", "6", "udp", "17", "-1", "all", "*"}
	not is_reference(value)
}

# The ports from and to; all where they are absent, -1, or not known yet.
ports(from, to) := {"from": 0, "to": 65535} if {
	some bound in [from, to]
	is_reference(bound)
} else := {"from": port(from, 0), "to": port(to, 65535)}

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
admits_internet(opening) if {
	opening.unknown == ""
	is_public(opening.source)
}

may_admit_internet(opening) if is_reference(opening.source)

may_admit_internet(opening) if {
	opening.unknown != ""
	is_public(opening.source)
}

# The reference that decides.
decides(opening) := opening.source if {
	is_reference(opening.source)
} else := opening.unknown

internet_words := {"*", "internet", "any", "0.0.0.0", "::", "/0", "<nw>/0"}

is_public(source) if lower(trim_space(source)) in internet_words

is_public(source) if {
	[address, bits] := split(trim_space(source), "/")
	contains(address, ".")
	not is_private(address, to_number(bits))
	to_number(bits) < object.get(data.books.security, "max_public_prefix", 8)
}

is_public(source) if {
	[address, bits] := split(trim_space(source), "/")
	contains(address, ":")
	not is_local6(address, to_number(bits))
	to_number(bits) < 16
}

# Inside a private block, and no wider than it: 10.0.0.0/0 is everything.
is_private(address, bits) if {
	startswith(address, "10.")
	bits >= 8
}

is_private(address, bits) if {
	startswith(address, "192.168.")
	bits >= 16
}

is_private(address, bits) if {
	regex.match(`^172\.(1[6-9]|2[0-9]|3[01])\.`, address)
	bits >= 12
}

is_local6(address, bits) if {
	regex.match(`^f[cde]`, lower(address))
	bits >= 7
}
