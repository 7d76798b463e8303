# What costs money without need: accelerators, commitments, disks, scaling, idle things.
package provisioner.finops

import rego.v1

import data.provisioner.lib

# FIN-CMT-01
deny contains found if {
	some group in input.by
	commits(group[0])
	some step in group
	found := lib.finding("FIN-CMT-01", step, "$", sprintf("%s commits money ahead", [step.operation]))
}

commits(step) if step.class == "spend"

commits(step) if step.name in {
	"aws ec2 PurchaseReservedInstancesOffering", "aws rds PurchaseReservedDBInstancesOffering",
	"aws savingsplans CreateSavingsPlan", "aws ec2 CreateCapacityReservation",
	"azure reservations ReservationOrder_Purchase", "oci core.compute CreateComputeCapacityReservation",
}

# FIN-SIZE-04: {step, path, type} of everything that can be an accelerator.
accelerators contains {"step": vm.step, "path": vm.path, "type": vm.type} if some vm in vm_types

accelerators contains {"step": step, "path": sprintf("$.ProductionVariants[%d].InstanceType", [i]), "type": trim_prefix(variant.InstanceType, "ml.")} if {
	some step in lib.steps(["aws sagemaker CreateEndpointConfig"])
	some i, variant in lib.list(object.get(step.params, "ProductionVariants", []))
}

accelerated("aws", type) if regex.match(`^(p[0-9]|g[0-9]|gr[0-9]|trn[0-9]|inf[0-9]|dl[0-9]|vt[0-9]|f[0-9])`, type)

accelerated("azure", type) if regex.match(`^standard_n[a-z]`, lower(type))

accelerated("oci", type) if contains(lower(type), "gpu")

deny contains found if {
	some place in accelerators
	accelerated(place.step.cloud, place.type)
	found := lib.finding("FIN-SIZE-04", place.step, place.path, sprintf("%s has an accelerator%s", [place.type, approvers]))
}

deny contains found if {
	some place in accelerators
	lib.is_reference(place.type)
	found := lib.unknown(lib.finding("FIN-SIZE-04", place.step, place.path, "Whether the type has an accelerator is known only once an earlier step has run"))
}

approvers := sprintf("; %s may approve it", [concat(", ", names)]) if {
	names := data.books.finops.gpu_approvers
	count(names) > 0
} else := ""

# FIN-SIZE-05
successors := object.union(data.tables.successors, object.get(data.books.finops, "successors", {}))

families contains {"step": vm.step, "path": vm.path, "type": vm.type, "family": split(vm.type, ".")[0]} if {
	some vm in vm_types
	vm.step.cloud == "aws"
}

families contains {"step": vm.step, "path": vm.path, "type": vm.type, "family": family} if {
	some vm in vm_types
	vm.step.cloud == "oci"
	family := concat(".", array.slice(split(vm.type, "."), 0, 3))
}

families contains {"step": vm.step, "path": vm.path, "type": vm.type, "family": family} if {
	some vm in vm_types
	vm.step.cloud == "azure"
	found := regex.find_n(`_v[23]$`, lower(vm.type), 1)
	family := found[0]
}

families contains {"step": step, "path": sprintf("$.%s", [member]), "type": type, "family": split(type, ".")[1]} if {
	some name, member in {"aws rds CreateDBInstance": "DBInstanceClass", "aws elasticache CreateReplicationGroup": "CacheNodeType"}
	some step in input.by[name]
	type := step.params[member]
}

deny contains found if {
	some entry in families
	successor := successors[entry.family]
	found := lib.finding("FIN-SIZE-05", entry.step, entry.path, sprintf("%s is an old generation; %s gives more for less", [entry.type, successor]))
}

deny contains found if {
	some vm in vm_types
	lib.is_reference(vm.type)
	found := lib.unknown(lib.finding("FIN-SIZE-05", vm.step, vm.path, "Whether the type is an old generation is known only once an earlier step has run"))
}

# Disks: {step, path, pointer, type, iops, gib}.
disks contains {"step": step, "path": "$", "pointer": "", "data": step.params, "size": "Size", "alone": true} if {
	some step in lib.steps(["aws ec2 CreateVolume"])
}

disks contains {"step": step, "path": sprintf("$.BlockDeviceMappings[%d].Ebs", [i]), "pointer": sprintf("/BlockDeviceMappings/%d/Ebs", [i]), "data": disk, "size": "VolumeSize", "alone": false} if {
	some step in lib.steps(["aws ec2 RunInstances"])
	some i, mapping in lib.list(object.get(step.params, "BlockDeviceMappings", []))
	disk := mapping.Ebs
}

disks contains {
	"step": step, "path": sprintf("$.LaunchTemplateData.BlockDeviceMappings[%d].Ebs", [i]),
	"pointer": sprintf("/LaunchTemplateData/BlockDeviceMappings/%d/Ebs", [i]), "data": disk, "size": "VolumeSize", "alone": false,
} if {
	some step in lib.steps(["aws ec2 CreateLaunchTemplate", "aws ec2 CreateLaunchTemplateVersion"])
	some i, mapping in lib.list(object.get(step.params, ["LaunchTemplateData", "BlockDeviceMappings"], []))
	disk := mapping.Ebs
}

disk_type(disk) := disk.data.VolumeType

# CreateVolume without a word makes gp2.
disk_type(disk) := "gp2" if {
	disk.alone
	not disk.data.VolumeType
}

# FIN-DSK-01
deny contains found if {
	some disk in disks
	disk_type(disk) == "gp2"
	found := lib.with_patch(
		lib.finding("FIN-DSK-01", disk.step, sprintf("%s.VolumeType", [disk.path]), "The disk is gp2, which costs more than gp3"),
		[{"op": "add", "path": sprintf("%s/VolumeType", [disk.pointer]), "value": "gp3"}],
	)
}

deny contains found if {
	some step in lib.steps(["aws rds CreateDBInstance"])
	step.params.StorageType == "gp2"
	found := lib.with_patch(
		lib.finding("FIN-DSK-01", step, "$.StorageType", "The disk is gp2, which costs more than gp3"),
		[{"op": "replace", "path": "/StorageType", "value": "gp3"}],
	)
}

deny contains found if {
	some disk in disks
	some rule in ["FIN-DSK-01", "FIN-DSK-02"]
	lib.unknown_at(disk.data, ["VolumeType"])
	found := lib.unknown(lib.finding(rule, disk.step, sprintf("%s.VolumeType", [disk.path]), "The type of the disk is known only once an earlier step has run"))
}

# FIN-DSK-02
io_welcome(step) if lib.is_prod(step.environment)

io_welcome(step) if step.environment == ""

io_welcome(step) if step.environment in object.get(data.books.finops, "io_allowed_env", [])

io_without_need(step, iops) if not io_welcome(step)

io_without_need(step, iops) if lib.number(iops) <= 16000

deny contains found if {
	some disk in disks
	disk_type(disk) in {"io1", "io2"}
	iops := object.get(disk.data, "Iops", null)
	io_without_need(disk.step, iops)
	found := lib.with_patch(
		lib.finding("FIN-DSK-02", disk.step, sprintf("%s.VolumeType", [disk.path]), sprintf("The disk is %s with %v IOPS, which gp3 can give too", [disk_type(disk), iops])),
		[{"op": "replace", "path": sprintf("%s/VolumeType", [disk.pointer]), "value": "gp3"}],
	)
}

deny contains found if {
	some step in lib.steps(["aws rds CreateDBInstance"])
	step.params.StorageType in {"io1", "io2"}
	io_without_need(step, object.get(step.params, "Iops", null))
	found := lib.finding("FIN-DSK-02", step, "$.StorageType", sprintf("The disk is %s, which gp3 can replace", [step.params.StorageType]))
}

# FIN-DSK-03
disk_sizes contains {"step": disk.step, "path": sprintf("%s.%s", [disk.path, disk.size]), "gib": gib} if {
	some disk in disks
	gib := disk.data[disk.size]
}

disk_sizes contains {"step": step, "path": concat(".", array.concat(["$"], keys)), "gib": gib} if {
	some name, keys in {
		"aws rds CreateDBInstance": ["AllocatedStorage"],
		"azure compute Disks_CreateOrUpdate": ["body", "properties", "diskSizeGB"],
		"azure compute VirtualMachines_CreateOrUpdate": ["body", "properties", "storageProfile", "osDisk", "diskSizeGB"],
		"oci core.blockstorage CreateVolume": ["body", "sizeInGBs"],
	}
	some step in input.by[name]
	gib := object.get(step.params, keys, null)
}

disk_sizes contains {"step": step, "path": sprintf("$.body.properties.storageProfile.dataDisks[%d].diskSizeGB", [i]), "gib": disk.diskSizeGB} if {
	some step in lib.steps(["azure compute VirtualMachines_CreateOrUpdate"])
	some i, disk in lib.list(object.get(step.params, ["body", "properties", "storageProfile", "dataDisks"], []))
}

deny contains found if {
	some place in disk_sizes
	most := lib.limit(object.get(data.books.finops, "max_disk_gib", {}), place.step)
	is_number(place.gib)
	place.gib > most
	found := lib.finding("FIN-DSK-03", place.step, place.path, sprintf("The disk has %v GiB, more than the %v allowed", [place.gib, most]))
}

deny contains found if {
	some place in disk_sizes
	lib.limit(object.get(data.books.finops, "max_disk_gib", {}), place.step)
	lib.is_reference(place.gib)
	found := lib.unknown(lib.finding("FIN-DSK-03", place.step, place.path, "The size of the disk is known only once an earlier step has run"))
}

# FIN-DSK-04, FIN-DSK-05
azure_disk_types contains {"step": step, "path": "$.body.sku.name", "pointer": "/body/sku/name", "type": type} if {
	some step in lib.steps(["azure compute Disks_CreateOrUpdate"])
	type := step.params.body.sku.name
}

azure_disk_types contains {
	"step": step, "path": "$.body.properties.storageProfile.osDisk.managedDisk.storageAccountType",
	"pointer": "/body/properties/storageProfile/osDisk/managedDisk/storageAccountType", "type": type,
} if {
	some step in lib.steps(["azure compute VirtualMachines_CreateOrUpdate"])
	type := step.params.body.properties.storageProfile.osDisk.managedDisk.storageAccountType
}

deny contains found if {
	some disk in azure_disk_types
	lib.is_nonprod(disk.step.environment)
	regex.match(`^(premium|ultra)`, lower(disk.type))
	found := lib.with_patch(
		lib.finding("FIN-DSK-04", disk.step, disk.path, sprintf("The disk is %s outside production", [disk.type])),
		[{"op": "replace", "path": disk.pointer, "value": "StandardSSD_LRS"}],
	)
}

deny contains found if {
	some disk in azure_disk_types
	lib.is_nonprod(disk.step.environment)
	lib.is_reference(disk.type)
	found := lib.unknown(lib.finding("FIN-DSK-04", disk.step, disk.path, "The type of the disk is known only once an earlier step has run"))
}

deny contains found if {
	some step in lib.steps(["oci core.blockstorage CreateVolume"])
	lib.is_nonprod(step.environment)
	lib.unknown_at(step.params, ["body", "vpusPerGB"])
	found := lib.unknown(lib.finding("FIN-DSK-05", step, "$.body.vpusPerGB", "How fast the volume is is known only once an earlier step has run"))
}

deny contains found if {
	some step in lib.steps(["oci core.blockstorage CreateVolume"])
	lib.is_nonprod(step.environment)
	vpus := to_number(step.params.body.vpusPerGB)
	vpus > 20
	found := lib.with_patch(
		lib.finding("FIN-DSK-05", step, "$.body.vpusPerGB", sprintf("The volume has %v VPUs per GB outside production", [vpus])),
		[{"op": "replace", "path": "/body/vpusPerGB", "value": 10}],
	)
}

# FIN-DB-01
size_words := ["nano", "micro", "small", "medium", "large", "xlarge"]

size_rank(word) := rank if {
	some rank, name in size_words
	name == word
}

size_rank(word) := 5 + times if {
	endswith(word, "xlarge")
	word != "xlarge"
	times := to_number(trim_suffix(word, "xlarge"))
}

size_rank("metal") := 100

deny contains found if {
	some step in lib.steps(["aws rds CreateDBInstance"])
	most := lib.limit(object.get(data.books.finops, "max_db_class", {}), step).aws
	class := step.params.DBInstanceClass
	parts := split(class, ".")
	size_rank(parts[count(parts) - 1]) > size_rank(most)
	found := lib.finding("FIN-DB-01", step, "$.DBInstanceClass", sprintf("%s is larger than the size %s allowed", [class, most]))
}

deny contains found if {
	some name in ["azure sql Databases_CreateOrUpdate", "azure postgresqlflexibleservers Servers_CreateOrUpdate"]
	some step in input.by[name]
	most := lib.limit(object.get(data.books.finops, "max_db_class", {}), step).azure_vcores
	cores := vcores(step.params.body.sku)
	cores > most
	found := lib.finding("FIN-DB-01", step, "$.body.sku", sprintf("%d virtual cores are more than the %d allowed", [cores, most]))
}

vcores(sku) := sku.capacity

# Standard_D4ds_v5 has four.
vcores(sku) := cores if {
	not sku.capacity
	found := regex.find_n(`[0-9]+`, sku.name, 1)
	cores := to_number(found[0])
}

deny contains found if {
	some step in lib.steps(["oci database.database CreateAutonomousDatabase"])
	most := lib.limit(object.get(data.books.finops, "max_db_class", {}), step).oci_ecpus
	units := step.params.body.computeCount
	is_number(units)
	units > most
	found := lib.finding("FIN-DB-01", step, "$.body.computeCount", sprintf("%v ECPUs are more than the %v allowed", [units, most]))
}

deny contains found if {
	some name, keys in {
		"aws rds CreateDBInstance": ["DBInstanceClass"],
		"azure postgresqlflexibleservers Servers_CreateOrUpdate": ["body", "sku", "name"],
		"oci database.database CreateAutonomousDatabase": ["body", "computeCount"],
	}
	some step in input.by[name]
	lib.limit(object.get(data.books.finops, "max_db_class", {}), step)
	lib.unknown_at(step.params, keys)
	found := lib.unknown(lib.finding("FIN-DB-01", step, concat(".", array.concat(["$"], keys)), "The size of the database is known only once an earlier step has run"))
}

# FIN-DB-03
deny contains found if {
	some name, members in {
		"aws rds CreateDBInstance": ["Engine", "EngineVersion"], "aws rds CreateDBCluster": ["Engine", "EngineVersion"],
		"aws eks CreateCluster": ["eks", "version"],
	}
	some step in input.by[name]
	engine := object.get(step.params, members[0], members[0])
	oldest := object.get(data.books.finops, "standard_support", {})[engine]
	version := step.params[members[1]]
	older(version, oldest)
	found := lib.finding("FIN-DB-03", step, sprintf("$.%s", [members[1]]), sprintf("%s %s is older than %s and costs extra for support", [engine, version, oldest]))
}

deny contains found if {
	some name, members in {
		"aws rds CreateDBInstance": ["Engine", "EngineVersion"], "aws rds CreateDBCluster": ["Engine", "EngineVersion"],
		"aws eks CreateCluster": ["eks", "version"],
	}
	some step in input.by[name]
	engine := object.get(step.params, members[0], members[0])
	object.get(data.books.finops, "standard_support", {})[engine]
	lib.is_reference(step.params[members[1]])
	found := lib.unknown(lib.finding("FIN-DB-03", step, sprintf("$.%s", [members[1]]), "The version is known only once an earlier step has run"))
}

# Versions are compared part by part: 1.9 is older than 1.30.
older(version, oldest) if version_rank(version) < version_rank(oldest)

version_rank(version) := (to_number(parts[0]) * 10000) + to_number(parts[1]) if {
	parts := regex.find_n(`[0-9]+`, version, 2)
	count(parts) == 2
}

version_rank(version) := to_number(parts[0]) * 10000 if {
	parts := regex.find_n(`[0-9]+`, version, 2)
	count(parts) == 1
}

# FIN-SCL-01
scaling := {
	"aws autoscaling CreateAutoScalingGroup": ["MaxSize"],
	"aws eks CreateNodegroup": ["scalingConfig", "maxSize"],
	"azure compute VirtualMachineScaleSets_CreateOrUpdate": ["body", "sku", "capacity"],
	"azure containerservice AgentPools_CreateOrUpdate": ["body", "properties", "maxCount"],
}

deny contains found if {
	some name, keys in scaling
	some step in input.by[name]
	most := lib.limit(object.get(data.books.finops, "max_scale", {}), step)
	value := object.get(step.params, keys, null)
	is_number(value)
	value > most
	found := lib.with_patch(
		lib.finding("FIN-SCL-01", step, concat(".", array.concat(["$"], keys)), sprintf("It can grow to %v, more than the %v allowed", [value, most])),
		[lib.setting(step.params, "", keys, most)],
	)
}

deny contains found if {
	some name, keys in scaling
	some step in input.by[name]
	most := lib.limit(object.get(data.books.finops, "max_scale", {}), step)
	object.get(step.params, keys, null) == null
	not lib.unknown_at(step.params, keys)
	found := lib.finding("FIN-SCL-01", step, concat(".", array.concat(["$"], keys)), sprintf("There is no upper bound; it must be at most %v", [most]))
}

deny contains found if {
	some name, keys in scaling
	some step in input.by[name]
	lib.limit(object.get(data.books.finops, "max_scale", {}), step)
	lib.unknown_at(step.params, keys)
	found := lib.unknown(lib.finding("FIN-SCL-01", step, concat(".", array.concat(["$"], keys)), "How far it can grow is known only once an earlier step has run"))
}

# FIN-TAG-02
deny contains found if {
	data.books.finops.nonprod_max_days
	some step in lib.steps([
		"aws ec2 RunInstances", "aws rds CreateDBInstance", "azure compute VirtualMachines_CreateOrUpdate", "oci core.compute LaunchInstance",
	])
	lib.is_nonprod(step.environment)
	not step.tags_unknown
	not step.tags["expires-on"]
	not scheduled(step.tags)
	found := lib.finding("FIN-TAG-02", step, tag_path(step), "The resource has neither the tag expires-on nor a schedule")
}

scheduled(tags) if tags.schedule in object.get(data.books.finops, "schedules", ["office-hours"])

deny contains found if {
	data.books.finops.nonprod_max_days
	some step in input.steps
	lib.is_nonprod(step.environment)
	end := step.tags["expires-on"]
	not lib.is_reference(end)
	not regex.match(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`, end)
	found := lib.finding("FIN-TAG-02", step, tag_path(step), sprintf("The tag expires-on is %s; it must be a date such as 2030-12-31", [end]))
}

deny contains found if {
	data.books.finops.nonprod_max_days
	some step in input.steps
	step.makes
	lib.is_nonprod(step.environment)
	lib.is_reference(step.tags["expires-on"])
	found := lib.unknown(lib.finding("FIN-TAG-02", step, tag_path(step), "When the resource ends is known only once an earlier step has run"))
}
