# What takes more than one parameter to judge on Azure.
package provisioner.security

import rego.v1

import data.provisioner.lib

# SEC-AZ-NET-05: public addresses on network cards, on their own or inside a VM.
azure_cards contains {"step": step, "at": "$.body.properties", "pointer": "/body/properties", "data": card} if {
	some step in lib.steps(["azure network NetworkInterfaces_CreateOrUpdate"])
	card := object.get(step.params, ["body", "properties"], {})
}

azure_cards contains {
	"step": step, "at": sprintf("$.body.properties.networkProfile.networkInterfaceConfigurations[%d].properties", [i]),
	"pointer": sprintf("/body/properties/networkProfile/networkInterfaceConfigurations/%d/properties", [i]), "data": card,
} if {
	some step in lib.steps(["azure compute VirtualMachines_CreateOrUpdate"])
	some i, entry in lib.list(object.get(step.params, ["body", "properties", "networkProfile", "networkInterfaceConfigurations"], []))
	card := object.get(entry, "properties", {})
}

azure_cards contains {
	"step": step, "at": sprintf("$.body.properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations[%d].properties", [i]),
	"pointer": sprintf("/body/properties/virtualMachineProfile/networkProfile/networkInterfaceConfigurations/%d/properties", [i]), "data": card,
} if {
	some step in lib.steps(["azure compute VirtualMachineScaleSets_CreateOrUpdate"])
	keys := ["body", "properties", "virtualMachineProfile", "networkProfile", "networkInterfaceConfigurations"]
	some i, entry in lib.list(object.get(step.params, keys, []))
	card := object.get(entry, "properties", {})
}

deny contains found if {
	some card in azure_cards
	some i, entry in lib.list(object.get(card.data, "ipConfigurations", []))
	some member in ["publicIPAddress", "publicIPAddressConfiguration"]
	object.get(entry, ["properties", member], null) != null
	found := lib.with_patch(
		lib.finding(
			"SEC-AZ-NET-05", card.step, sprintf("%s.ipConfigurations[%d].properties.%s", [card.at, i, member]),
			"The network card carries a public address",
		),
		[{"op": "remove", "path": sprintf("%s/ipConfigurations/%d/properties/%s", [card.pointer, i, member])}],
	)
}

deny contains found if {
	some card in azure_cards
	lib.is_reference(object.get(card.data, "ipConfigurations", null))
	found := lib.unknown(lib.finding(
		"SEC-AZ-NET-05", card.step, sprintf("%s.ipConfigurations", [card.at]),
		"Whether the network card carries a public address is known only once an earlier step has run",
	))
}

# SEC-AZ-NET-07: subnets without a network security group.
exempt_subnets := {
	"azurebastionsubnet", "gatewaysubnet", "azurefirewallsubnet", "azurefirewallmanagementsubnet", "routeserversubnet",
}

azure_subnets contains {"step": step, "name": object.get(step.params, "subnetName", ""), "at": "$.body.properties", "data": subnet} if {
	some step in lib.steps(["azure network Subnets_CreateOrUpdate"])
	subnet := object.get(step.params, ["body", "properties"], {})
}

azure_subnets contains {"step": step, "name": object.get(entry, "name", ""), "at": sprintf("$.body.properties.subnets[%d].properties", [i]), "data": subnet} if {
	some step in lib.steps(["azure network VirtualNetworks_CreateOrUpdate"])
	some i, entry in lib.list(object.get(step.params, ["body", "properties", "subnets"], []))
	subnet := object.get(entry, "properties", {})
}

deny contains found if {
	some subnet in azure_subnets
	not lower(subnet.name) in exempt_subnets
	object.get(subnet.data, ["networkSecurityGroup", "id"], null) == null
	not lib.unknown_at(subnet.data, ["networkSecurityGroup", "id"])
	found := lib.finding("SEC-AZ-NET-07", subnet.step, sprintf("%s.networkSecurityGroup", [subnet.at]), sprintf("The subnet %s has no network security group", [subnet.name]))
}

# SEC-AZ-VM-01: passwords on Linux.
linux_profiles contains {"step": step, "at": "$.body.properties", "pointer": "/body/properties", "data": vm} if {
	some step in lib.steps(["azure compute VirtualMachines_CreateOrUpdate"])
	vm := object.get(step.params, ["body", "properties"], {})
	is_linux(vm)
}

linux_profiles contains {"step": step, "at": "$.body.properties.virtualMachineProfile", "pointer": "/body/properties/virtualMachineProfile", "data": vm} if {
	some step in lib.steps(["azure compute VirtualMachineScaleSets_CreateOrUpdate"])
	vm := object.get(step.params, ["body", "properties", "virtualMachineProfile"], {})
	is_linux(vm)
}

is_linux(vm) if object.get(vm, ["osProfile", "linuxConfiguration"], null) != null

is_linux(vm) if lower(object.get(vm, ["storageProfile", "osDisk", "osType"], "")) == "linux"

is_linux(vm) if {
	object.get(vm, "osProfile", null) != null
	object.get(vm, ["osProfile", "windowsConfiguration"], null) == null
	publisher := object.get(vm, ["storageProfile", "imageReference", "publisher"], "")
	publisher != ""
	not regex.match(`windows|sqlserver|visualstudio`, lower(publisher))
}

no_passwords := ["osProfile", "linuxConfiguration", "disablePasswordAuthentication"]

deny contains found if {
	some vm in linux_profiles
	value := object.get(vm.data, no_passwords, null)
	lib.word(value) != "true"
	not lib.unknown_at(vm.data, no_passwords)
	found := lib.with_patch(
		lib.finding(
			"SEC-AZ-VM-01", vm.step, sprintf("%s.%s", [vm.at, concat(".", no_passwords)]),
			sprintf("The Linux VM accepts passwords: disablePasswordAuthentication is %s", [shown(value)]),
		),
		[lib.setting(vm.data, vm.pointer, no_passwords, true)],
	)
}

deny contains found if {
	some vm in linux_profiles
	lib.unknown_at(vm.data, no_passwords)
	found := lib.unknown(lib.finding(
		"SEC-AZ-VM-01", vm.step, sprintf("%s.%s", [vm.at, concat(".", no_passwords)]),
		"Whether the Linux VM accepts passwords is known only once an earlier step has run",
	))
}

# SEC-AZ-VM-04: disks that can be exported.
deny contains found if {
	some step in lib.steps(["azure compute Disks_CreateOrUpdate", "azure compute Snapshots_CreateOrUpdate"])
	disk := object.get(step.params, ["body", "properties"], {})
	access := object.get(disk, "publicNetworkAccess", "Enabled")
	lower(access) == "enabled"
	policy := object.get(disk, "networkAccessPolicy", "AllowAll")
	lower(policy) == "allowall"
	found := lib.with_patch(
		lib.finding(
			"SEC-AZ-VM-04", step, "$.body.properties.publicNetworkAccess",
			sprintf("The disk can be exported over the internet: publicNetworkAccess is %s, networkAccessPolicy is %s", [
				shown(object.get(disk, "publicNetworkAccess", null)), shown(object.get(disk, "networkAccessPolicy", null)),
			]),
		),
		[lib.setting(step.params, "", ["body", "properties", "publicNetworkAccess"], "Disabled")],
	)
}

deny contains found if {
	some step in lib.steps(["azure compute Disks_CreateOrUpdate", "azure compute Snapshots_CreateOrUpdate"])
	some member in ["publicNetworkAccess", "networkAccessPolicy"]
	lib.unknown_at(step.params, ["body", "properties", member])
	found := lib.unknown(lib.finding("SEC-AZ-VM-04", step, sprintf("$.body.properties.%s", [member]), "Whether the disk can be exported is known only once an earlier step has run"))
}

# SEC-AZ-DB-02: firewalls of databases.
firewall_steps := [
	"azure sql FirewallRules_CreateOrUpdate", "azure postgresqlflexibleservers FirewallRules_CreateOrUpdate",
	"azure mysqlflexibleservers FirewallRules_CreateOrUpdate", "azure redis FirewallRules_CreateOrUpdate",
]

# Redis calls them startIP and endIP.
firewall_rule(step) := {"start": first_of(rule, ["startIpAddress", "startIP"]), "end": first_of(rule, ["endIpAddress", "endIP"])} if {
	rule := object.get(step.params, ["body", "properties"], {})
}

first_of(rule, names) := object.get(rule, name, "") if {
	present := [one | some one in names; object.get(rule, one, null) != null]
	name := array.concat(present, names)[0]
}

deny contains found if {
	some step in lib.steps(firewall_steps)
	rule := firewall_rule(step)
	from_zero(rule.start)
	found := lib.finding(
		"SEC-AZ-DB-02", step, "$.body.properties.startIpAddress",
		sprintf("The firewall admits %s (0.0.0.0 to %s)", [admitted(rule.end), rule.end]),
	)
}

from_zero(address) if regex.match(`^\s*0+\.0+\.0+\.0+\s*(/0)?$`, address)

admitted("0.0.0.0") := "every Azure service of every customer"

admitted(end) := "the internet" if end != "0.0.0.0"

deny contains found if {
	some step in lib.steps(firewall_steps)
	rule := firewall_rule(step)
	not from_zero(rule.start)
	span := (address_number(rule.end) - address_number(rule.start)) + 1
	span > object.get(data.books.security, "max_firewall_span", 256)
	found := lib.finding("SEC-AZ-DB-02", step, "$.body.properties.endIpAddress", sprintf("The firewall admits %v addresses (%s to %s)", [span, rule.start, rule.end]))
}

deny contains found if {
	some step in lib.steps(firewall_steps)
	some member in ["startIpAddress", "endIpAddress", "startIP", "endIP"]
	lib.unknown_at(step.params, ["body", "properties", member])
	found := lib.unknown(lib.finding("SEC-AZ-DB-02", step, sprintf("$.body.properties.%s", [member]), "Whom the firewall admits is known only once an earlier step has run"))
}

address_number(address) := number if {
	parts := [to_number(part) | some part in split(trim_space(address), ".")]
	count(parts) == 4
	number := (((parts[0] * 16777216) + (parts[1] * 65536)) + (parts[2] * 256)) + parts[3]
}

# SEC-AZ-AKS-01
deny contains found if {
	some step in lib.steps(["azure containerservice ManagedClusters_CreateOrUpdate"])
	profile := object.get(step.params, ["body", "properties", "apiServerAccessProfile"], {})
	not lib.is_reference(profile)
	not lib.is_yes(object.get(profile, "enablePrivateCluster", false))
	not lib.is_reference(object.get(profile, "enablePrivateCluster", false))
	ranges := object.get(profile, "authorizedIPRanges", [])
	not lib.is_reference(ranges)
	open_to_all(lib.list(ranges))
	found := lib.with_patch(
		lib.finding(
			"SEC-AZ-AKS-01", step, "$.body.properties.apiServerAccessProfile",
			"The internet can reach the Kubernetes API: the cluster is not private and lists no authorised ranges",
		),
		[lib.setting(step.params, "", ["body", "properties", "apiServerAccessProfile", "enablePrivateCluster"], true)],
	)
}

deny contains found if {
	some step in lib.steps(["azure containerservice ManagedClusters_CreateOrUpdate"])
	some member in ["enablePrivateCluster", "authorizedIPRanges"]
	lib.unknown_at(step.params, ["body", "properties", "apiServerAccessProfile", member])
	found := lib.unknown(lib.finding(
		"SEC-AZ-AKS-01", step, sprintf("$.body.properties.apiServerAccessProfile.%s", [member]),
		"Whether the internet can reach the Kubernetes API is known only once an earlier step has run",
	))
}

# SEC-AZ-IAM-01: roles and assignments that reach over a whole subscription.
wide_scope(scope) if regex.match(`^/?(subscriptions/[^/]+/?)?$`, lower(scope))

wide_scope(scope) if regex.match(`^/?providers/microsoft\.management/managementgroups/`, lower(scope))

deny contains found if {
	some step in lib.steps(["azure authorization RoleDefinitions_CreateOrUpdate"])
	role := object.get(step.params, ["body", "properties"], {})
	some i, permission in lib.list(object.get(role, "permissions", []))
	"*" in lib.list(object.get(permission, "actions", []))
	scopes := array.concat(lib.list(object.get(role, "assignableScopes", [])), [object.get(step.params, "scope", "none")])
	some scope in scopes
	wide_scope(scope)
	found := lib.finding(
		"SEC-AZ-IAM-01", step, sprintf("$.body.properties.permissions[%d].actions", [i]),
		sprintf("The role allows every action (*) over %s", [scope]),
	)
}

assignment_steps := ["azure authorization RoleAssignments_Create", "azure authorization RoleAssignments_CreateById"]

# By its id, an assignment stands below its scope.
assignment_scope(step) := object.get(step.params, "scope", "/") if step.operation == "RoleAssignments_Create"

assignment_scope(step) := split(lower(object.get(step.params, "roleAssignmentId", "/")), "/providers/microsoft.authorization/")[0] if {
	step.operation == "RoleAssignments_CreateById"
}

# Owner, and User Access Administrator.
admin_roles := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}

deny contains found if {
	some step in lib.steps(assignment_steps)
	role := object.get(step.params, ["body", "properties", "roleDefinitionId"], "")
	some id, name in admin_roles
	endswith(lower(role), id)
	scope := assignment_scope(step)
	wide_scope(scope)
	found := lib.finding("SEC-AZ-IAM-01", step, "$.body.properties.roleDefinitionId", sprintf("%s is assigned over %s", [name, scope]))
}

deny contains found if {
	some step in lib.steps(assignment_steps)
	lib.unknown_at(step.params, ["body", "properties", "roleDefinitionId"])
	wide_scope(assignment_scope(step))
	found := lib.unknown(lib.finding("SEC-AZ-IAM-01", step, "$.body.properties.roleDefinitionId", "Which role is assigned is known only once an earlier step has run"))
}
