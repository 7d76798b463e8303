# Policies of AWS: statements, and whether one admits everybody.
package provisioner.lib

import rego.v1

allow_statements(policy) := [statement |
	some statement in list(object.get(document(policy), "Statement", []))
	is_object(statement)
	statement.Effect == "Allow"
]

# Allowed to anybody, without a condition that limits who that is.
public_statements(policy) := [statement |
	some statement in allow_statements(policy)
	for_everybody(statement)
	not limited(statement)
]

for_everybody(statement) if statement.Principal == "*"

for_everybody(statement) if "*" in list(object.get(statement, ["Principal", "AWS"], []))

for_everybody(statement) if statement.NotPrincipal

# Condition keys that say who may call or from where.
limiting_keys := {
	"aws:sourcevpce", "aws:sourcevpc", "aws:sourceip", "aws:vpcsourceip", "aws:principalorgid", "aws:principalorgpaths",
	"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:principalarn", "aws:principalaccount", "aws:userid",
	"kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "sts:externalid", "saml:aud",
}

limited(statement) if {
	some operator, conditions in object.get(statement, "Condition", {})
	# "…IfExists" and negations let through whoever does not send the key.
	regex.match(`^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)$`, operator)
	some key, value in conditions
	limiting_key(lower(key))
	values := list(value)
	count(values) > 0
	count([one | some one in values; admits_all(one)]) == 0
}

limiting_key(key) if key in limiting_keys

# Identity providers: token.actions.githubusercontent.com:sub and the like.
limiting_key(key) if regex.match(`:(sub|aud)$`, key)

admits_all("*") := true

admits_all("0.0.0.0/0") := true

admits_all("::/0") := true
