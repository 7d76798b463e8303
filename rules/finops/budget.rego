# What a plan costs against what it may cost.
package provisioner.finops

import rego.v1

import data.provisioner.lib

owners := {owner | some step in input.steps; owner := step.tags.owner}

environments := {environment | some step in input.steps; environment := step.environment; environment != ""}

applies(budget) if {
	budget_owner(budget)
	budget_environment(budget)
}

budget_owner(budget) if not budget.owner

budget_owner(budget) if budget.owner in owners

budget_environment(budget) if not budget.environment

budget_environment(budget) if budget.environment in environments

# FIN-BUD-01: the strictest threshold that is passed.
deny contains found if {
	monthly := input.plan.monthly
	monthly > 0
	some budget in object.get(data.books.finops, "budgets", [])
	applies(budget)
	percent := ((monthly + budget.spent) * 100) / budget.limit
	action := passed(budget.thresholds, percent)
	found := {
		"rule": "FIN-BUD-01", "path": "plan.monthly", "action": action,
		"msg": sprintf("The plan costs %.2f USD a month, which is %.0f %% of the budget of %.2f USD", [monthly, percent, budget.limit]),
	}
}

passed(thresholds, percent) := "deny" if {
	is_number(thresholds.deny)
	percent > thresholds.deny
} else := "exception" if {
	is_number(thresholds.exception)
	percent > thresholds.exception
} else := "warn" if {
	is_number(thresholds.warn)
	percent > thresholds.warn
}

# FIN-BUD-02: nobody knows what it costs.
deny contains found if {
	some id in input.plan.unpriced
	step := input.steps[id]
	step.makes
	not data.books.finops.price_overrides[step.name]
	found := lib.finding("FIN-BUD-02", step, "$", sprintf("What %s costs is not known, so the total is a lower bound", [step.operation]))
}

# FIN-BUD-03: one step alone is dear.
deny contains found if {
	some step in input.steps
	most := lib.limit(object.get(data.books.finops, "max_step_monthly", {}), step)
	step.monthly > most
	found := lib.finding("FIN-BUD-03", step, "$", sprintf("The step costs %.2f USD a month, more than the %.2f USD that one may cost", [step.monthly, most]))
}
