package provisioner.finops

import rego.v1

import data.provisioner.lib

deny contains found if some found in lib.check_findings("finops")
