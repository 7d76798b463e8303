# Ports that the internet can reach.
package provisioner.security

import rego.v1

import data.provisioner.lib

admin_ports := {
	22: {"name": "SSH", "aws": "SEC-AWS-NET-01", "azure": "SEC-AZ-NET-01", "oci": "SEC-OCI-NET-01"},
	3389: {"name": "RDP", "aws": "SEC-AWS-NET-02", "azure": "SEC-AZ-NET-02", "oci": "SEC-OCI-NET-02"},
}

deny contains found if {
	some number, port in admin_ports
	some opening in lib.openings
	opening.protocol in {"tcp", "all"}
	lib.holds(opening, number)
	lib.admits_internet(opening)
	found := port_finding(port[opening.cloud], opening, sprintf("%s (port %d)", [port.name, number]))
}

deny contains found if {
	some number, port in admin_ports
	some opening in lib.openings
	opening.protocol in {"tcp", "all"}
	lib.holds(opening, number)
	lib.may_admit_internet(opening)
	found := port_unknown(port[opening.cloud], opening, sprintf("%s (port %d)", [port.name, number]))
}

# Every port at once.
every_port(opening) if {
	opening.cloud == "aws"
	opening.from <= 1
	opening.to == 65535
	opening.protocol in {"tcp", "udp", "all"}
}

deny contains found if {
	some opening in lib.openings
	every_port(opening)
	lib.admits_internet(opening)
	found := port_finding("SEC-AWS-NET-03", opening, "every port")
}

deny contains found if {
	some opening in lib.openings
	every_port(opening)
	lib.may_admit_internet(opening)
	found := port_unknown("SEC-AWS-NET-03", opening, "every port")
}

default_data_ports := [1433, 1521, 3306, 5432, 5439, 6379, 9200, 11211, 27017]

data_ports := object.get(data.books.security, "data_ports", default_data_ports)

deny contains found if {
	some opening in lib.openings
	opening.cloud == "aws"
	opening.protocol in {"tcp", "all"}
	lib.admits_internet(opening)
	open := [number | some number in data_ports; lib.holds(opening, number)]
	count(open) > 0
	found := port_finding("SEC-AWS-NET-04", opening, sprintf("database port %d", [open[0]]))
}

deny contains found if {
	some opening in lib.openings
	opening.cloud == "aws"
	opening.protocol in {"tcp", "all"}
	lib.may_admit_internet(opening)
	open := [number | some number in data_ports; lib.holds(opening, number)]
	count(open) > 0
	found := port_unknown("SEC-AWS-NET-04", opening, sprintf("database port %d", [open[0]]))
}

web_rules := {"aws": "SEC-AWS-NET-05", "azure": "SEC-AZ-NET-03", "oci": "SEC-OCI-NET-05"}

deny contains found if {
	some opening in lib.openings
	rule := web_rules[opening.cloud]
	opening.protocol in {"tcp", "all"}
	lib.holds(opening, 80)
	lib.admits_internet(opening)
	found := port_finding(rule, opening, "plain HTTP (port 80)")
}

deny contains found if {
	some opening in lib.openings
	rule := web_rules[opening.cloud]
	opening.protocol in {"tcp", "all"}
	lib.holds(opening, 80)
	lib.may_admit_internet(opening)
	found := port_unknown(rule, opening, "plain HTTP (port 80)")
}

deny contains found if {
	some opening in lib.openings
	opening.cloud == "azure"
	opening.protocol in {"udp", "all"}
	lib.admits_internet(opening)
	found := port_finding("SEC-AZ-NET-04", opening, "UDP")
}

deny contains found if {
	some opening in lib.openings
	opening.cloud == "azure"
	opening.protocol in {"udp", "all"}
	lib.may_admit_internet(opening)
	found := port_unknown("SEC-AZ-NET-04", opening, "UDP")
}

port_unknown(rule, opening, what) := lib.unknown(lib.finding(
	rule, opening.step, opening.path,
	sprintf("Who can reach %s is known only once %s is known", [what, lib.decides(opening)]),
))

port_finding(rule, opening, what) := narrowed(opening, lib.finding(
	rule, opening.step, opening.path,
	sprintf("The internet (%s) can reach %s", [opening.source, what]),
))

# The administrators' network in place of the internet, if the owner's book names one.
narrowed(opening, found) := lib.with_patch(found, [{"op": "replace", "path": pointer, "value": cidr}]) if {
	cidr := data.books.owner.admin_cidrs[0]
	not contains(opening.source, ":")
	pointer := replace(replace(replace(trim_prefix(opening.path, "$"), ".", "/"), "[", "/"), "]", "")
} else := found
