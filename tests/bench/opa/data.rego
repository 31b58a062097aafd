# The rules as a document: data.rules[side][action][pattern][role] is true, or the range of the first argument. The caller
# hands over the few patterns that could cover the URI (itself, its prefixes, the wildcard, the placeholder); a decision looks
# them up. Nothing here grows with the number of rules.
package bench

default decision := false

decision if {
	not forbid
	allow
}

default forbid := false

forbid if {
	some pattern in input.patterns
	by_role := data.rules.forbid[input.action][pattern]
	some role in input.roles
	holds(by_role[role])
}

default allow := false

allow if {
	some pattern in input.patterns
	by_role := data.rules.allow[input.action][pattern]
	some role in input.roles
	holds(by_role[role])
}

holds(true)

holds(rule) if {
	input.arg >= 0
	input.arg <= rule.max
}
